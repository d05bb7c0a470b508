"""What a correlation reads from a record: groups and values, from anything, never raising."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating.fields import field_text, first_number, first_text, folded, texts_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ada", "Ada"),
        ("Ärger", "Ärger"),
        (5, "5"),
        (True, "true"),
        (None, None),
        ([], None),
        ([None], None),
        (["a"], "a"),
        (["a", "b"], '["a","b"]'),
        ({"a": 1}, '{"a":1}'),
        ("\ud800", "?"),
    ],
)
def test_any_value_can_be_a_group_key(value: object, text: str | None) -> None:
    assert field_text({"user": value}, "user") == text
    assert folded((text or "",)).startswith("[")


def test_even_a_number_that_python_will_not_print_can_be_a_group_key() -> None:
    assert field_text({"user": 10**5000}, "user") == f"{10**5000:#x}"
    assert field_text({"a": {"b": "x"}}, "a.b") == "x"


def test_the_first_field_that_is_there_is_read() -> None:
    assert first_text({"b": "X", "c": "y"}, ["a", "b", "c"]) == "x"
    assert first_text({}, ["a"]) is None
    assert first_number({"a": None, "b": "5"}, ["a", "b"]) == 5


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0),
        (5.5, 5.5),
        ("5e3", 5_000.0),
        (" 7 ", 7.0),
        (["x", 3], None),
        ([3, "x"], 3.0),
        ("abc", None),
        ("1_000", None),
        ("9" * 401, None),
        ("inf", None),
        (float("nan"), None),
        pytest.param(10**6_000, None, id="huge"),
        (True, None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_only_finite_numbers_are_measured(value: Any, number: float | None) -> None:
    assert first_number({"v": value}, ["v"]) == number


def test_a_group_is_read_from_the_fields_that_an_alias_names() -> None:
    record = {"user": "Ada", "owner": "Eve", "host": "h"}
    assert texts_of(record, ("who", "host"), {"who": "owner"}) == ("Eve", "h")
    assert texts_of(record, ("who", "host"), {}) is None
    assert folded(("ADA", "h")) == folded(("ada", "H")) != folded(("ada",))
    assert folded(()) == "[]"
