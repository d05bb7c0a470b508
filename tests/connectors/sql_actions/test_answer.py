"""Rows become JSON: every type is told as text or number, and the number of rows has an end."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from tocsin.connectors.sql_actions.answer import LONGEST_VALUE, Asked, answer_of, refused
from tocsin.domain.ports.delivery import FailureKind


def test_every_type_is_told() -> None:
    values = [None, True, 7, 0.5, math.inf, "x" * 5000, b"\x01", date(2026, 1, 2), Decimal("1.10"), [1]]
    values += [datetime(2026, 1, 2, tzinfo=UTC), UUID(int=1)]
    answer = answer_of([f"c{n}" for n in range(len(values))], [values], 10)
    [row] = json.loads(json.dumps(answer))["rows"]
    told = list(row.values())
    assert told[:5] == [None, True, 7, 0.5, "inf"]
    assert len(told[5]) == LONGEST_VALUE
    assert told[6:] == [
        *("01", "2026-01-02", "1.10", "[1]", "2026-01-02T00:00:00+00:00"),
        "00000000-0000-0000-0000-000000000001",
    ]


def test_rows_have_an_end() -> None:
    answer = answer_of(["n"], [[1], [2], [3]], 2)
    assert (answer["rows"], answer["more"]) == ([{"n": 1}, {"n": 2}], True)
    assert answer_of(["n"], [[1]], 2)["more"] is False


def test_a_failure_names_the_database_by_our_name() -> None:
    asked = Asked(database="lab", query="", values={}, rows=1, seconds=1)
    failed = refused(asked, FailureKind.REFUSED, "no", "42")
    assert (failed.reason, failed.code) == ("lab: no", "42")
