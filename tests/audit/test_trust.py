"""No more is said of the log than what was reached, and not longer than it counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON, later
from tocsin.audit.trust import COUNTS_FOR, Level, Reached, trust_of

OLD = NOON - COUNTS_FOR - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("signed", "anchored", "cosigned", "level", "window"),
    [
        (None, None, None, Level.L0, None),
        (NOON, None, None, Level.L1, None),
        (NOON, later(-3600), None, Level.L2, timedelta(hours=1)),
        (NOON, later(-3600), later(-9), Level.L3, timedelta(seconds=9)),
        (NOON, None, later(-9), Level.L3, timedelta(seconds=9)),
        (NOON, later(-3600), OLD, Level.L2, timedelta(hours=1)),
        (NOON, OLD, OLD, Level.L1, None),
        (NOON, None, later(5), Level.L3, timedelta()),
    ],
)
def test_the_level_is_the_highest_that_holds_now(signed, anchored, cosigned, level, window):
    trust = trust_of(Reached(signed_at=signed, anchored_at=anchored, cosigned_at=cosigned), NOON)
    assert (trust.level, trust.window) == (level, window)


@pytest.mark.parametrize(("anchored", "seconds"), [(later(-9.7), 9), (None, None)])
def test_the_window_is_told_in_whole_seconds_or_as_none(anchored, seconds):
    reached = Reached(signed_at=NOON, anchored_at=anchored, cosigned_at=None)
    assert trust_of(reached, NOON).window_s == seconds


@pytest.mark.parametrize(("seconds", "words"), [(9, "9 s ago"), (600, "10 min ago"), (36_000, "10 h ago")])
def test_the_sentence_tells_the_window(seconds, words):
    reached = Reached(signed_at=NOON, anchored_at=later(-seconds), cosigned_at=None)
    assert words in trust_of(reached, NOON).sentence


def test_tamper_evident_is_said_from_l2_on_only():
    said = {
        trust_of(Reached(signed_at=signed, anchored_at=anchored, cosigned_at=cosigned), NOON).level: trust_of(
            Reached(signed_at=signed, anchored_at=anchored, cosigned_at=cosigned), NOON
        ).sentence
        for signed, anchored, cosigned in (
            (None, None, None),
            (NOON, None, None),
            (NOON, NOON, None),
            (NOON, None, NOON),
        )
    }
    assert ["tamper-evident" in said[level] for level in Level] == [False, False, True, True]
