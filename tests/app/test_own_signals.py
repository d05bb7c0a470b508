"""Stored signals are counted by what they share, and what came after what is found."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.app import own_signals
from tocsin.app.own_signals import OwnSignals
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


def record(minute: int, ip: str, who: str, outcome: str, name: str = "authentication"):
    told = {"class": name, "sourceIPAddress": ip, "userIdentity": {"arn": who}, "outcome": outcome}
    return NOW - timedelta(minutes=60 - minute), json.dumps(told).encode()


SEEN = [
    *(record(minute, "203.0.113.7", "eve", "failed") for minute in range(3)),
    record(5, "203.0.113.7", "eve", "Success"),
    record(6, "198.51.100.9", "ben", "success"),
    record(7, "198.51.100.9", "ben", "failure"),
    (NOW, b"not json"),
    (NOW, b"[]"),
    (None, json.dumps({"class": "authentication", "outcome": "failure"}).encode()),
    record(8, "203.0.113.7", "eve", "failed", "api"),
]


def asked(operation: str, **parameters: object):
    spans = []

    def records(since: datetime, until: datetime):
        spans.append((since, until))
        return SEEN

    caller = OwnSignals(records, PushedClock(NOW))
    answer = caller.call(
        Call(service="tocsin.signals", operation=operation, parameters={"last": 900, **parameters})
    )
    assert spans == [(NOW - timedelta(minutes=15), NOW)]
    return answer


def test_signals_are_counted_by_what_they_share() -> None:
    wanted = {"class": "Authentication", "outcome": "failure"}
    answer = asked("top", by=("src_ip", "account"), **wanted)
    assert (answer["src_ips"], answer["accounts"]) == (["203.0.113.7", "198.51.100.9"], ["eve", "ben"])
    assert answer["top"][0] == {"src_ip": "203.0.113.7", "account": "eve", "count": 3}
    assert (answer["total"], answer["groups"], answer["cut"]) == (4, 2, False)
    assert asked("top", by="src_ip", outcome="weird")["total"] == 0


def test_what_came_after_for_the_same_ones_is_found() -> None:
    answer = asked(
        "sequence", first="authentication.failure", then="authentication.success", same=["src_ip", "account"]
    )
    assert (answer["accounts"], answer["src_ips"], answer["total"]) == (["eve"], ["203.0.113.7"], 1)
    assert answer["found"] == [{"src_ip": "203.0.113.7", "account": "eve"}]
    assert asked("sequence", first="success", then="failure", same="account")["accounts"] == ["ben", "eve"]


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_signals, "MOST_READ", 2)
    answer = asked("top", by="account")
    assert (answer["total"], answer["cut"]) == (2, True)
    monkeypatch.setattr(own_signals, "MOST_GROUPS", 1)
    assert asked("top", by="account")["groups"] == 1


def test_another_question_is_refused() -> None:
    with pytest.raises(CallFailed, match="cannot be asked"):
        asked("drop")
