"""Filters as they are typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from tocsin.cli.filters import read_filters

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
FIELDS = ("severity", "title", "service")
RECORD = {"severity": "P1", "title": "Disk full", "service": ["shop", "pay"]}


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ((), True),
        (("severity=p1",), True),
        (("severity=P2",), False),
        (("severity=P2", "severity=P1"), True),
        (("severity=P1", "service=shop"), True),
        (("severity=P1", "service=mail"), False),
        (("service!=mail",), True),
        (("service!=shop",), False),
        (("title=~disk.*",), True),
        (("title=~disk",), False),
        (("title!~disk",), True),
        (("title!~.*FULL",), False),
        (("since=2h",), True),
        (("since=30m",), False),
        (("until=30m",), True),
        (("until=2026-11-21T08:00:00Z",), False),
        (("since=2026-11-21T08:00:00",), True),
    ],
    ids=str,
)
def test_filters_hold(typed, holds) -> None:
    assert read_filters(typed, FIELDS, NOW).holds(RECORD, NOW - timedelta(hours=1)) is holds


@pytest.mark.parametrize("typed", ["nonsense", "colour=red", "title=~(", "since=soon", "severity<P2"])
def test_what_cannot_be_understood_is_a_usage_error(typed) -> None:
    with pytest.raises(click.UsageError):
        read_filters([typed], FIELDS, NOW)
