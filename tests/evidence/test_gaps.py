from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tocsin.domain.exhibit import Label
from tocsin.evidence.exhibits import Deposit
from tocsin.evidence.gaps import LONGEST_REASON, gap_content, gap_deposit, same_evidence

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = Deposit(
    incident_id=UUID(int=1),
    name="INC-1-logs.export",
    label=Label(incident_date=date(2026, 3, 1), description="Task logs", exported_by="tocsin"),
    collector="logs.export",
    covers="logs.export",
    of="task-1",
    encrypted=True,
)


def test_a_gap_says_what_is_missing_and_why_and_is_in_the_clear() -> None:
    gap = gap_deposit(ASKED, "AccessDenied:\n logs")
    assert gap.gap == "AccessDenied: logs"
    assert gap.label.description == "Could not collect logs.export of task-1, because AccessDenied: logs"
    assert (gap.covers, gap.of, gap.encrypted) == ("logs.export", "task-1", False)


@pytest.mark.parametrize(
    ("reason", "told"), [(" ", "no reason was given"), ("x" * 9000, "x" * LONGEST_REASON)]
)
def test_a_gap_always_has_a_reason_of_bounded_length(reason: str, told: str) -> None:
    assert gap_deposit(ASKED, reason).gap == told


def test_the_bytes_of_a_gap_tell_the_same() -> None:
    gap = gap_deposit(ASKED, "AccessDenied")
    told = json.loads(gap_content(gap, "INC-1", NOON))
    assert told == {
        "incident": "INC-1",
        "collector": "logs.export",
        "of": "task-1",
        "could_not_collect_because": "AccessDenied",
        "at": NOON.isoformat(),
    }


@pytest.mark.parametrize(
    ("collector", "of", "gap", "same"),
    [
        ("logs.export", "task-1", "", True),
        ("logs.export", "task-2", "", False),
        (None, "task-1", "", False),
        ("logs.export", "task-1", "refused", False),
    ],
)
def test_equal_bytes_are_the_same_evidence_only_of_one_collector_and_object(collector, of, gap, same) -> None:
    assert same_evidence(ASKED, collector, of, gap) is same
