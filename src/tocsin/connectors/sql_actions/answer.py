"""What is asked of a database, and its rows as JSON takes them: cut, never endless."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tocsin.domain.acting import CallFailed
from tocsin.domain.ports.delivery import FailureKind

LONGEST_VALUE = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: `rows` is how many are read at most, `seconds` how long it may take."""

    database: str
    query: str
    values: Mapping[str, Any]
    rows: int
    seconds: float


def answer_of(columns: Sequence[str], rows: Sequence[Sequence[Any]], most: int) -> Mapping[str, Any]:
    """Return the answer; `more` says that there were more rows than were read."""
    shown = [{name: _shown(value) for name, value in zip(columns, row, strict=True)} for row in rows[:most]]
    return {"columns": list(columns), "rows": shown, "more": len(rows) > most}


def refused(asked: Asked, kind: FailureKind, why: str, code: str = "") -> CallFailed:
    """Return the failure of a question. The words of a database may repeat its address: they are left out."""
    return CallFailed(kind, f"{asked.database}: {why}", code=code)


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value)[:LONGEST_VALUE].hex()
    if isinstance(value, Decimal | UUID | timedelta | str):
        return str(value)[:LONGEST_VALUE]
    return repr(value)[:LONGEST_VALUE]
