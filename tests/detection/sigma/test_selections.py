"""Detection sections: structures, modifiers and every fault with its place (S4, S5, S13-S18, T8-T12)."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import tables
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.placeholders import Placeholders
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule, read
from tocsin.detection.sigma.selections import Selections
from tocsin.detection.sigma.tables import NO_TABLES, Tables
from tocsin.detection.sigma.tree import Interned

HEAD = "title: T\nlogsource: {product: Windows, category: process_creation}\ndetection:\n"


def rule(detection: str, known: Tables = NO_TABLES) -> Rule:
    lines = "".join(f"  {line}\n" for line in detection.splitlines())
    (root,) = documents(HEAD + lines)
    assert isinstance(root, Table)
    return read(root, "r.yml", known)


def holds(detection: str, record: dict[str, Any], known: Tables = NO_TABLES) -> bool:
    return Interned().compile(rule(detection, known).tree)(Facts(record, Memo()))


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
        ("{a: 'stra?e'}", {"a": "STRASE"}, True),
        ("{a: 'stra?e'}", {"a": "STRA\u00dfE"}, True),
        ("{a: 'stra?e'}", {"a": "strasse"}, False),
        ("{a: 'x?y'}", {"a": "X\nY"}, True),
        ("{a|cased: 'x?y'}", {"a": "X1Y"}, False),
        ("{a: '\u00c4?'}", {"a": "\u00e4\u00df"}, True),
        ("{a: '?*'}", {"a": ""}, False),
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
        ("s: {'a[any]|contains': {b: c}}\ncondition: s", 4, 7, "takes no modifiers"),
        ("s: {'a[any]|all': [{b: c}]}\ncondition: s", 4, 7, "takes no modifiers"),
        ("s: {'a[any]': {x: {b: c}, condition: y}}\ncondition: s", 4, 40, "names no selection"),
        ("s: {'a[some]': {b: c}}\ncondition: s", 4, 18, "takes a value"),
    ],
)
def test_a_fault_is_refused_at_its_place(detection: str, line: int, column: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        rule(detection)
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


LIST = {"c": [{"p": "UDP", "ip": "123.1.5.5"}, {"p": "TCP", "ip": "10.0.0.1"}], "n": ["a1", "a2"], "e": []}


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        ("{'c[any]': {p: TCP, 'ip|cidr': 10.0.0.0/8}}", True),
        ("{'c[any]': {p: TCP, 'ip|cidr': 123.1.0.0/16}}", False),
        ("{'c[any]': [{p: SCTP}, {ip: 10.0.0.1}]}", True),
        ("{'c[all]': {'p|contains': P}}", True),
        ("{'c[all]': {p: TCP}}", False),
        ("{'c[none]': {p: SCTP}}", True),
        ("{'c[none]': {p: TCP}}", False),
        ("{'c[any].ip': 10.0.0.1}", True),
        ("{'c[all].ip': 10.0.0.1}", False),
        ("{'c[1].p': tcp}", True),
        ("{'c[-2].p': tcp}", False),
        ("{'c[-1]': {p: TCP}}", True),
        ("{'c[2].p': tcp}", False),
        ("{'c[any]': {tcp: {p: TCP}, near: {'ip|startswith': '123.'}, condition: tcp and not near}}", True),
        (
            "{'c[any]': {udp: {p: UDP}, near: [{'ip|startswith': '123.'}], condition: udp and not near}}",
            False,
        ),
        ("{'n[all]|startswith': a}", True),
        ("{'n[all]|endswith': '1'}", False),
        ("{'n[any]': [a1, b]}", True),
        ("{'n[0]': a1}", True),
        ("{'n[any]': {'.': A2}}", True),
        ("{'n[any]|neq': a1}", True),
        ("{'e[all]': x}", False),
        ("{'e[all_or_empty]': x}", True),
        ("{'gone[all_or_empty]': x}", True),
        ("{'gone[none]': x}", True),
        ("{'gone[any]': x}", False),
        ("{'n[all_or_empty]': a1}", False),
    ],
)
def test_members_of_a_list_are_judged_one_by_one(selection: str, wanted: bool) -> None:
    assert holds(one(selection), LIST) is wanted


@pytest.mark.parametrize(
    ("selection", "record", "wanted"),
    [
        ("{'a[any]': {'b[all]|startswith': x}}", {"a": [{"b": ["y"]}, {"b": ["x1", "x2"]}]}, True),
        ("{'a[any]': {'b[all]|startswith': x}}", {"a": [{"b": ["x1", "y"]}]}, False),
        ("{'a[any].b[all]|startswith': x}", {"a": [{"b": ["x1", "x2"]}]}, True),
        ("{'a[any]': x}", {"a": "x"}, True),
        ("{'a[all]': x}", {"a": None}, False),
        ("{'a[any]': {condition: x}}", {"a": [{"condition": "x"}]}, True),
        (r"{'a\[any\]': x}", {"a[any]": "x"}, True),
        (r"{'a\[b\][0]': x}", {"a[b]": ["x"]}, True),
        ("{'a[b]': x}", {"a[b]": "x"}, True),
    ],
)
def test_blocks_nest_and_brackets_may_be_names(selection: str, record: dict[str, Any], wanted: bool) -> None:
    assert holds(one(selection), record) is wanted


def test_fields_of_others_keep_their_spaces() -> None:
    reader = Selections(Placeholders(NO_TABLES, (), Place(1, 1)), strip_spaces=False)
    (root,) = documents(one("{Threat Name: x}"))
    assert isinstance(root, Table)
    verdict = Interned().compile(reader.tree(root))
    assert verdict(Facts({"Threat Name": "x"}, Memo()))


def test_a_field_of_windows_loses_its_spaces() -> None:
    assert holds(one("{Threat Name: x}"), {"ThreatName": "x"})
    assert not holds(one("{Threat Name: x}"), {"Threat Name": "x"})


TABLES = tables.read(
    [
        ("a.yml", "name: roles\nvalues: [admin, 'sys*']\n"),
        ("b.yml", "name: ports\nvalues: [22, 3389]\n"),
        ("c.yml", "name: none\nrows: []\nkey: a\n"),
    ],
    [],
)


@pytest.mark.parametrize(
    ("selection", "record", "wanted"),
    [
        ("{a|expand: '%roles%'}", {"a": "Admin"}, True),
        ("{a|expand: '%roles%'}", {"a": "system"}, True),
        ("{a|expand: '%roles%'}", {"a": "user"}, False),
        ("{a|contains|expand: ['x%roles%']}", {"a": "<xadmin>"}, True),
        ("{a|expand|contains: 'x%roles%'}", {"a": "<xadmin>"}, True),
        ("{a|expand|endswith: '%roles%-%ports%'}", {"a": "my sysop-22"}, True),
        ("{a|expand|gte: '%ports%'}", {"a": 23}, True),
        ("{a|expand: '%ports%'}", {"a": "22"}, True),
        ("{a|expand|neq: '%roles%'}", {"a": "user"}, True),
        ("{a|expand|neq: '%roles%'}", {"a": "admin"}, False),
        ("{'|expand': '%roles%'}", {"a": "the admin"}, True),
        ("{a|expand: plain}", {"a": "plain"}, True),
        ("{a|expand: 5}", {"a": "5"}, True),
        ("{a|expand: '50%'}", {"a": "50%"}, True),
        ("{a|expand: '%none%'}", {"a": "x"}, False),
    ],
)
def test_placeholders_stand_for_the_values_of_tables(
    selection: str, record: dict[str, Any], wanted: bool
) -> None:
    assert holds(one(selection), record, TABLES) is wanted
