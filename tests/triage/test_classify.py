"""Tests of classifying an alert, and of saying why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.domain.alert import Alert
from tocsin.domain.severity import Severity
from tocsin.triage.classify import MAX_TITLE_CHARACTERS, Classified, classify
from tocsin.triage.policy import TriagePolicy, parse_policy
from tocsin.triage.severities import SeverityWords, parse_severities

BASELINE = Path(__file__).resolve().parents[2] / "packs" / "baseline"


@pytest.fixture(scope="module")
def words() -> SeverityWords:
    return parse_severities("common: {words: {critical: P1, informational: none}}\n", "severities.yml")


@pytest.mark.parametrize(
    ("source", "labels", "incident_type", "severity", "reasons"),
    [
        pytest.param(
            "prometheus",
            {"alertname": "ApiDown", "severity": "critical"},
            "unknown",
            Severity.P1,
            (
                "Type unknown: no rule in triage.yml fits.",
                "Severity P1: prometheus says “critical” (severities.yml, section common).",
            ),
            id="no rule: the source's word",
        ),
        pytest.param(
            "detection",
            {"rule_id": "r", "team": "web", "severity": "critical"},
            "security",
            Severity.P2,
            (
                "Type security: rule “detections are security” (triage.yml, line 12).",
                "Severity P2: rule “web team is loud” (triage.yml, line 11).",
            ),
            id="the first rule for each attribute, which may be two",
        ),
        pytest.param(
            "prometheus",
            {"alertname": "VpcDrift"},
            "drift",
            Severity.P4,
            (
                "Type drift: rule “drifts” (triage.yml, line 13).",
                "Severity P4: rule “drifts” (triage.yml, line 13).",
            ),
            id="one rule for both",
        ),
        pytest.param(
            "prometheus",
            {"alertname": "ApiDown"},
            "unknown",
            Severity.P3,
            (
                "Type unknown: no rule in triage.yml fits.",
                "Severity P3: prometheus named none, so the default of triage.yml holds.",
            ),
            id="no word: the default",
        ),
        pytest.param(
            "prometheus",
            {"alertname": "ApiDown", "severity": "gruesome"},
            "unknown",
            Severity.P3,
            (
                "Type unknown: no rule in triage.yml fits.",
                "Severity P3: the word “gruesome” of prometheus is not in severities.yml, "
                "so the default of triage.yml holds.",
            ),
            id="a word nobody listed: the default and a remark",
        ),
        pytest.param(
            "prometheus",
            {"severity": "informational", "alertname": "Up"},
            "unknown",
            None,
            (
                "Type unknown: no rule in triage.yml fits.",
                "Severity none: prometheus says “informational” (severities.yml, section common).",
            ),
            id="informational",
        ),
        pytest.param(
            "prometheus:lab",
            {"severity": "critical", "alertname": "Up"},
            "unknown",
            None,
            (
                "Type unknown: no rule in triage.yml fits.",
                "Severity none: rule “one Prometheus is a test” (triage.yml, line 14).",
            ),
            id="a rule for one full source name",
        ),
    ],
)
def test_an_alert_is_classified_with_reasons(
    alert_of: Callable[..., Alert],
    policy: TriagePolicy,
    words: SeverityWords,
    source: str,
    labels: dict[str, str],
    incident_type: str,
    severity: Severity | None,
    reasons: tuple[str, ...],
) -> None:
    classified = classify(alert_of(source, **labels), policy, words)
    assert (classified.type, classified.severity) == (incident_type, severity)
    assert classified.reasons[:2] == reasons
    assert classified.reasons[2] == f"Group {classified.group_key}."


def test_what_a_person_reads_comes_from_the_alert(
    alert_of: Callable[..., Alert], policy: TriagePolicy, words: SeverityWords
) -> None:
    annotations = {
        "summary": "API\nis down",
        "description": " Look. ",
        "runbook_url": "https://r.example/api",
    }
    classified = classify(alert_of(annotations=annotations, job="shop", rule_id="r"), policy, words)
    assert classified.title == "API is down"
    assert classified.description == "Look."
    assert classified.runbook_url == "https://r.example/api"
    assert classified.services == ("shop",)
    assert classified.resolve_when_quiet is True


def test_a_title_is_bounded(
    alert_of: Callable[..., Alert], policy: TriagePolicy, words: SeverityWords
) -> None:
    classified = classify(alert_of(alertname="A" * 999), policy, words)
    assert len(classified.title) == MAX_TITLE_CHARACTERS
    assert classified.services == ()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x", "https://x y", "https://x\x00", "", "/etc/passwd"]
)
def test_a_runbook_that_is_no_web_address_is_left_out(
    alert_of: Callable[..., Alert], policy: TriagePolicy, words: SeverityWords, url: str
) -> None:
    assert classify(alert_of(annotations={"runbook_url": url}), policy, words).runbook_url == ""


def _shipped(alert: Alert) -> Classified:
    policy = parse_policy((BASELINE / "triage.yml").read_text("utf-8"), "triage.yml")
    words = parse_severities((BASELINE / "severities.yml").read_text("utf-8"), "severities.yml")
    return classify(alert, policy, words)


@pytest.mark.parametrize(
    ("source", "labels", "incident_type", "severity"),
    [
        (
            "prometheus",
            {"alertname": "AuditChainIntegrityFailed", "severity": "warning"},
            "audit-integrity",
            "P1",
        ),
        ("prometheus", {"alertname": "AuthFailureSpike", "severity": "warning"}, "security", "P3"),
        ("prometheus", {"alertname": "AnomalousTokenIssuance", "severity": "warning"}, "security", "P3"),
        (
            "prometheus",
            {"alertname": "WebhookDeadLetterAccumulating", "severity": "critical"},
            "service-degradation",
            "P1",
        ),
        ("prometheus", {"alertname": "InstanceDown", "severity": "critical"}, "service-degradation", "P1"),
        ("prometheus", {"alertname": "LlmCostOverrun", "severity": "warning"}, "cost-overrun", "P3"),
        ("prometheus", {"alertname": "DeploymentFailed", "severity": "high"}, "deployment-failure", "P2"),
        ("prometheus", {"alertname": "X", "incident_type": "data-breach"}, "data-breach", "P3"),
        ("detection", {"alertname": "Download", "rule_id": "r", "severity": "high"}, "security", "P2"),
        ("guardduty", {"alertname": "Recon", "severity": "5"}, "security", "P3"),
        ("prometheus", {"alertname": "CountdownStarted"}, "unknown", "P3"),
    ],
)
def test_the_shipped_policy_knows_the_alerts_of_the_runbooks(
    alert_of: Callable[..., Alert], source: str, labels: dict[str, str], incident_type: str, severity: str
) -> None:
    classified = _shipped(alert_of(source, **labels))
    assert (classified.type, classified.severity) == (incident_type, severity)
