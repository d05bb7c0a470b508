"""Detection rules: structures, modifiers and every fault with its place (S4, S5, S13-S18, T8-T12)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule, read
from tocsin.detection.sigma.tree import Interned

HEAD = "title: T\nlogsource: {product: Windows, category: process_creation}\ndetection:\n"


def rule(detection: str) -> Rule:
    lines = "".join(f"  {line}\n" for line in detection.splitlines())
    (root,) = documents(HEAD + lines)
    assert isinstance(root, Table)
    return read(root, "r.yml")


def holds(detection: str, record: dict[str, Any]) -> bool:
    return Interned().compile(rule(detection).tree)(Facts(record, Memo()))


def one(selection: str) -> str:
    return f"s: {selection}\ncondition: s"


@pytest.mark.parametrize(
    ("selection", "record", "wanted"),
    [
        ("{a: x, b: y}", {"a": "x", "b": "y"}, True),
        ("{a: x, b: y}", {"a": "x"}, False),
        ("{a: [x, y]}", {"a": "Y"}, True),
        ("[{a: x}, {b: y, c: z}]", {"b": "y", "c": "z"}, True),
        ("[{a: x}, {b: y, c: z}]", {"b": "y"}, False),
        ("{a|contains|all: [x, y]}", {"a": "y-x"}, True),
        ("{a|contains|all: [x, y]}", {"a": "x"}, False),
        ("{a|contains|all: x}", {"a": "x"}, True),
        ("{a|all|contains: [x, y]}", {"a": "y-x"}, True),
        ("[evil, worse]", {"m": {"deep": ["an EVIL deed"]}}, True),
        ("[evil, worse]", {"evil": "no"}, False),
        ("evil", {"m": "evil"}, True),
        ("[4625]", {"n": 4625}, True),
        ("{'|all': [one, two]}", {"a": "One", "b": "two"}, True),
        ("{'|all': [one, two]}", {"a": "One"}, False),
        ("{'|re': 'e.il'}", {"a": "an evil deed"}, True),
        ("{'|startswith': evil}", {"a": "an evil deed"}, False),
        ("[evil, {a: x}]", {"a": "x"}, True),
        ("{a: null}", {}, True),
        ("{a: null}", {"a": None}, True),
        ("{a: null}", {"a": ""}, False),
        ("{a: ''}", {"a": ""}, True),
        ("{a: ''}", {}, False),
        ("{a|exists: true}", {"a": None}, True),
        ("{a|exists: false}", {"a": ""}, False),
        ("{a|neq: [x, y]}", {"a": "z"}, True),
        ("{a|neq: [x, y]}", {"a": "y"}, False),
        ("{a|neq: x}", {}, True),
        ("{a|gte: 5}", {"a": "10"}, True),
        ("{a|gte: 5}", {}, False),
        ("{a: 5}", {"a": "5"}, True),
        ("{a: '5'}", {"a": 5}, True),
        ("{a: 5}", {"a": "05"}, False),
        ("{a: 0x10}", {"a": "0x10"}, True),
        ("{a: true}", {"a": True}, True),
        ("{a: 'true'}", {"a": True}, True),
        ("{a: on}", {"a": "on"}, True),
        ("{a|windash|contains: ' -enc '}", {"a": "powershell /enc x"}, True),
        ("{a|windash|contains: ' \u2013enc '}", {"a": "powershell \u2015enc x"}, True),
        ("{a|windash: -enc}", {"a": "+enc"}, False),
        ("{a|cidr: [10.0.0.0/8, '::1/128']}", {"a": "10.0.0.1"}, True),
        ("{a|re|i: '^EV'}", {"a": "evil"}, True),
        ("{a|cased: Ab}", {"a": "ab"}, False),
        ("{a|fieldref: b}", {"a": "X", "b": "x"}, True),
        ("{a|fieldref|startswith: b}", {"a": "Xy", "b": "x"}, True),
        ("{a|hour|gte: 22}", {"a": "2026-03-02T23:00:00Z"}, True),
        ("{a|hour: 22}", {"a": "2026-03-02T23:00:00Z"}, False),
        ("{a|base64offset|contains: '/bin/bash'}", {"a": "echo IC9iaW4vYmFzaCA= | base64 -d"}, True),
        ("{a|wide|base64offset|contains: ping}", {"a": "-enc cABpAG4AZwA="}, True),
        ("{a: [null, x]}", {}, True),
        ("{Ab: x}", {"ab": "x"}, False),
        ("{a: x}", {"a": [["y"], ["X"]]}, True),
        ("{a.b: x}", {"a": {"b": "x"}}, True),
    ],
)
def test_a_selection_matches_as_sigma_says(selection: str, record: dict[str, Any], wanted: bool) -> None:
    assert holds(one(selection), record) is wanted


def test_a_list_of_conditions_is_an_or() -> None:
    detection = "a: {x: 1}\nb: {x: 2}\ncondition: [a, b]"
    assert holds(detection, {"x": 1})
    assert holds(detection, {"x": 2})
    assert not holds(detection, {"x": 3})
    assert holds("a: {x: 1}\ncondition: [a]", {"x": 1})


def test_negation_of_an_absent_field_is_true() -> None:
    detection = "s: {x: 1}\nf: {y: 1}\ncondition: s and not f"
    assert holds(detection, {"x": 1})
    assert not holds(detection, {"x": 1, "y": 1})


def test_the_log_source_is_read_in_lower_case() -> None:
    found = rule(one("{a: x}"))
    assert (found.logsource.product, found.logsource.category) == ("windows", "process_creation")


def test_the_key_follows_the_meaning_only() -> None:
    assert rule(one("{a: x}")).key == rule(one("{a: 'x'}")).key
    assert rule(one("{a: x}")).key != rule(one("{a: y}")).key


def test_null_in_a_list_is_loaded_with_a_remark() -> None:
    ((place, reason),) = rule(one("{a: [x, null]}")).remarks
    assert (place.line, place.column) == (4, 14)
    assert "null" in reason


@pytest.mark.parametrize(
    ("detection", "line", "column", "words"),
    [
        ("s: {a: x}", 4, 3, "no `condition`"),
        ("s: {a: x}\ntimeframe: 5m\ncondition: s", 5, 3, "timeframe"),
        ("s: {a: x}\ncondition: t", 5, 14, "names no selection"),
        ("s: {a: x}\ncondition: s and t", 5, 20, "names no selection"),
        ("s: {a: x}\ncondition: 5", 5, 14, "must be text"),
        ("s: {a: x}\ncondition: {}", 5, 14, "must be text"),
        ("s: {a: x}\ncondition: []", 5, 14, "empty"),
        ("s: []\ncondition: s", 4, 6, "empty"),
        ("s:\ncondition: s", 4, 3, "keyword is empty"),
        ("s: {a: []}\ncondition: s", 4, 10, "takes a value"),
        ("s: {a: {b: c}}\ncondition: s", 4, 10, "takes a value"),
        ("s: {a: [[b]]}\ncondition: s", 4, 11, "list or a map"),
        ("s: {a|contians: b}\ncondition: s", 4, 7, "unknown"),
        ("s: {a|re: '(?=x)'}\ncondition: s", 4, 13, "linear-time"),
        ("s: {a|expand: '%x%'}\ncondition: s", 4, 17, "not resolved"),
    ],
)
def test_a_fault_is_refused_at_its_place(detection: str, line: int, column: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        rule(detection)
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (line, column)
