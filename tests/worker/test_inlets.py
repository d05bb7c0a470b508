from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit.leaf import decode
from tocsin.connectors.hook import Forged
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured
from tocsin.store.lake import SignalRefused
from tocsin.worker import inlets as inlets_module
from tocsin.worker.inlets import inlets, letters_of


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


def test_mail_is_listened_to_where_a_port_is_set(tmp_path, memory_store) -> None:
    assert _names(tmp_path, memory_store, TOCSIN_MAIL_PORT="2525") == ["mail"]


@pytest.mark.parametrize("keys", ["k1234567", "nas=k1234567890123456,shop=short", "a b c d e f g h i j"])
def test_a_key_that_no_mail_could_carry_stops_the_start_and_is_not_shown(
    tmp_path, memory_store, keys
) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_MAIL_KEYS") as refused:
        _names(tmp_path, memory_store, TOCSIN_MAIL_PORT="2525", TOCSIN_MAIL_KEYS=keys)
    assert not any(key in refused.value.explain() for key in ("k1234567", "short", "a b"))
    assert "16 to 80" in refused.value.next_step


def test_mail_to_no_address_of_ours_stands_in_the_log_as_one_sum_a_minute(tmp_path, memory_store) -> None:
    clock = PushedClock(NOON)
    app = build_app(load_settings({}, home=tmp_path), clock=clock, store=memory_store)
    for _ in range(3):
        inlets_module._mail_refused(app, "203.0.113.9")
    clock.push(timedelta(minutes=2))
    app.hearing.hooks.forgeries.write_sums()
    with memory_store.transaction() as shelves:
        shelves.log.sequence()
        facts = [decode(leaf.content).facts for leaf in shelves.log.leaves(0, shelves.log.size())]
    assert [(each["connector"], each["sender"], each["times"]) for each in facts] == [
        ("mail", "203.0.113.9", "1"),
        ("mail", "203.0.113.9", "2"),
    ]


def test_a_mail_with_the_right_key_is_an_alert_and_any_other_is_refused(tmp_path, memory_store) -> None:
    settings = load_settings({"TOCSIN_MAIL_KEYS": "nas=k1234567"}, home=tmp_path)
    app = build_app(settings, clock=PushedClock(NOON), store=memory_store)
    hear = letters_of(app)
    letter = b"Subject: [P1] Disk full\r\nMessage-ID: <1@nas>\r\n\r\nIt is slow.\r\n"
    for source, key in (("nas", "k7654321"), ("shop", "k1234567"), ("drill", "k1234567")):
        with pytest.raises(Forged):
            hear(source, key, letter, "203.0.113.9")
    for _ in range(2):
        hear("nas", "k1234567", letter, "203.0.113.9")
    with app.store.reading() as shelves:
        (alert,) = shelves.alerts.recent()
        assert (alert.source, alert.labels["severity"], shelves.incidents.count()) == ("mail:nas", "P1", 1)
