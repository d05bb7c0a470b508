"""A lake with records of two days, and the small steps that seal it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.store.lake import SegmentLake, hot, sealing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def time_of(line: bytes) -> datetime | None:
    """Read `time` as seconds since 1970."""
    found = json.loads(line).get("time")
    return None if found is None else datetime.fromtimestamp(found, UTC)


def line(number: int, **more: object) -> bytes:
    """Return a record that happened `number` minutes before now."""
    at = (NOW - timedelta(minutes=number)).timestamp()
    return json.dumps({"time": at, "n": number, **more}).encode()


@pytest.fixture
def lake(tmp_path):
    """Return an empty lake."""
    return SegmentLake(tmp_path / "lake")


@pytest.fixture
def sealed(lake):
    """Return a function that ends a source's hot file and seals it, and drops it unless told otherwise."""

    def run(source="prod", *, now=NOW, drop=True):
        ended = hot.roll(lake.root / source, now.date())
        done = sealing.seal(lake.root, source, ended, time_of, now)
        if drop:
            hot.drop(ended)
        return done

    return run
