"""A signal is judged by its own time, but never by one from the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.intake.dating import CLOCKS_MAY_DIFFER, believed

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [NOW, NOW - timedelta(days=400), NOW + CLOCKS_MAY_DIFFER, datetime.min.replace(tzinfo=UTC)],
    ids=["now", "long ago", "a clock that runs a little ahead", "the earliest time there is"],
)
def test_a_plausible_time_is_believed(said: datetime) -> None:
    assert believed(said, NOW) == said


@pytest.mark.parametrize(
    "said", [NOW + CLOCKS_MAY_DIFFER + timedelta(microseconds=1), datetime.max.replace(tzinfo=UTC)]
)
def test_a_time_from_the_future_is_taken_as_the_time_of_receipt(said: datetime) -> None:
    assert believed(said, NOW) == NOW
