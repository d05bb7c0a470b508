from __future__ import annotations

import pytest

from tocsin.detection.promql.rule_text import RuleText
from tocsin.detection.sigma.document import Leaf, documents


def _read(text: str) -> tuple[RuleText, Leaf]:
    (root,) = documents(text)
    leaf = root.get("k")
    assert isinstance(leaf, Leaf)
    return RuleText(text), leaf


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1.50", "1.50"),
        ("1e3", "1e3"),
        ("true", "true"),
        ("'a b'", "a b"),
        ("a b # remark", "a b"),
        ("", ""),
        ("~", ""),
        ("5 # five", "5"),
    ],
)
def test_a_scalar_is_what_its_author_wrote(written: str, expected: str) -> None:
    text, leaf = _read(f"k: {written}\n")
    assert text.raw(leaf) == expected


def test_a_scalar_in_braces_ends_there() -> None:
    text, leaf = _read("{k: 1.50}\n")
    assert text.raw(leaf) == "1.50"


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("k: abc\n", 2, 1, 6),
        ("k: 'abc'\n", 2, 1, 7),
        ('a: b\nk: "abc"\n', 0, 2, 5),
        ("k: |\n  abc\n  def\n", 5, 3, 4),
        ("k: |\n\n  abc\n", 1, 3, 3),
        ("k: >-\n  abc\n  def\n", 5, 2, 3),
        ("k: abc\n  def\n", 5, 1, 4),
        ('k: "a\\tc"\n', 2, 1, 4),
    ],
)
def test_a_character_is_found_where_it_stands(text: str, offset: int, line: int, column: int) -> None:
    reader, leaf = _read(text)
    place = reader.place_in(leaf, offset)
    assert (place.line, place.column) == (line, column)


def test_a_number_that_hides_behind_an_anchor_is_still_text() -> None:
    text, leaf = _read("a: &x 1.5\nk: *x\n")
    assert text.raw(leaf) in ("1.5", "&x")
