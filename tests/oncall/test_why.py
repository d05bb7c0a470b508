"""Tests of why a person was called for an incident or was not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from nouns import a_delivery, a_page, an_entry
from tocsin.domain.incident import Incident, Status
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.domain.page import Page
from tocsin.domain.person import Person
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening, TimelineEntry
from tocsin.oncall.escalation import At
from tocsin.oncall.people import ADMINISTRATORS
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, Layer, Rotation, Schedule
from tocsin.oncall.why import (
    Basis,
    Records,
    awaiting,
    because,
    calls_nobody,
    concerned,
    how,
    notices_to,
    on_call,
    standing,
)

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOW = "ben has no rule for P1 Critical, so every contact is used. By slack at once."


def page(person: str = "ben", step: int = 0, **given) -> Page:
    reason = f"{person} is on call."
    return a_page(person=person, step=step, reason=reason, requested_at=AT, policy="default", **given)


def paged(one: Page, words: str = f" {HOW}") -> TimelineEntry:
    text = (
        f"{one.person} ({one.role}) is called and has until 12:05:00 UTC to acknowledge. {one.reason}{words}"
    )
    return an_entry(kind=Happening.PAGED, at=one.requested_at, text=text)


def override(kind: OverrideKind, person: str | None, instead_of: str | None, **given) -> Override:
    return Override(
        **{
            "override_id": UUID(int=1),
            "schedule": "default",
            "kind": kind,
            "state": OverrideState.TAKEN,
            "starts_at": AT - timedelta(hours=1),
            "ends_at": AT + timedelta(hours=1),
            "person": person,
            "instead_of": instead_of,
            "asked_by": "dana",
            "created_at": AT - timedelta(days=1),
            **given,
        }
    )


def said(roster: Roster, records: Records, person: str) -> str:
    facts = because(roster, records, person)
    assert facts
    return "\n".join(fact.text for fact in facts)


@pytest.fixture
def opened(incident: Incident) -> Incident:
    return replace(incident, opened_at=AT, severity=Severity.P1)


def test_who_was_called_hears_the_step_the_reason_and_the_channels(roster, opened) -> None:
    one = page()
    (fact,) = because(roster, Records(incident=opened, pages=(one,), timeline=(paged(one),)), "ben")
    assert fact.text == f"Step 1 of policy default called ben as primary. ben is on call. {HOW}"
    assert (fact.at, fact.basis) == (AT, Basis.RECORDED)


@pytest.mark.parametrize(
    ("timeline", "words"),
    [
        ((), "was not recorded"),
        ((paged(page(), ""),), "was not recorded"),
        ((paged(page("ada")), paged(page())), HOW),
        ((replace(paged(page()), at=AT + timedelta(seconds=1)),), "was not recorded"),
    ],
)
def test_what_chose_the_channels_is_told_only_where_it_was_recorded(opened, timeline, words) -> None:
    assert words in how(Records(incident=opened, timeline=timeline), page())


def test_who_was_not_called_hears_who_was_each_once_and_which_step_waits(roster, opened) -> None:
    at = At(policy="default", step=2, started_at=AT)
    records = Records(
        incident=opened,
        pages=(page(), page(), page(step=1)),
        awaited=(at, AT + timedelta(minutes=10)),
    )
    text = said(roster, records, "ada")
    assert text.count("Step 1 of policy default called ben instead.") == 1
    assert "Step 3 of policy default is due at 2026-11-20 12:10:00 UTC and was not reached yet." in text
    assert "as it is now, Step 3 of policy default calls ada as secondary" in text
    assert "ada was secondary of the schedule “default” then" in text


def test_an_acknowledgement_and_an_end_are_why_later_steps_called_nobody(roster, opened) -> None:
    taken = replace(
        opened,
        acknowledged_at=AT,
        acknowledged_by="ben",
        status=Status.RESOLVED,
        resolved_at=AT + timedelta(hours=1),
    )
    text = said(roster, Records(incident=taken, pages=(page(),)), "ada")
    assert f"ben acknowledged {taken.short_name}." in text
    assert f"{taken.short_name} was resolved." in text
    assert "Steps that were not taken by then called nobody." in text
    assert "That step was not taken." in text
    assert f"ben acknowledged {taken.short_name}." in said(
        roster, Records(incident=taken, pages=(page(),)), "ben"
    )


def test_a_severity_that_calls_nobody_is_said_with_the_present_file(roster, opened) -> None:
    quiet = replace(opened, severity=Severity.P4)
    assert "P4 Low calls nobody by policy default of oncall.yml as it is now" in said(
        roster, Records(incident=quiet), "ben"
    )
    assert [fact.basis for fact in calls_nobody(roster, quiet)] == [Basis.PRESENT]


def test_a_step_that_found_nobody_is_told_to_whom_it_names(roster, opened) -> None:
    entry = an_entry(kind=Happening.NOBODY_TO_PAGE, at=AT, text="step 1: Ada is primary. But no contact.")
    text = said(roster, Records(incident=opened, timeline=(entry,)), "ada")
    assert text.count("Ada is primary. But no contact.") == 1
    called = Records(incident=opened, pages=(page(),), timeline=(entry,))
    assert "But no contact." in said(roster, called, "ada")
    assert "But no contact." not in said(roster, called, "ben")
    assert "But no contact." not in said(roster, called, "eve")


def test_that_no_page_was_made_is_said(roster, opened) -> None:
    assert f"No page was made for {opened.short_name}." in said(roster, Records(incident=opened), "ben")


def test_pages_that_were_held_back_are_told_to_the_person(roster, opened) -> None:
    entry = an_entry(kind=Happening.PAGE_HELD, at=AT, text="ben had as many messages by sms lately …")
    records = Records(incident=opened, pages=(page(),), timeline=(entry,))
    assert "ben had as many messages" in said(roster, records, "ben")
    assert "ben had as many messages" not in said(roster, records, "ada")


def test_a_notice_that_went_to_the_person_is_no_call(roster, opened) -> None:
    theirs = a_delivery("a", person="ada", channel="smtp", address="x", subject="opened of INC-1")
    contact = a_delivery("b", channel="smtp", address="ada@example.org")
    others = a_delivery("c", person="ben", channel="smtp", address="ada@example.org")
    room = a_delivery("d")
    records = Records(incident=opened, pages=(page(),), notices=(theirs, contact, others, room))
    assert notices_to(roster, records.notices, "ada") == (theirs, contact)
    assert notices_to(roster, records.notices, "eve") == ()
    text = said(roster, records, "ada")
    assert "A notice (opened of INC-1) went to ada by smtp, which calls nobody: waiting." in text


def test_everybody_concerned_is_whom_pages_notices_and_steps_name(roster, opened) -> None:
    taken = replace(opened, acknowledged_by="dana")
    records = Records(
        incident=taken, pages=(page("eve"),), notices=(a_delivery(person="chidi"), a_delivery())
    )
    assert concerned(roster, records) == ("eve", "chidi", "dana", "ben", "ada")
    quiet = replace(opened, severity=Severity.P4)
    assert concerned(roster, Records(incident=quiet)) == ("ben", "ada")


def test_who_is_on_call_falls_back_to_everybody_and_to_the_administrators(roster) -> None:
    assert on_call(roster, (), AT) == ("ben", "ada")
    before = datetime(2020, 1, 1, tzinfo=UTC)
    assert on_call(roster, (), before) == ("ben", "ada")
    assert on_call(replace(roster, schedules={}, people={}), (), AT) == (ADMINISTRATORS,)


def test_an_awaited_step_is_said_with_its_time(roster, opened) -> None:
    at = At(policy="", step=0, started_at=AT)
    first = awaiting(roster, opened, (at, AT)).text
    assert first.startswith("Step 1 of policy default is due at 2026-11-20 12:00:00 UTC")
    last = awaiting(roster, opened, (replace(at, step=3), AT)).text
    assert last.startswith("All steps of policy default were taken; if nobody answers by 2026-11-20 12:00:00")


@pytest.mark.parametrize(
    ("person", "changed", "words"),
    [
        ("ben", {"schedules": {}}, "so pages go to the administrators' Inbox and not to ben."),
        (ADMINISTRATORS, {"schedules": {}}, "has no schedule, so pages go to the administrators' Inbox."),
        ("eve", {}, "eve is not in oncall.yml."),
        ("ben", {"people": {"ben": Person(username="ben", name="Ben")}}, "without a contact"),
        ("ben", {}, "ben was primary of the schedule “default” then, by the weekly rotation"),
        ("ada", {}, "ada was secondary of the schedule “default” then"),
    ],
)
def test_where_a_person_stands_is_told_by_the_present_file(roster, person, changed, words) -> None:
    (fact,) = standing(replace(roster, **changed), (), person, AT)
    assert words in fact.text
    assert fact.basis is Basis.PRESENT


def test_who_takes_turns_nowhere_is_told_so(teams) -> None:
    (fact,) = standing(teams, (), "dana", AT)
    assert fact.text == f"dana is in {teams.path} but takes turns in no schedule."


def test_before_a_rotation_begins_nobody_is_on_call(roster) -> None:
    (fact,) = standing(roster, (), "ben", datetime(2020, 1, 1, tzinfo=UTC))
    assert "nobody was on call by the schedule “default” then" in fact.text


def test_another_layer_is_named(roster) -> None:
    zone = roster.schedules["default"].zone
    late = Layer(
        name="late",
        zone=zone,
        rotation=Rotation.WEEKLY,
        handover=time(9),
        starts=date(2026, 11, 16),
        people=("dana",),
    )
    early = FixedLayer(
        name="early",
        turns=(FixedTurn(start=AT - timedelta(days=9), end=AT - timedelta(days=8), person="ada"),),
    )
    schedule = Schedule(name="default", zone=zone, layers=(early, late))
    (fact,) = standing(replace(roster, schedules={"default": schedule}), (), "ada", AT)
    assert "ada was not on call by the schedule “default” then (turns in layer “early” only)" in fact.text
    assert "dana was primary, by the weekly rotation in layer “late”" in fact.text


def test_who_was_taken_off_hears_by_whom_and_why(roster) -> None:
    swapped = override(OverrideKind.REPLACE, "ada", "ben", reason="Ben is at the dentist.")
    taken, place = standing(roster, (swapped,), "ben", AT)
    assert taken.text == (
        "dana had ben taken off the schedule “default” from 2026-11-20 11:00 to 2026-11-20 13:00 UTC by a "
        "replace (Ben is at the dentist.); ada came on call instead."
    )
    assert taken.basis is Basis.RECORDED
    assert (
        "ada was primary, by an override in place of Ben (asked by dana): Ben is at the dentist."
        in place.text
    )
    removed = override(OverrideKind.REMOVE, None, "ben")
    assert "by a remove; nobody came on call instead." in standing(roster, (removed,), "ben", AT)[0].text


@pytest.mark.parametrize(
    "given",
    [
        {"state": OverrideState.WITHDRAWN},
        {"starts_at": AT + timedelta(minutes=1)},
        {"ends_at": AT},
        {"instead_of": "ada"},
    ],
)
def test_an_override_that_did_not_count_took_nobody_off(roster, given) -> None:
    one = override(OverrideKind.REMOVE, None, given.pop("instead_of", "ben"), **given)
    assert len(standing(roster, (one,), "ben", AT)) == 1


def test_who_is_on_call_beside_the_others_is_told_so(roster) -> None:
    beside = [override(OverrideKind.ADD, name, None, override_id=uuid4()) for name in ("dana", "eve")]
    roster = replace(
        roster,
        people={**roster.people, "eve": replace(roster.people["ben"], username="eve", name="Eve")},
        schedules={
            "default": replace(
                roster.schedules["default"],
                layers=(replace(roster.schedules["default"].layers[0], people=("ben", "ada", "eve")),),
            )
        },
    )
    (fact,) = standing(roster, beside, "eve", AT)
    assert "eve was on call beside the primary of the schedule “default” then" in fact.text
