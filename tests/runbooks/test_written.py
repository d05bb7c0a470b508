"""Parts of a file are read one by one; a mistake in one does not hide those of the others."""

from __future__ import annotations

import math

import pytest

from tocsin.domain.pack_file import Located, parse
from tocsin.runbooks.written import Written


def located(text: str) -> Located:
    return parse(text, "x.yml")


def test_unknown_and_missing_keys_are_each_a_mistake() -> None:
    written = Written()
    assert set(written.keys(located("{a: 1, b: 2, c: 3}"), ("a", "d"), required=("d", "a"))) == {"a"}
    assert [fault.reason for fault in written.faults] == [
        "The key `b` is not known here.",
        "The key `c` is not known here.",
        "The key `d` is missing.",
    ]
    assert written.keys(located("[1]"), ("a",), required=("a",)) == {}
    assert written.faults[-1].reason == "A mapping is expected here, found a list."


def test_one_text_may_stand_for_a_list() -> None:
    written = Written()
    assert written.texts(None) == ()
    assert written.texts(located("a")) == ("a",)
    assert written.texts(located("[a, b]")) == ("a", "b")
    assert written.texts(located("[a, 4]")) == ("a",)
    assert written.texts(located("4")) == ()
    assert len(written.faults) == 2


@pytest.mark.parametrize(
    ("text", "expected", "faults"),
    [("a.b", "a.b", 0), ("true", "true", 0), ("a b", "a b", 1), ("[a]", "", 1)],
)
def test_conditions_are_texts_that_can_be_read(text: str, expected: str, faults: int) -> None:
    written = Written()
    assert (written.condition(located(text)), len(written.faults)) == (expected, faults)
    assert written.condition(None) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("4.5", 4.5),
        (".inf", math.inf),
        ("True", True),
        ("false", False),
        ("null", None),
        ("{a: [yes, '{{ b }}']}", {"a": ["yes", "{{ b }}"]}),
    ],
)
def test_arguments_keep_their_types(text: str, expected: object) -> None:
    written = Written()
    assert written.value(located(text)) == expected
    assert not written.faults


def test_a_hole_that_cannot_be_read_is_named() -> None:
    written = Written()
    written.value(located("a: 'x {{ b c }}'"))
    assert "`x {{ b c }}` is wrong at its character 4" in written.faults[0].reason
