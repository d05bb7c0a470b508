"""Tests of who may change a schedule: Ada commands, Ben is on call, Dana covers, Eve only looks on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tocsin.domain.errors import NotFound
from tocsin.domain.override import OverrideKind, OverrideState
from tocsin.oncall.schedules.asking import (
    LONGEST,
    MAX_REASON,
    Asker,
    Known,
    OverrideRefused,
    Span,
    Wish,
    cover_asked,
    cover_taken,
    overridden,
    swap_agreed,
    swap_asked,
    withdrawn,
)

NOW = datetime(2026, 11, 17, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
TOMORROW = Span(starts_at=NOW + A_DAY, ends_at=NOW + 2 * A_DAY)
LATER = Span(starts_at=NOW + 8 * A_DAY, ends_at=NOW + 9 * A_DAY)
ADA = Asker(name="ada", person="ada", may_command=True)
BEN, DANA = (Asker(name=name, person=name, may_command=False) for name in ("ben", "dana"))
TOKEN = Asker(name="token:ci", person=None, may_command=False)
IDS = (UUID(int=1), UUID(int=2), UUID(int=3))


@pytest.fixture
def known(platform, layer) -> Known:
    return Known(schedules={"platform": platform(layer())}, people=("ada", "ben", "dana"))


def wish(kind: str = "replace", person: str | None = "dana", instead_of: str | None = "ben", **given) -> Wish:
    whole = {"schedule": "platform", "span": TOMORROW, **given}
    return Wish(kind=OverrideKind(kind), person=person, instead_of=instead_of, **whole)


def test_who_commands_puts_anybody_on_call(known) -> None:
    made = overridden(wish(reason="dentist"), ADA, known, NOW, IDS[0])
    assert (made.state, made.person, made.instead_of) == (OverrideState.TAKEN, "dana", "ben")
    assert (made.asked_by, made.created_at, made.reason) == ("ada", NOW, "dentist")
    assert overridden(wish("remove", None), ADA, known, NOW, IDS[0]).kind is OverrideKind.REMOVE


def test_a_responder_puts_only_themselves_on_call(known) -> None:
    assert overridden(wish(), DANA, known, NOW, IDS[0]).person == "dana"
    for asker, wanted in ((BEN, wish()), (BEN, wish("remove", None)), (TOKEN, wish())):
        with pytest.raises(OverrideRefused, match="Only who may command"):
            overridden(wanted, asker, known, NOW, IDS[0])


def test_an_override_begins_now_at_the_earliest(known) -> None:
    early = wish(span=Span(starts_at=NOW - A_DAY, ends_at=NOW + A_DAY))
    assert overridden(early, ADA, known, NOW, IDS[0]).starts_at == NOW


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(wish("swap"), "consent of both", id="a swap"),
        pytest.param(wish("add", None), "needs a person", id="nobody to add"),
        pytest.param(wish("remove"), "needs nobody", id="somebody beside one removed"),
        pytest.param(wish(person="eve"), "'eve' is not among the people", id="a stranger"),
        pytest.param(wish(instead_of="eve"), "'eve' is not among the people", id="instead of a stranger"),
        pytest.param(wish(span=Span(starts_at=NOW, ends_at=NOW)), "must end after", id="no length"),
        pytest.param(wish(span=Span(starts_at=NOW, ends_at=NOW + LONGEST * 2)), "within a year", id="years"),
        pytest.param(wish(reason="x" * (MAX_REASON + 1)), "reason is longer", id="a long reason"),
    ],
)
def test_what_makes_no_sense_is_refused(known, given, said) -> None:
    with pytest.raises(OverrideRefused, match=said):
        overridden(given, ADA, known, NOW, IDS[0])


def test_a_schedule_that_is_not_there_is_not_found(known) -> None:
    with pytest.raises(NotFound):
        overridden(wish(schedule="nights"), ADA, known, NOW, IDS[0])


def test_cover_is_asked_for_oneself_and_taken_by_another(known) -> None:
    asked = cover_asked(wish(person=None), BEN, known, NOW, IDS[0])
    assert (asked.state, asked.person, asked.instead_of) == (OverrideState.ASKED, None, "ben")
    taken = cover_taken(asked, "dana", DANA, known, NOW + timedelta(hours=1))
    assert (taken.state, taken.person) == (OverrideState.TAKEN, "dana")
    assert taken.created_at == NOW + timedelta(hours=1), "the latest decision wins"
    assert cover_asked(wish(person=None), ADA, known, NOW, IDS[0]).asked_by == "ada"
    for asker, whose in ((DANA, "ben"), (BEN, None)):
        with pytest.raises(OverrideRefused, match="oneself only"):
            cover_asked(wish(instead_of=whose), asker, known, NOW, IDS[0])


def test_cover_is_refused_to_those_who_cannot_take_it(known) -> None:
    asked = cover_asked(wish(person=None), BEN, known, NOW, IDS[0])
    for person, asker, said in (
        ("dana", BEN, "for somebody else"),
        ("ben", BEN, "asked for this cover"),
        ("eve", ADA, "not among the people"),
    ):
        with pytest.raises(OverrideRefused, match=said):
            cover_taken(asked, person, asker, known, NOW)
    taken = cover_taken(asked, "dana", DANA, known, NOW)
    swap = replace(asked, swap_id=IDS[2])
    for over in (taken, swap, replace(asked, ends_at=NOW)):
        with pytest.raises(OverrideRefused, match="no request for cover"):
            cover_taken(over, "dana", DANA, known, NOW)


def test_a_swap_waits_for_the_consent_of_the_other(known) -> None:
    halves = swap_asked(wish(reason="wedding"), LATER, BEN, known, NOW, IDS)
    assert [(half.person, half.instead_of, half.starts_at) for half in halves] == [
        ("dana", "ben", TOMORROW.starts_at),
        ("ben", "dana", LATER.starts_at),
    ]
    assert {half.state for half in halves} == {OverrideState.ASKED}
    assert {half.swap_id for half in halves} == {IDS[2]}
    for asker in (BEN, ADA, TOKEN):
        with pytest.raises(OverrideRefused, match="Only the one who was asked"):
            swap_agreed(halves, asker, NOW)
    agreed = swap_agreed(halves, DANA, NOW)
    assert {half.state for half in agreed} == {OverrideState.TAKEN}
    for over in (agreed, (), (replace(halves[0], ends_at=NOW), halves[1])):
        with pytest.raises(OverrideRefused, match="no swap that waits"):
            swap_agreed(over, DANA, NOW)


def test_a_swap_is_between_two_people(known) -> None:
    for asker, other in ((TOKEN, "dana"), (BEN, "ben"), (BEN, None)):
        with pytest.raises(OverrideRefused, match="between two people"):
            swap_asked(wish(person=other), LATER, asker, known, NOW, IDS)


def test_a_reason_is_plain_text(known) -> None:
    with pytest.raises(OverrideRefused, match="NUL"):
        overridden(wish(reason="a\0b"), ADA, known, NOW, IDS[0])


def test_what_was_asked_for_is_withdrawn_by_who_asked_or_commands(known) -> None:
    halves = swap_asked(wish(), LATER, BEN, known, NOW, IDS)
    assert {half.state for half in withdrawn(halves, BEN, NOW)} == {OverrideState.WITHDRAWN}
    assert len(withdrawn(halves, ADA, NOW)) == 2
    with pytest.raises(OverrideRefused, match="Only who asked"):
        withdrawn(halves, DANA, NOW)


def test_what_was_in_force_stays_true_and_ends_now(known) -> None:
    made = overridden(wish(), ADA, known, NOW, IDS[0])
    within = TOMORROW.starts_at + timedelta(hours=1)
    (ended,) = withdrawn([made], ADA, within)
    assert (ended.state, ended.ends_at) == (OverrideState.TAKEN, within)
    for over in ([made], [], withdrawn([made], ADA, NOW)):
        with pytest.raises(OverrideRefused, match="It is over"):
            withdrawn(over, ADA, TOMORROW.ends_at)
