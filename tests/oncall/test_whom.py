"""Tests of who stands behind a target of a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tocsin.domain.person import Contact
from tocsin.oncall.people import ADMINISTRATORS, INBOX
from tocsin.oncall.policies import Target, TargetKind
from tocsin.oncall.roster import Roster
from tocsin.oncall.whom import Found, whom

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def found(roster: Roster, kind: TargetKind, name: str, *, practice: bool = False) -> tuple[Found, ...]:
    return whom(roster, Target(kind=kind, name=name), (), NOON, practice=practice)


def test_a_schedule_leads_to_the_primary_and_the_next(teams: Roster) -> None:
    (primary,) = found(teams, TargetKind.PRIMARY, "default")
    (secondary,) = found(teams, TargetKind.SECONDARY, "default")
    assert (primary.person, secondary.person) == ("ben", "ada")
    assert "is primary on call until 2026-11-23 09:00 Europe/Berlin" in primary.why


def test_a_schedule_that_is_gone_leads_to_the_administrators(teams: Roster) -> None:
    (gone,) = found(teams, TargetKind.PRIMARY, "nights")
    assert (gone.person, gone.contacts) == (
        ADMINISTRATORS,
        (Contact(channel=INBOX, address=ADMINISTRATORS),),
    )
    assert "has no schedule nights" in gone.why


def test_a_named_person_and_a_lead_are_called_by_name(teams: Roster) -> None:
    assert found(teams, TargetKind.PERSON, "dana")[0].why == "the step names Dana in oncall.yml."
    (lead,) = found(teams, TargetKind.LEAD, "payments")
    assert (lead.person, lead.why) == ("chidi", "Chidi leads the team payments (oncall.yml).")


def test_everybody_of_a_team_is_called(teams: Roster) -> None:
    assert [one.person for one in found(teams, TargetKind.EVERYBODY, "payments")] == ["chidi", "ben"]


def test_what_is_gone_from_the_file_is_named(teams: Roster) -> None:
    assert "no team sales" in found(teams, TargetKind.LEAD, "sales")[0].why
    assert "team loose has no lead" in found(teams, TargetKind.LEAD, "loose")[0].why
    (eve,) = found(teams, TargetKind.PERSON, "eve")
    assert (eve.person, eve.why) == (
        None,
        "the step names eve in oncall.yml. But eve is not in oncall.yml.",
    )


def test_who_has_no_contact_is_named(teams: Roster) -> None:
    people = {**teams.people, "dana": replace(teams.people["dana"], contacts=())}
    (dana,) = found(replace(teams, people=people), TargetKind.PERSON, "dana")
    assert (dana.person, dana.why) == (
        None,
        "the step names Dana in oncall.yml. But there is no contact in oncall.yml.",
    )


def test_practice_reaches_only_the_inbox_of_a_person(teams: Roster) -> None:
    (ben,) = found(teams, TargetKind.PERSON, "ben", practice=True)
    assert ben.contacts == (Contact(channel=INBOX, address="ben"),)


def test_a_gap_and_a_missing_second_are_told_apart(teams: Roster) -> None:
    (alone,) = found(teams, TargetKind.SECONDARY, "payments")
    assert alone.why == "there is no secondary in the schedule “payments”, only chidi is on call."
    (gap,) = whom(
        teams,
        Target(kind=TargetKind.PRIMARY, name="default"),
        (),
        datetime(2026, 1, 1, tzinfo=UTC),
        practice=False,
    )
    assert gap.why == "nobody is on call by the schedule “default” now."
