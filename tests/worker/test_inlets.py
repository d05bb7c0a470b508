from __future__ import annotations

from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.store.lake import SignalRefused
from tocsin.worker import inlets as inlets_module
from tocsin.worker.inlets import inlets


def _names(tmp_path: Path, store, **values: str) -> list[str]:
    app = build_app(load_settings(values, home=tmp_path), clock=PushedClock(NOON), store=store)
    return [loop.name for loop in inlets(app)]


def test_without_settings_nothing_is_listened_to_or_asked(tmp_path, memory_store) -> None:
    assert _names(tmp_path, memory_store) == []


def test_syslog_is_listened_to_where_a_port_is_set(tmp_path, memory_store) -> None:
    assert _names(tmp_path, memory_store, TOCSIN_SYSLOG_PORT="0") == ["syslog"]


def test_a_mistake_stops_the_start(tmp_path, memory_store) -> None:
    with pytest.raises(Misconfigured):
        _names(tmp_path, memory_store, TOCSIN_SYSLOG_PORT="many")


def test_kafka_is_read_where_brokers_and_topics_are_set(tmp_path, memory_store) -> None:
    kafka = {"TOCSIN_KAFKA_BROKERS": "127.0.0.1:1", "TOCSIN_KAFKA_TOPICS": "audit=okta"}
    assert _names(tmp_path, memory_store, **kafka) == ["kafka"]
    with pytest.raises(SignalRefused):
        _names(tmp_path, memory_store, **{**kafka, "TOCSIN_KAFKA_TOPICS": "audit=../x"})


def test_a_missing_extra_is_named(tmp_path, memory_store, monkeypatch) -> None:
    def missing(place: str) -> None:
        raise ImportError(place)

    monkeypatch.setattr(inlets_module, "load", missing)
    with pytest.raises(Misconfigured) as refused:
        _names(tmp_path, memory_store, TOCSIN_KAFKA_BROKERS="k:1", TOCSIN_KAFKA_TOPICS="audit")
    assert "tocsin[kafka]" in refused.value.next_step


def test_s3_and_cloudwatch_are_asked_where_they_are_set(tmp_path, memory_store) -> None:
    aws = {
        "TOCSIN_AWS_REGION": "eu-west-1",
        "TOCSIN_S3_BUCKETS": "cloudtrail=b/AWSLogs,other=c",
        "TOCSIN_CLOUDWATCH_LOGS": "waf=g",
        "TOCSIN_CLOUDWATCH_METRICS": "AWS/SQS:Age:Maximum",
    }
    found = _names(tmp_path, memory_store, **aws)
    assert found == ["s3-cloudtrail", "s3-other", "logs-waf", "metrics"]
