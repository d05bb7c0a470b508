"""GuardDuty findings as alerts: one finding, one alert, and a sample calls nobody."""

from __future__ import annotations

from typing import Any

import pytest

from nouns import NOON
from tocsin.connectors.aws_findings import finding_delivery, finding_report, is_finding_event


def _event(**detail: Any) -> dict[str, Any]:
    service = {"serviceName": "guardduty", "count": 1, "eventFirstSeen": "2026-03-01T11:00:00Z"}
    found = {"id": "eeb8", "type": "Recon:EC2/PortProbe", "severity": 8, "service": service, "title": "t"}
    return {"detail-type": "GuardDuty Finding", "detail": {**found, **detail}}


@pytest.mark.parametrize(
    ("number", "word"),
    [(9.5, "critical"), (7, "high"), (4.0, "medium"), (1, "low"), (True, None), ("8", None)],
)
def test_a_number_is_a_word_of_its_band(number: object, word: str | None) -> None:
    assert finding_report(_event(severity=number), NOON).report.labels.get("severity") == word


def test_a_repeat_is_the_same_alert_and_another_delivery() -> None:
    first, again = _event(), _event(service={"serviceName": "guardduty", "count": 2}, updatedAt="2026-03-01")
    assert finding_report(first, NOON).key == finding_report(again, NOON).key
    assert finding_delivery(first) != finding_delivery(again)


def test_an_archived_finding_is_over() -> None:
    assert finding_report(_event(service={"archived": True}), NOON).report.ends_at == NOON
    assert finding_report(_event(), NOON).report.ends_at is None


def test_a_sample_is_recorded_and_calls_nobody() -> None:
    report = finding_report(_event(service={"additionalInfo": {"sample": True}}), NOON).report
    assert (report.labels["severity"], report.labels["sample"]) == ("informational", "true")


def test_other_events_are_none() -> None:
    assert is_finding_event(_event())
    assert not is_finding_event({"detail-type": "GuardDuty Finding"})
    assert not is_finding_event({"detail-type": "Other", "detail": {"id": "x"}})
