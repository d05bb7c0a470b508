from datetime import UTC, datetime, timedelta

from tocsin.intake.ruled import ruled_report

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FIRED_MS = 1_772_366_340_000
LABELS = (("alertname", "Down"), ("severity", "critical"))


def _report(**changes):
    given = {"fired_at_ms": FIRED_MS, "at": AT, "resolved": False, "interval": timedelta(seconds=15)}
    return ruled_report(LABELS, (("summary", "it is down"),), **(given | changes))


def test_a_firing_alert_holds_for_four_resends() -> None:
    report = _report()
    assert report.source == "rules"
    assert dict(report.labels) == {"alertname": "Down", "severity": "critical"}
    assert dict(report.annotations) == {"summary": "it is down"}
    assert report.starts_at == datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
    assert report.ends_at == AT + timedelta(minutes=4)


def test_a_rarely_evaluated_rule_holds_for_four_of_its_intervals() -> None:
    assert _report(interval=timedelta(minutes=5)).ends_at == AT + timedelta(minutes=20)


def test_a_resolved_alert_ends_now() -> None:
    assert _report(resolved=True).ends_at == AT
