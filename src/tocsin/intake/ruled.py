"""Translate what a Prometheus rule found into a report of an alert, like that of any other source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import AlertReport
from tocsin.domain.sample import Labels

SOURCE = "rules"
RESEND = timedelta(minutes=1)
"""A firing alert is reported again this often (Prometheus' default `--rules.alert.resend-delay`)."""


def ruled_report(
    labels: Labels,
    annotations: Labels,
    *,
    fired_at_ms: int,
    at: datetime,
    resolved: bool,
    interval: timedelta,
) -> AlertReport:
    """Return the report of one alert of a rule, as Prometheus would send it.

    A firing one ends four resends from now: that many evaluations may fail before it counts as over.
    """
    return AlertReport(
        source=SOURCE,
        labels=dict(labels),
        annotations=dict(annotations),
        starts_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=fired_at_ms),
        ends_at=at if resolved else at + 4 * max(interval, RESEND),
    )
