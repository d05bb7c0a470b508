from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.detection.correlating.watermark import PATIENCE, watermarks
from tocsin.detection.state import micros
from tocsin.domain.source import SourceProgress

LAG = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("quiet", "ahead"),
    [
        (timedelta(), timedelta()),
        (PATIENCE, timedelta()),
        (PATIENCE + timedelta(seconds=1), timedelta(seconds=1)),
        (timedelta(hours=5), timedelta(hours=5) - PATIENCE),
    ],
)
def test_a_source_is_heard_up_to_its_newest_signal_and_time_goes_on_once_it_was_quiet_too_long(quiet, ahead):
    source = SourceProgress(source="aws", position=1, newest=NOON - LAG, heard_at=NOON)
    assert watermarks([source], NOON + quiet) == {"aws": micros(NOON - LAG + ahead)}


def test_a_source_that_never_sent_a_dated_signal_says_nothing():
    assert watermarks([SourceProgress(source="new"), SourceProgress(source="odd", heard_at=NOON)], NOON) == {}


def test_a_source_that_speaks_once_an_hour_is_waited_for_as_long_as_that() -> None:
    source = SourceProgress(source="aws", position=1, newest=NOON - LAG, heard_at=NOON)
    habits = {"aws": timedelta(hours=2)}
    assert watermarks([source], NOON + timedelta(hours=1), habits) == {"aws": micros(NOON - LAG)}
    assert watermarks([source], NOON + timedelta(hours=3), habits) == {
        "aws": micros(NOON - LAG) + 3_600_000_000
    }
