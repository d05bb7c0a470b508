"""Tests of translating a detected burst into a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.domain.detected import DetectedAlert, SignalRef
from tocsin.domain.severity import Severity
from tocsin.intake.detected import LATCHED, LEASE, MAX_EVIDENCE_BYTES, MAX_RECORDS, SOURCE, detected_report
from tocsin.intake.lease import Change, fingerprint_of, merge

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def signal(raw: bytes = b'{"user":"eve"}', position: int = 0) -> SignalRef:
    return SignalRef(source="idp", position=position, time=NOW, raw=raw)


BURST = DetectedAlert(
    key="rule-1|eve|17",
    rule_id="rule-1",
    rule_title="Many failed logins",
    rule_level="high",
    severity=Severity.P2,
    first_seen=NOW - timedelta(minutes=2),
    last_seen=NOW,
    count=3,
    group=(("src_ip", "203.0.113.7"), ("severity", "bad")),
    evidence=(signal(), signal(b"\xff")),
    tags=("attack.t1110",),
    description="Somebody tries passwords.",
    references=("https://attack.mitre.org/techniques/T1110/",),
)


def test_a_burst_becomes_a_report_with_its_rule_and_group() -> None:
    report = detected_report(BURST, NOW)
    labels = dict(report.labels)
    assert len(labels.pop("burst")) == 16
    assert labels == {
        "alertname": "Many failed logins",
        "rule_id": "rule-1",
        "severity": "high",
        "src_ip": "203.0.113.7",
        "group_severity": "bad",
    }
    assert report.source == SOURCE
    assert (report.starts_at, report.ends_at) == (BURST.first_seen, NOW + LEASE)
    assert report.annotations == {
        "summary": "Many failed logins (src_ip 203.0.113.7, severity bad)",
        "description": "Somebody tries passwords.\n3 signals from 2026-11-21 11:58:00 UTC "
        "to 2026-11-21 12:00:00 UTC.",
        "tags": "attack.t1110",
        "references": "https://attack.mitre.org/techniques/T1110/",
    }
    assert (report.count, report.evidence) == (3, ('{"user":"eve"}', "�"))


def test_a_plain_rule_needs_no_group_tags_or_references() -> None:
    plain = replace(BURST, group=(), tags=(), references=(), description="", count=1)
    annotations = detected_report(plain, NOW).annotations
    assert set(annotations) == {"summary", "description"}
    assert annotations["summary"] == "Many failed logins"
    assert annotations["description"].startswith("1 signal from")


def test_an_update_of_the_same_burst_is_the_same_alert_with_a_longer_lease() -> None:
    later = NOW + timedelta(minutes=5)
    first = merge(detected_report(BURST, NOW), None, NOW).alert
    update = detected_report(replace(BURST, count=40, last_seen=later), later)
    merged = merge(update, first, later)
    assert merged.change is Change.UPDATED
    assert (merged.alert.count, merged.alert.ends_at) == (40, later + LEASE)


def test_another_burst_of_the_same_rule_is_another_alert() -> None:
    other = replace(BURST, key="rule-1|eve|99")
    assert fingerprint_of(detected_report(other, NOW)) != fingerprint_of(detected_report(BURST, NOW))


def test_signals_from_the_future_do_not_end_before_they_start() -> None:
    ahead = replace(BURST, first_seen=NOW + timedelta(days=1), last_seen=NOW + timedelta(days=1))
    assert merge(detected_report(ahead, NOW), None, NOW).alert.starts_at == ahead.first_seen


def test_evidence_is_the_first_records_within_both_bounds() -> None:
    many = replace(BURST, evidence=tuple(signal(b"{}", number) for number in range(MAX_RECORDS + 5)))
    assert len(detected_report(many, NOW).evidence) == MAX_RECORDS
    half = b"x" * (MAX_EVIDENCE_BYTES // 2)
    assert len(detected_report(replace(BURST, evidence=(signal(half),) * 3), NOW).evidence) == 2


def test_a_rule_may_give_labels_and_the_type_of_the_incident_but_replace_nothing_of_ours() -> None:
    typed = replace(
        BURST, incident_type="data-breach", labels=(("team", "coaches"), ("rule_id", "x"), ("src_ip", "y"))
    )
    labels = dict(detected_report(typed, NOW).labels)
    assert (labels["incident_type"], labels["team"], labels["rule_id"]) == (
        "data-breach",
        "coaches",
        "rule-1",
    )
    assert (labels["src_ip"], labels["group_src_ip"]) == ("y", "203.0.113.7")


def test_what_was_measured_and_the_rules_digest_are_told() -> None:
    report = detected_report(replace(BURST, measured="11 > 10 signals in 1h", rule_hash="ab12"), NOW)
    assert report.annotations["description"].endswith("Measured: 11 > 10 signals in 1h.")
    assert report.annotations["rule_hash"] == "ab12"


def test_an_alert_ends_when_its_burst_is_known_to_be_over_and_a_latched_one_never_by_itself() -> None:
    over = replace(BURST, ends_at=NOW + timedelta(minutes=5))
    assert detected_report(over, NOW).ends_at == NOW + timedelta(minutes=5)
    assert detected_report(replace(over, latch=True), NOW).ends_at == NOW + LATCHED
