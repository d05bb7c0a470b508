"""A record that has a keyword is never overlooked, however its bytes are written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.columns import keywords
from tocsin.detection.columns.grams import grams
from tocsin.detection.columns.keywords import Keywords, part
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import Interned


def keyword(word, op=Op.CONTAINS) -> Predicate:
    return Predicate(None, op, word)


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        (keyword("sekurlsa::logon"), "sekurlsa::logon"),
        (keyword('"kirbi\\file'), "kirbi"),
        (keyword("Éab"), None),
        (keyword("200"), None),
        (keyword("0xff"), None),
        (keyword("inf"), "inf"),
        (keyword("x", Op.REGEX), None),
        (Predicate("Image", Op.CONTAINS, "mimikatz"), None),
    ],
)
def test_the_part_looked_for_is_one_that_bytes_show_as_it_is(predicate, found) -> None:
    assert part(predicate) == found


def _rows(word: str, lines: list[bytes]) -> list[int]:
    return Keywords([word]).may_hold(lines).tolist()


def test_rows_are_told_by_where_their_bytes_lie() -> None:
    assert _rows("kirbi", [b"kirbi", b"other", b"", b"aKIRBIb", b"kirb"]) == [0, 3]


def test_one_scan_follows_another() -> None:
    words = Keywords(["kirbi"])
    assert [words.may_hold([line]).tolist() for line in (b"kirbi", b"other", b"kirbi")] == [[0], [], [0]]


_LETTERS = st.sampled_from([*"mika ", "K", "ſ", "İ", "ﬁ", '"', "\\", "é", "\u2028", "M", "I"])
_VALUES = st.text(_LETTERS, max_size=8) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.sampled_from("ab"), _VALUES, max_size=2), st.text(_LETTERS, min_size=1, max_size=5),
       st.booleans())  # fmt: skip
def test_no_record_with_the_keyword_is_left_out(record, word, escaped) -> None:
    predicate = keyword(word.casefold())
    looked_for = part(predicate)
    line = json.dumps(record, ensure_ascii=escaped).encode()
    if looked_for is not None and Interned().compile(predicate)(Facts(record, Memo())):
        assert _rows(looked_for, [b'{"z":1}', line]) == [1]
        told = [grams(b'{"z":1}'), grams(b'{"z":1}\n' + line)]
        assert Keywords([looked_for]).words.blocks(told)[1]


def test_without_a_scanner_and_for_too_much_every_row_may_have_it(monkeypatch) -> None:
    monkeypatch.setattr(keywords, "MOST_BYTES", 3)
    assert _rows("kirbi", [b"abc", b"def"]) == [0, 1]
    monkeypatch.undo()
    monkeypatch.setattr(keywords, "hyperscan", None)
    assert _rows("kirbi", [b"abc", b"def"]) == [0, 1]
