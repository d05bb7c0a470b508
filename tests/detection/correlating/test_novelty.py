"""What was never seen before is new once; addresses are compared as the rule says."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating import novelty
from tocsin.detection.correlating.novelty import Comparison, Novelty
from tocsin.detection.correlating.watched import MICROS
from tocsin.detection.sigma.extension import NewValue
from tocsin.detection.sigma.tables import read
from tocsin.detection.state import Held, Known

RULE = """---
title: x
name: x
tocsin.new_value: {field: ip, history: 30d, warmup: 0s, by: /24}
correlation:
  type: value_count
  rules: [a]
  group-by: [user]
  timespan: 15m
  condition: {field: ip, gte: 1}
"""
DAY = 86_400


def login(ip: str, user: str = "ada") -> dict[str, Any]:
    return {"a": 1, "user": user, "ip": ip}


def test_a_network_is_new_once_to_each_user(tell: Any) -> None:
    story = [
        (0, login("10.0.0.1")),
        (3_600, login("10.0.0.77")),
        (7_200, login("10.0.1.1")),
        (10_800, login("10.0.0.1", "ben")),
        (10_801, login("10.0.1.9")),
    ]
    alerts = tell(RULE, story, 90_000)
    assert [(alert.group[0][1], alert.evidence[0].position) for alert in alerts] == [
        ("ada", 0),
        ("ada", 2),
        ("ben", 3),
    ]


def test_what_was_not_seen_for_the_history_is_new_again(tell: Any) -> None:
    story = [(0, login("10.0.0.1")), (29 * DAY, login("10.0.0.1")), (60 * DAY, login("10.0.0.1"))]
    assert len(tell(RULE, story, 61 * DAY)) == 2


def test_nothing_is_new_during_warm_up(tell: Any) -> None:
    warm = RULE.replace("warmup: 0s", "warmup: 7d")
    story = [(0, login("10.0.0.1")), (DAY, login("10.0.1.1")), (7 * DAY, login("10.0.2.1"))]
    (alert,) = tell(warm, story, 8 * DAY)
    assert alert.evidence[0].position == 2


def test_a_new_network_and_then_an_export_are_a_chain(tell: Any) -> None:
    chain = RULE + (
        "---\ntitle: y\n"
        "correlation: {type: temporal_ordered, rules: [x, b], group-by: [user], timespan: 15m}\n"
    )
    story = [(0, login("10.0.0.1")), (2_000, login("10.0.0.1")), (2_100, {"b": 1, "user": "ada"})]
    assert tell(chain, story, 9_000) == []
    again = [*story, (3_000, login("192.0.2.1")), (3_300, {"b": 1, "user": "ADA"})]
    assert [alert.rule_title for alert in tell(chain, again, 9_000)] == ["y"]


def hit(value: str, time: int) -> Held:
    return Held(time * MICROS, "s", time, 1, value)


def test_memory_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novelty, "MOST_VALUES", 2)
    wanted = NewValue(field="ip", history=100, warmup=0)
    seen = Novelty(wanted, None)
    for time, value in enumerate("aba"):
        seen.new([hit(value, time)])
    assert [each.value for each in seen.new([hit("c", 3), hit("b", 3), hit("a", 3)])] == ["c", "b", "a"]
    assert seen.known() == Known({"b": 3 * MICROS, "a": 3 * MICROS}, 0, 3 * MICROS)
    again = Novelty(wanted, seen.known())
    assert again.new([hit("b", 100)]) == []
    assert set(again.known().seen) == {"a", "b"}
    assert [each.value for each in again.new([hit("a", 104)])] == ["a"]
    # Who showed nothing for long enough to be forgotten begins anew.
    again.new([hit("c", 305)])
    assert again.known() == Known({"c": 305 * MICROS}, 305 * MICROS, 305 * MICROS)


TABLE = """name: asn
key: network
rows:
  - {network: 10.0.0.0/8, asn: AS1}
  - {network: 10.9.0.0/16, asn: AS2}
  - {network: '2001:db8::/32', asn: AS3}
  - {network: '2001:db8:9::/48', asn: AS5}
  - {network: nonsense, asn: AS4}
"""


@pytest.mark.parametrize(
    ("by", "value", "compared"),
    [
        ("exact", "10.0.0.7", "10.0.0.7"),
        ("/24", "10.0.0.7", "10.0.0.0/24"),
        ("/24", " 10.0.0.7 ", "10.0.0.0/24"),
        ("/24", "2001:db8::7", "2001:db8::/64"),
        ("/24", "a name", "a name"),
        ("asn", "10.1.2.3", "as1"),
        ("asn", "10.9.2.3", "as2"),
        ("asn", "2001:db8:1::1", "as3"),
        ("asn", "192.0.2.1", "192.0.2.1"),
    ],
)
def test_addresses_are_compared_as_the_rule_says(by: str, value: str, compared: str) -> None:
    assert Comparison(by, read([("t.yml", TABLE)], []).tables).of(value) == compared


def test_a_table_of_one_column_compares_by_network() -> None:
    tables = read([("t.yml", "name: nets\nrows: [{value: 10.0.0.0/8}]\n")], []).tables
    assert Comparison("nets", tables).of("10.1.1.1") == "10.0.0.0/8"
