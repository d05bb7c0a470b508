"""Asks a Prometheus server which alerts fire, so that a Tocsin that was away need not wait for a resend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from tocsin.connectors.instant import instant_of
from tocsin.connectors.outbound import Outbound
from tocsin.domain.alert import AlertReport
from tocsin.domain.errors import Explained
from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager.document import read_document

ALERTS = "/api/v1/alerts"
CONFIG = "/api/v1/status/config"
FLAGS = "/api/v1/status/flags"
RESEND_DELAY = timedelta(minutes=1)
EVALUATION_INTERVAL = timedelta(minutes=1)
LEASE_TIMES = 4
"""A lease is four times the larger of resend delay and interval (`sendAlerts` in Prometheus' main.go)."""

LONGEST_ANSWER_BYTES = 32 * 1024 * 1024
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}


class PrometheusUnread(Explained):
    """A Prometheus server's firing alerts could not be read; it is asked again soon."""

    code = "prometheus_unread"


@dataclass(frozen=True, slots=True)
class ActiveAlerts:
    """What fires, and the answer as it came."""

    reports: tuple[AlertReport, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class PrometheusAlerts:
    """A server at a base address. Raises `PrometheusUnread`, also where it rewrites its alerts' labels."""

    url: str
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    def read(self, now: datetime) -> ActiveAlerts:
        """Return what fires, with the labels and the lease that the server's own notifications have."""
        external, interval = self._configured()
        delay = _length(str(self._asked(FLAGS)[0].get("rules.alert.resend-delay", ""))) or RESEND_DELAY
        found, body = self._asked(ALERTS)
        ends_at = now + LEASE_TIMES * max(delay, interval)
        alerts = found.get("alerts")
        if not isinstance(alerts, list):
            raise self._unread("its answer holds no list of alerts")
        reports = [_report(each, external, ends_at) for each in alerts if _fires(each)]
        return ActiveAlerts(tuple(each for each in reports if each is not None), body)

    def _configured(self) -> tuple[Mapping[str, str], timedelta]:
        """Return the external labels and the evaluation interval."""
        text = self._asked(CONFIG)[0].get("yaml")
        try:
            document = read_document(str(text), self.url)
        except PackProblem as problem:
            raise self._unread("its configuration cannot be read") from problem
        keys = _keys(document)
        globals_ = _keys(keys.get("global"))
        labels = {name: value.text for name, value in _keys(globals_.get("external_labels")).items()}
        if "alert_relabel_configs" in _keys(keys.get("alerting")):
            raise self._unread("it rewrites the labels of its alerts (alert_relabel_configs)")
        interval = globals_.get("evaluation_interval")
        return labels, (_length(interval.text) if interval else None) or EVALUATION_INTERVAL

    def _asked(self, path: str) -> tuple[Mapping[str, Any], bytes]:
        answer = self.outbound.request(
            "GET", self.url.rstrip("/") + path, headers={"Accept": "application/json"}
        )
        try:
            found = orjson.loads(answer.body)
            answered = found["data"] if found["status"] == "success" else None
        except (ValueError, KeyError, TypeError):
            answered = None
        if not isinstance(answered, dict):
            raise self._unread(f"its answer to {path} is none (HTTP {answer.status})")
        return answered, answer.body

    def _unread(self, reason: str) -> PrometheusUnread:
        return PrometheusUnread(
            f"The firing alerts of the Prometheus server at {self.url[:120]} were not read: {reason}.",
            means="Alerts that began while Tocsin was away are heard with the server's next resend.",
            next_step="Look whether the server answers, and correct TOCSIN_PROMETHEUS_ALERTS.",
        )


def _fires(alert: Any) -> bool:
    return isinstance(alert, dict) and alert.get("state") == "firing"


def _report(alert: Mapping[str, Any], external: Mapping[str, str], ends_at: datetime) -> AlertReport | None:
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    starts_at = instant_of(str(alert.get("activeAt")))
    if not labels or starts_at is None:
        return None
    return AlertReport(
        source="prometheus",
        labels={**external, **labels},
        annotations=annotations,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _texts(found: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def _keys(written: Located | None) -> dict[str, Located]:
    return {key.text: value for key, value in written.pairs} if written is not None else {}


def _length(text: str) -> timedelta | None:
    """Read a length as Prometheus writes it (`1m30s`); None for what is none, or nothing."""
    if not _PART.match(text):
        return None
    return sum((int(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta()) or None
