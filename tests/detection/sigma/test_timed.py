"""Rules whose meaning depends on time are asked again with the event's own (E6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.detection.sigma import tables
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.rule import Rule, read
from tocsin.detection.sigma.timed import Timed

ROLES = """name: roles
key: arn
rows:
  - {arn: old, until: '2026-03-01T00:00:00Z'}
  - {arn: new, from: '2026-03-01T00:00:00Z'}
  - {arn: always}
"""
HOURS = "name: hours\nzone: Europe/Berlin\nweekly: {monday-friday: '09:00-17:00'}\nholidays: [2026-03-03]\n"
TABLES = tables.read([("a.yml", ROLES)], [("b.yml", HOURS)])
HEAD = "logsource: {category: c}\n"
UNKNOWN = """title: Unknown
detection:
  s: {a: x}
  known: {arn|expand: '%roles%'}
  condition: s and not known
tocsin.lookup: {table: roles, valid_at: event_time}
"""
OUTSIDE = "title: Out\ndetection: {s: {a: x}, condition: s}\ntocsin.lookup: {outside: hours}\n"
INSIDE = OUTSIDE.replace("outside", "inside")
PLAIN = "title: Plain\ndetection: {s: {a: x}, condition: s}\n"


def rule(text: str) -> Rule:
    (root,) = documents(HEAD + text)
    assert isinstance(root, Table)
    return read(root, "r.yml", TABLES)


RULES = [rule(PLAIN), rule(UNKNOWN), rule(OUTSIDE), rule(INSIDE)]


def confirmed(record: dict[str, str], when: datetime) -> tuple[int, ...]:
    micros = int(when.timestamp()) * 1_000_000
    return Timed(RULES).confirmed((0, 1, 2, 3), record, micros)


@pytest.mark.parametrize(
    ("arn", "when", "known"),
    [
        ("old", datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), True),
        ("old", datetime(2026, 3, 1, tzinfo=UTC), False),
        ("new", datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), False),
        ("new", datetime(2026, 3, 1, tzinfo=UTC), True),
        ("always", datetime(2026, 3, 1, tzinfo=UTC), True),
        ("never", datetime(2026, 3, 1, tzinfo=UTC), False),
    ],
)
def test_a_row_counts_while_it_is_valid(arn: str, when: datetime, known: bool) -> None:
    assert (1 in confirmed({"a": "x", "arn": arn}, when)) is not known


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 3, 10, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 7, 10, 0, tzinfo=UTC), False),
    ],
)
def test_a_calendar_has_a_zone_and_holidays(when: datetime, inside: bool) -> None:
    found = confirmed({"a": "x", "arn": "always"}, when)
    assert (3 in found, 2 in found) == (inside, not inside)


def test_rules_without_time_are_left_as_they_are() -> None:
    numbers = (0,)
    assert Timed(RULES).confirmed(numbers, {}, 0) is numbers
    assert Timed(RULES[:1]).confirmed((0, 1), {}, 0) == (0, 1)
