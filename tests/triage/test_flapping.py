"""Tests of alerts that begin again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.alert import Alert
from tocsin.triage.flapping import (
    FlappingPolicy,
    Flaps,
    begun_again,
    forgotten_before,
    held_until,
    is_again,
    read,
    written,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = FlappingPolicy(times=3, within=10 * MINUTE, calm=5 * MINUTE)


@pytest.fixture
def begins(alert_of: Callable[..., Alert]) -> Callable[..., list[tuple[Flaps | None, bool]]]:
    """Return a player of episodes, each (start, end) in minutes; what it returns says which are held."""

    def play(*episodes: tuple[float, float]) -> list[tuple[Flaps | None, bool]]:
        flaps: Flaps | None = None
        mark: bytes | None = None
        previous: Alert | None = None
        seen: list[tuple[Flaps | None, bool]] = []
        for start, end in episodes:
            now = NOW + start * MINUTE
            if previous is not None and is_again(previous, now, POLICY):
                flaps = begun_again(mark, previous, now, POLICY)
                mark = written(flaps)
            seen.append((flaps, held_until(flaps, now, POLICY) is not None))
            previous = replace(alert_of(), starts_at=now, ends_at=NOW + end * MINUTE)
        return seen

    return play


def held(seen: list[tuple[Flaps | None, bool]]) -> list[bool]:
    return [is_held for _, is_held in seen]


def test_the_beginning_that_makes_it_flap_is_told_and_later_ones_are_held(begins) -> None:
    assert held(begins((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))) == [False, False, False, True, True]


def test_an_alert_that_comes_again_seldom_is_never_held(begins) -> None:
    assert held(begins((0, 1), (11, 12), (22, 23), (33, 34), (44, 45))) == [False] * 5


def test_after_calm_it_is_heard_again(begins) -> None:
    assert held(begins((0, 1), (2, 3), (4, 5), (6, 7), (12, 13))) == [False, False, False, True, False]
    # It may also be calm while it fires.
    assert held(begins((0, 1), (2, 3), (4, 5), (6, 11), (12, 13))) == [False, False, False, True, False]


def test_one_that_fires_on_is_held_until_it_has_been_calm(begins) -> None:
    flaps, _ = begins((0, 1), (2, 3), (4, 5), (6, 30))[-1]
    assert held_until(flaps, NOW + 8 * MINUTE, POLICY) == NOW + 11 * MINUTE
    assert held_until(flaps, NOW + 11 * MINUTE, POLICY) is None


def test_what_does_not_flap_is_not_held(alert_of: Callable[..., Alert]) -> None:
    assert held_until(None, NOW, POLICY) is None
    assert held_until(Flaps(begins=(NOW,)), NOW, POLICY) is None


def test_a_mark_is_needed_only_while_the_alert_could_be_held(alert_of: Callable[..., Alert]) -> None:
    previous = replace(alert_of(), ends_at=NOW)
    assert is_again(previous, NOW + 9 * MINUTE, POLICY)
    assert not is_again(previous, NOW + 10 * MINUTE, POLICY)
    assert forgotten_before(NOW, POLICY) == NOW - 15 * MINUTE


@given(
    st.lists(st.integers(0, 10**12).map(lambda n: NOW + timedelta(microseconds=n)), min_size=1),
    st.booleans(),
)
def test_a_mark_is_read_as_it_was_written(begins: list[datetime], flapping: bool) -> None:
    flaps = Flaps(begins=tuple(begins), since=begins[0] if flapping else None)
    again = read(written(flaps))
    assert all(abs(a - b) < MINUTE / 60 for a, b in zip(again.begins, flaps.begins, strict=True))
    assert (again.since is None) is (flaps.since is None)
    assert (again.since == again.begins[0]) is flapping
