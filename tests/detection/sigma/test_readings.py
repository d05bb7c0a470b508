"""A record is read without ever raising, whatever it holds."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

import pytest

from tocsin.detection.sigma import readings
from tocsin.detection.sigma.readings import (
    MEMO_CHARACTERS,
    MEMO_VALUES,
    Facts,
    Memo,
    Reading,
    atom_of,
    canonical_number,
    everything,
    json_text,
    lookup,
    members,
    number_text,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("5.0", 5),
        ("0.5", 0.5),
        ("9007199254740993", 9_007_199_254_740_993),
        ("05", None),
        ("0x5", None),
        ("", None),
        ("5 ", None),
    ],
)
def test_only_canonical_text_is_a_number(text: str, number: float | None) -> None:
    assert canonical_number(text) == number


@pytest.mark.parametrize(
    ("value", "atom"),
    [
        (True, "true"),
        (False, "false"),
        (1.0, 1),
        (1.5, 1.5),
        (1e300, 1e300),
        ("x", "x"),
        (7, 7),
        ({"a": [1]}, '{"a":[1]}'),
        ({1: 2}, '{"1":2}'),
        (object, ""),
    ],
)
def test_a_value_becomes_text_or_number(value: object, atom: object) -> None:
    assert atom_of(value) == atom
    assert type(atom_of(value)) is type(atom)


def test_numbers_that_python_will_not_print_become_hex() -> None:
    assert number_text(16**5000).startswith("0x1000")
    assert number_text(12) == "12"


def test_json_that_is_too_deep_is_empty_text() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert json_text(deep) == ""


@pytest.mark.parametrize(
    ("atom", "number"), [(math.inf, None), (math.nan, None), (2.5, 2.5), (3, 3), ("3", 3), ("x", None)]
)
def test_only_finite_numbers_compare(atom: float | str, number: float | None) -> None:
    assert Reading(atom).number == number


def test_a_lone_surrogate_costs_one_character_only() -> None:
    assert Reading("a\ud800b").text == "a?b"


@pytest.mark.parametrize(
    ("record", "path", "found"),
    [
        ({"a": 1}, "a", [1]),
        ({"a": None}, "a", [None]),
        ({"a": 1}, "b", []),
        ({"a": {"b": 1}}, "a.b", [1]),
        ({"a.b": 2, "a": {"b": 1}}, "a.b", [2]),
        ({"a": {"b.c": 3}}, "a.b.c", [3]),
        ({"a": [{"b": 1}, {"c": 2}, {"b": 3}]}, "a.b", [1, 3]),
        ({"a": ({"b": 1},)}, "a.b", [1]),
        ({"a": 1}, "a.b", []),
        ({"a": MappingProxyType({"b": 1})}, "a.b", [1]),
        ({1: 2}, "1", []),
        ([1], "a", []),
        ({"A": 1}, "a", []),
    ],
)
def test_a_dotted_name_finds_nested_values(record: Any, path: str, found: list[object]) -> None:
    assert list(lookup(record, path)) == found


def test_members_opens_nested_lists_in_order() -> None:
    assert list(members([1, [2, (3, [])], 4])) == [1, 2, 3, 4]
    assert list(members("x")) == ["x"]


def test_everything_yields_leaves_and_no_nulls() -> None:
    assert list(everything({"a": [1, {"b": None, "c": "x"}], "d": True})) == [1, "x", True]


def test_walks_end_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "MOST_VALUES", 3)
    assert len(list(members(list(range(10))))) == 2
    assert len(list(everything(list(range(10))))) == 2
    assert len(list(lookup([{"a": 1}] * 10, "a"))) == 2
    monkeypatch.setattr(readings, "DEEPEST", 1)
    assert list(everything({"a": {"b": 1}})) == []


def test_facts_tell_absent_null_and_empty_apart() -> None:
    facts = Facts({"null": None, "empty": [], "text": "", "list": [None, "x"], "n": {"m": 1}}, Memo())
    told = {
        name: (found.present, found.null)
        for name in ("null", "empty", "text", "list", "n.m", "gone", "n.gone")
        if (found := facts.found(name)) is not None
    }
    assert told == {
        "null": (True, True),
        "empty": (True, False),
        "text": (True, False),
        "list": (True, True),
        "n.m": (True, False),
        "gone": (False, False),
        "n.gone": (False, False),
    }
    assert [reading.text for reading in facts.found(None).readings] == ["", "x", "1"]
    assert facts.found("text") is facts.found("text")


def test_members_of_a_list_are_records_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts({"l": [{"a": 1}, 2, None, [3]], "one": "x", "null": None, "n": [{"m": [4]}]}, Memo(), 7)
    assert [each.record for each in facts.elements("l")] == [{"a": 1}, {".": 2}, {".": None}, {".": [3]}]
    assert {each.time for each in facts.elements("l")} == {7}
    assert [each.record for name in ("one", "null", "gone", "n.m") for each in facts.elements(name)] == [
        {".": "x"},
        {".": 4},
    ]
    monkeypatch.setattr(readings, "MOST_VALUES", 3)
    assert len(list(facts.elements("l"))) == 3


def test_the_memo_remembers_values_and_stays_bounded() -> None:
    memo = Memo()
    first = memo.read("f", "x")
    assert memo.read("f", "x") is first
    assert memo.read("g", "x") is not first
    for number in range(MEMO_VALUES):
        memo.read("f", f"v{number}")
    assert memo.read("f", "x") is not first
    large = memo.read("f", "y" * (MEMO_CHARACTERS - 10_000))
    assert memo.read("f", "z" * 20_000) is not None
    assert memo.read("f", "y" * (MEMO_CHARACTERS - 10_000)) is not large
