"""Durations and deadlines in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nouns import NOON, a_clock, later
from tocsin.console import times


@pytest.mark.parametrize(
    ("seconds", "elapsed", "short", "rounded"),
    [
        (-5, "00:00:00", "00:00", "0 s"),
        (0, "00:00:00", "00:00", "0 s"),
        (59.9, "00:00:59", "00:59", "59 s"),
        (130, "00:02:10", "02:10", "2 min"),
        (1421, "00:23:41", "23:41", "23 min"),
        (3600, "01:00:00", "01:00:00", "1 h"),
        (86_399, "23:59:59", "23:59:59", "23 h"),
        (183_022, "2 d 02:50:22", "2 d 02:50:22", "2 d"),
    ],
)
def test_a_duration_reads_as(seconds, elapsed, short, rounded):
    span = timedelta(seconds=seconds)
    assert (times.elapsed(span), times.short(span), times.rounded(span)) == (elapsed, short, rounded)


@pytest.mark.parametrize(
    ("after_s", "words", "state"),
    [
        (0, "05:00 left", ""),
        (240, "01:00 left", ""),
        (241, "00:59 left", "soon"),
        (300, "00:00 left", "soon"),
        (552, "Late: +04:12 over 5 min", "late"),
    ],
)
def test_a_running_clock_says_what_is_left_or_how_late_it_is(after_s, words, state):
    assert times.deadline(a_clock(), later(after_s)) == times.Deadline(words, state)


def test_a_missed_clock_stays_late_until_it_is_met():
    missed = a_clock(missed_at=later(300))
    assert times.deadline(missed, later(300)) == times.Deadline("Late: +00:00 over 5 min", "late")
    met = replace(missed, met_at=later(430))
    assert times.deadline(met, later(9999)) == times.Deadline("Late: met in 07:10, allowed 5 min", "late")


def test_a_clock_met_in_time_says_in_what_time():
    assert times.deadline(a_clock(met_at=later(72)), later(9999)) == times.Deadline("Met in 01:12", "met")


def test_an_instant_is_written_in_utc():
    assert times.instant(NOON) == "2026-03-01T12:00:00Z"
    assert (times.day(NOON), times.time_of_day(NOON)) == ("2026-03-01", "12:00:00")
