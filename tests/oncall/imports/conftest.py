"""Samples of four products with the cast in them, and what turns one into schedules of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tocsin.oncall.imports import goalert, grafana, opsgenie, pagerduty
from tocsin.oncall.imports.carried import Carried
from tocsin.oncall.imports.comparing import Compared, compare
from tocsin.oncall.imports.minutes import goalert as goalert_minutes
from tocsin.oncall.imports.minutes import grafana as grafana_minutes
from tocsin.oncall.imports.minutes import opsgenie as opsgenie_minutes
from tocsin.oncall.imports.minutes import pagerduty as pagerduty_minutes
from tocsin.oncall.imports.rows import Book, gather
from tocsin.oncall.imports.writing import write
from tocsin.oncall.roster import parse_roster

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
"""Clocks change in London and Berlin on the 25th, in America on the 1st of November."""
READERS: dict[str, ModuleType] = {
    "goalert": goalert,
    "grafana": grafana,
    "opsgenie": opsgenie,
    "pagerduty": pagerduty,
}
MINUTES: dict[str, ModuleType] = {
    "goalert": goalert_minutes,
    "grafana": grafana_minutes,
    "opsgenie": opsgenie_minutes,
    "pagerduty": pagerduty_minutes,
}


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sample() -> Callable[[str], dict[str, Any]]:
    """Return a sample's document, to be changed by a test."""
    return lambda system: json.loads((PAYLOADS / f"{system}.json").read_text())


@pytest.fixture
def read() -> Callable[..., Carried]:
    """Return a function that reads a document as an export, and proves that it can be written and parsed."""

    def run(system: str, document: object) -> Carried:
        carried = READERS[system].read(book_of(system, document), NOW)
        parse_roster(write(carried), "oncall.yml")
        return carried

    return run


@pytest.fixture
def compared() -> Callable[..., tuple[Compared, ...]]:
    """Return a function that compares an export with what was made of it, minute by minute."""

    def run(system: str, document: object, days: int = 30) -> tuple[Compared, ...]:
        book = book_of(system, document)
        carried = READERS[system].read(book, NOW)
        roster = parse_roster(write(carried), "oncall.yml")
        rules = MINUTES[system].rules
        asked = rules(book, NOW) if system == "goalert" else rules(book)
        return compare(carried, roster.schedules, asked, NOW, timedelta(days=days))

    return run


@pytest.fixture
def asked() -> Callable[..., frozenset[str]]:
    """Return a function that asks another product's rules who is on call by a schedule of a document."""

    def run(system: str, document: object, key: str, at: str) -> frozenset[str]:
        rules = MINUTES[system].rules
        book = book_of(system, document)
        on_call = rules(book, NOW) if system == "goalert" else rules(book)
        return on_call(key, datetime.fromisoformat(at))

    return run


def book_of(system: str, document: object) -> Book:
    kinds = READERS[system].KINDS
    return gather([("export.json", json.dumps(document))], kinds)
