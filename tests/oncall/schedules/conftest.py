"""Makers of layers, schedules and overrides that the tests of schedules share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.oncall.schedules.schedule import Layer, Restriction, Rotation, Schedule

BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {"ada": "Ada", "ben": "Ben", "dana": "Dana"}


@pytest.fixture(scope="session")
def utc() -> Callable[[str], datetime]:
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="session")
def layer() -> Callable[..., Layer]:
    """Make a layer: weekly in Berlin from Monday, 16 November 2026, 09:00; times and dates may be texts."""

    def make(people: str = "ben ada dana", **given: Any) -> Layer:
        whole: dict[str, Any] = {
            "name": "week",
            "zone": BERLIN,
            "rotation": Rotation.WEEKLY,
            "handover": "09:00",
            "starts": "2026-11-16",
            **given,
        }
        for name in ("starts", "ends"):
            if isinstance(whole.get(name), str):
                whole[name] = date.fromisoformat(whole[name])
        for name in ("handover", "ends_at"):
            if isinstance(whole.get(name), str):
                whole[name] = time.fromisoformat(whole[name])
        if isinstance(whole["zone"], str):
            whole["zone"] = ZoneInfo(whole["zone"])
        return Layer(people=tuple(people.split()), **whole)

    return make


@pytest.fixture(scope="session")
def hours() -> Callable[..., tuple[Restriction, ...]]:
    """Make one restriction: the days as numbers in a text, Monday 0."""

    def make(days: str, begins: str, ends: str) -> tuple[Restriction, ...]:
        written = frozenset(int(day) for day in days)
        return (Restriction(days=written, begins=time.fromisoformat(begins), ends=time.fromisoformat(ends)),)

    return make


@pytest.fixture(scope="session")
def platform() -> Callable[..., Schedule]:
    def make(*layers: Any, **given: Any) -> Schedule:
        return Schedule(**{"name": "platform", "zone": BERLIN, "layers": layers, "names": NAMES, **given})

    return make


@pytest.fixture
def override(utc: Callable[[str], datetime]) -> Callable[..., Override]:
    """Make taken overrides, each created a minute after the one before."""
    made: list[int] = []

    def make(
        kind: str, starts: str, ends: str, person: str = "", instead_of: str = "", **given: Any
    ) -> Override:
        made.append(1)
        whole: dict[str, Any] = {
            "override_id": UUID(int=len(made)),
            "schedule": "platform",
            "kind": OverrideKind(kind),
            "state": OverrideState.TAKEN,
            "starts_at": utc(starts),
            "ends_at": utc(ends),
            "person": person or None,
            "instead_of": instead_of or None,
            "asked_by": "ada",
            "created_at": datetime(2026, 11, 1, 12, len(made), tzinfo=UTC),
            **given,
        }
        return Override(**whole)

    return make
