"""With the SaaS platform pack in force GuardDuty's findings from Medium up are Critical, by the hook too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nouns import an_alert
from tocsin.app.packs import STARTING, Packs
from tocsin.connectors.aws_findings import finding_report
from tocsin.domain.severity import Severity
from tocsin.triage.classify import classify
from tocsin.triage.policy import parse_policy
from tocsin.triage.severities import SeverityWords, parse_severities

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PACKS = Packs(Path("nowhere"), on=(*STARTING, "saas-platform"))


def words_of(packs: Packs) -> SeverityWords:
    file = packs.file("severities.yml")
    return parse_severities(file.text, file.path)


def severity_of(packs: Packs, number: float, *, is_sample: bool = False) -> Severity | None:
    """Return what becomes of a finding that EventBridge tells the hook."""
    service = {"additionalInfo": {"sample": is_sample}}
    detail = {"id": "f-1", "type": "Recon:EC2/PortProbe", "severity": number, "service": service}
    report = finding_report({"detail-type": "GuardDuty Finding", "detail": detail}, NOW).report
    triage = packs.file("triage.yml")
    alert = replace(an_alert(), source="guardduty:eu", labels=report.labels)
    return classify(alert, parse_policy(triage.text, triage.path), words_of(packs)).severity


@pytest.mark.parametrize(
    ("number", "severity"),
    [(9.5, Severity.P1), (7, Severity.P1), (6.9, Severity.P1), (4, Severity.P1), (3.9, Severity.P4)],
)
def test_medium_and_above_is_critical(number: float, severity: Severity) -> None:
    assert severity_of(PACKS, number) is severity


def test_a_sample_calls_nobody() -> None:
    assert severity_of(PACKS, 8, is_sample=True) is None


def test_without_the_pack_the_bands_of_guardduty_stand() -> None:
    found = [severity_of(Packs(Path("nowhere")), number) for number in (9, 7, 4, 1)]
    assert found == [Severity.P1, Severity.P2, Severity.P3, Severity.P4]


def test_all_other_words_are_those_of_the_baseline() -> None:
    ours, baseline = words_of(PACKS), words_of(Packs(Path("nowhere")))
    assert "saas-platform" in ours.path
    assert ours.common == baseline.common
    apart = [name for name in baseline.sources if ours.sources[name] != baseline.sources[name]]
    assert (apart, set(ours.sources)) == (["guardduty"], set(baseline.sources))
