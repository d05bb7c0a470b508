"""The watermark waits for every source that is alive, and for no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.detection.correlating.watermark import heard
from tocsin.detection.state import micros
from tocsin.domain.source import SourceProgress

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def source(newest: float | None, heard_ago: float | None) -> SourceProgress:
    return SourceProgress(
        source="s",
        newest=None if newest is None else NOW - timedelta(minutes=newest),
        heard_at=None if heard_ago is None else NOW - timedelta(minutes=heard_ago),
    )


@pytest.mark.parametrize(
    ("sources", "minutes"),
    [
        ([], 10),
        ([source(None, None), source(3, None), source(None, 1)], 10),
        ([source(3, 0), source(5, 1)], 5),
        ([source(3, 0), source(90, 10)], 90),
        ([source(3, 0), source(90, 10.1)], 3),
        ([source(-60, 0)], 0),
    ],
)
def test_the_slowest_source_that_is_alive_decides(sources: list[SourceProgress], minutes: float) -> None:
    assert heard(sources, NOW) == micros(NOW - timedelta(minutes=minutes))
