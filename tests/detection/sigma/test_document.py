"""YAML is read with positions, in its 1.2 meaning, and within bounds."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import MOST_NODES, Leaf, Series, Table, documents, plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("5", 5),
        ("-5", -5),
        ("05", "05"),
        ("0x1410", "0x1410"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1.0e-5", 1e-5),
        ("1e5", 1e5),
        ("123456789012345678901", "123456789012345678901"),
        ("2026-01-01", "2026-01-01"),
        ("12:30:45", "12:30:45"),
        (".inf", ".inf"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("=", "="),
    ],
)
def test_a_plain_value_means_what_it_looks_like(written: str, read: Any) -> None:
    (root,) = documents(f"key: {written}\n")
    assert plain(root) == {"key": read}
    assert type(plain(root)["key"]) is type(read)


def test_every_value_knows_its_line_and_column() -> None:
    (root,) = documents("title: a\nlist:\n  - one\n  - two: 2\n")
    assert isinstance(root, Table)
    members = root.get("list")
    assert isinstance(members, Series)
    second = members.members[1]
    assert isinstance(second, Table)
    two = second.get("two")
    assert isinstance(two, Leaf)
    assert (two.place.line, two.place.column) == (4, 10)
    key = root.key("list")
    assert key is not None
    assert (key.place.line, key.place.column) == (2, 1)
    assert root.get("absent") is None
    assert root.key("absent") is None
    assert plain(root) == {"title": "a", "list": ["one", {"two": 2}]}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: b\n c: [d", 2, 3),
        ("a: 1\nb: 2\na: 3\n", 3, 1),
        ("a:\n  - b: 1\n    b: 2\n", 3, 5),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", 3, 3),
        ("[1, 2]: 3\n", 1, 1),
        ("a: *nowhere\n", 1, 4),
        ("a: \x01\n", 1, 1),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(RuleRejected) as caught:
        list(documents(text))
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


def test_documents_before_a_fault_are_not_lost() -> None:
    stream = documents("a: 1\n---\nb: [\n")
    assert plain(next(stream)) == {"a": 1}
    with pytest.raises(RuleRejected):
        next(stream)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 60 + "]" * 60,
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{b}: &{b} [{','.join(['*' + a] * 10)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
        ),
        "a: &a [*a]\n",
        "[" * 100_000,
        "a: 1\n" + "- " * 3_000,
    ],
    ids=["deep", "billion laughs", "a list inside itself", "brackets only", "dashes only"],
)
def test_a_hostile_document_is_refused_within_bounds(text: str) -> None:
    with pytest.raises(RuleRejected):
        list(documents(text))
    assert MOST_NODES < 1_000_000


@given(st.text(max_size=60))
def test_whatever_stands_in_a_file_the_only_error_is_a_rejection(text: str) -> None:
    with suppress(RuleRejected):
        assert all(plain(root) is None or root.place.line >= 1 for root in documents(text))
