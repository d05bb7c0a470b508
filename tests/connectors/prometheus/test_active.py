"""What a Prometheus server says of its firing alerts is read as its own notifications would be."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from nouns import NOON
from tocsin.connectors.outbound import Answer
from tocsin.connectors.prometheus.active import PrometheusAlerts, PrometheusUnread

CONFIG = "global: {evaluation_interval: 2m, external_labels: {cluster: lab, severity: none}}\n"
ALERT = {
    "labels": {"alertname": "ShopDown", "severity": "critical"},
    "annotations": {"summary": "Nobody can buy"},
    "state": "firing",
    "activeAt": "2026-03-01T11:57:00.123456789Z",
    "value": "1e+00",
}


class Server:
    """Answers as Prometheus does; what a test gives takes the place of what is usual."""

    def __init__(self, **given: object) -> None:
        self.found = {
            "alerts": {"alerts": [ALERT]},
            "config": {"yaml": CONFIG},
            "flags": {"rules.alert.resend-delay": "1m"},
            **given,
        }

    def request(self, method, url, *, headers, content=b""):
        found = self.found[url.rpartition("/")[2]]
        if isinstance(found, bytes):
            return Answer(503, {}, found)
        return Answer(200, {}, orjson.dumps({"status": "success", "data": found}))


def read(**given):
    return PrometheusAlerts("http://prometheus:9090/", Server(**given)).read(NOON)


def test_external_labels_fill_in_and_the_lease_is_the_servers():
    (report,) = read().reports
    assert report.labels == {"alertname": "ShopDown", "severity": "critical", "cluster": "lab"}
    assert report.ends_at == NOON + timedelta(minutes=8)
    assert report.starts_at is not None
    assert report.annotations == {"summary": "Nobody can buy"}


def test_a_short_interval_gives_the_lease_of_the_resend_delay():
    (report,) = read(config={"yaml": "global: {evaluation_interval: 15s}"}, flags={}).reports
    assert report.ends_at == NOON + timedelta(minutes=4)


def test_what_only_waits_or_cannot_be_read_is_left_out():
    alerts = [{**ALERT, "state": "pending"}, {**ALERT, "activeAt": None}, {**ALERT, "labels": {}}, 7]
    assert read(alerts={"alerts": alerts}).reports == ()


@pytest.mark.parametrize(
    "given",
    [
        {"alerts": b"<html>"},
        {"alerts": {"alerts": None}},
        {"config": {"yaml": "a: ["}},
        {"config": {"yaml": "alerting: {alert_relabel_configs: [{regex: x}]}"}},
        {"flags": b"{}"},
    ],
)
def test_an_answer_that_is_none_says_why(given):
    with pytest.raises(PrometheusUnread):
        read(**given)
