"""Tests of changing who is on call: what is shown is what is paged, and each act is in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.override import OverrideKind, OverrideState
from tocsin.domain.timeline import Happening
from tocsin.flow.duty import Duty, waiting
from tocsin.oncall.roster import parse_roster
from tocsin.oncall.schedules.asking import Asker, OverrideRefused, Span, Wish
from tocsin.store.memory import MemoryStore

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
ADA = Asker(name="ada", person="ada", may_command=True)
BEN, DANA = (Asker(name=name, person=name, may_command=False) for name in ("ben", "dana"))
FILE = """
people:
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  dana: {name: Dana, contacts: [{channel: inbox, address: dana}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-11-16, people: [ben, dana]}
escalation: {P1: [{after: 0m, page: primary}]}
"""


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def duty(clock: PushedClock) -> Duty:
    roster = parse_roster(FILE, "oncall.yml")
    return Duty(MemoryStore(), clock, roster.schedules, roster.people)


@pytest.fixture
def logged(duty: Duty) -> Callable[[], list[tuple[str, str, str]]]:
    def run() -> list[tuple[str, str, str]]:
        with duty.store.reading() as shelves:
            entries = [decode(content) for content in shelves.log.waiting_contents()]
        assert all(entry.kind == Happening.OVERRIDDEN for entry in entries)
        return [(entry.actor, entry.facts["did"], entry.facts["state"]) for entry in entries]

    return run


def wish(person: str | None = "dana", instead_of: str | None = "ben", days: float = 1, **given: Any) -> Wish:
    span = Span(starts_at=NOON, ends_at=NOON + days * A_DAY)
    return Wish(
        **{
            "schedule": "default",
            "kind": OverrideKind.REPLACE,
            "span": span,
            "person": person,
            "instead_of": instead_of,
            **given,
        }
    )


def primary(duty: Duty) -> str | None:
    turn = duty.now("default").primary
    return turn.person if turn else None


def test_an_override_counts_at_once_and_is_in_the_log(duty, clock, logged) -> None:
    assert primary(duty) == "ben"
    made = duty.override(wish(reason="dentist"), ADA)
    assert primary(duty) == "dana"
    assert [shift.person for shift in duty.shifts("default", NOON, NOON + 2 * A_DAY)] == ["dana", "ben"]
    assert duty.whole_shifts("default", NOON, NOON + A_DAY)[-1].cause.override_id == made.override_id
    clock.push(A_DAY)
    assert primary(duty) == "ben"
    assert logged() == [("ada", "made an override", "taken")]


def test_a_gap_shows_where_somebody_was_taken_off(duty) -> None:
    assert duty.gaps("default", NOON, NOON + A_DAY) == ()
    duty.override(wish(None, None, 0.5, kind=OverrideKind.REMOVE), ADA)
    (gap,) = duty.gaps("default", NOON, NOON + A_DAY)
    assert gap.minutes == 720
    assert primary(duty) is None


def test_cover_waits_until_somebody_takes_it_and_only_one_can(duty, clock, logged) -> None:
    asked = duty.ask_cover(wish(None), BEN)
    assert primary(duty) == "ben"
    assert waiting(duty.overrides(NOON, NOON + A_DAY), clock.now()) == (asked,)
    duty.take_cover(asked.override_id, "dana", DANA)
    assert primary(duty) == "dana"
    assert waiting(duty.overrides(NOON, NOON + A_DAY), clock.now()) == ()
    with pytest.raises(OverrideRefused):
        duty.take_cover(asked.override_id, "ada", ADA)
    assert logged() == [("ben", "asked for cover", "asked"), ("dana", "took the cover", "taken")]


def test_a_swap_counts_when_both_agreed(duty, clock, logged) -> None:
    next_week = Span(starts_at=NOON + 7 * A_DAY, ends_at=NOON + 8 * A_DAY)
    first, second = duty.ask_swap(wish(), next_week, BEN)
    assert primary(duty) == "ben"
    with pytest.raises(OverrideRefused):
        duty.agree(first.override_id, BEN)
    agreed = duty.agree(second.override_id, DANA)
    assert {half.state for half in agreed} == {OverrideState.TAKEN}
    assert primary(duty) == "dana"
    clock.push(7 * A_DAY)
    assert primary(duty) == "ben"
    assert [did for _, did, _ in logged()] == ["asked for a swap"] * 2 + ["agreed to a swap"] * 2


def test_what_is_withdrawn_counts_no_more(duty, logged) -> None:
    first, _ = duty.ask_swap(wish(), Span(starts_at=NOON + 7 * A_DAY, ends_at=NOON + 8 * A_DAY), BEN)
    assert len(duty.withdraw(first.override_id, BEN)) == 2
    made = duty.override(wish(), ADA)
    duty.withdraw(made.override_id, ADA)
    assert primary(duty) == "ben"
    assert [did for _, did, _ in logged()][-1] == "withdrew"


def test_what_is_not_there_is_not_found(duty, logged) -> None:
    with pytest.raises(NotFound):
        duty.withdraw(UUID(int=7), ADA)
    with pytest.raises(NotFound):
        duty.now("nights")
    assert logged() == []
