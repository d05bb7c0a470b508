"""Each distinct text is asked once, and what was settled is found again until it is too much."""

from __future__ import annotations

import numpy as np
import pytest

from tocsin.detection.columns import answers
from tocsin.detection.columns.answers import Answers, Memory, Settled, Told
from tocsin.detection.columns.walk import Node
from tocsin.detection.matching.lexicon import Lexicon
from tocsin.detection.matching.scanners import PlainScanner
from tocsin.detection.matching.signatures import Signatures

from .conftest import Texts


@pytest.fixture
def asked(rules_of):
    lexicon = Lexicon()
    for rule in rules_of("{a: x}", "{a|startswith: y}"):
        lexicon.formula(rule.tree)
    field = lexicon.field("a")
    known = Signatures("a", lexicon.asked[field], lambda patterns, _: PlainScanner(patterns), None)
    return Answers(known, frozenset(number for number, _ in lexicon.asked[field]))


def column(*texts: str | None) -> Texts:
    distinct = sorted({text for text in texts if text is not None})
    codes = [-1 if text is None else distinct.index(text) for text in texts]
    return Texts(np.array(codes, dtype=np.int32), distinct)


def tell(asked, *texts):
    return asked.tell(column(*texts), np.arange(len(texts)))


def test_rows_that_all_answer_the_same_need_no_table(asked) -> None:
    assert tell(asked, '"b"', '"c"', None) == Told(None, 0)
    told = tell(asked, '"x"', '"x"')
    assert told.table is None
    assert len(asked.signatures[told.only]) == 1


def test_where_answers_differ_a_table_tells_them_by_code(asked) -> None:
    found = column('"x"', None, '"yes"', "[1]", '"\\u0078"')
    told = asked.tell(found, np.arange(5))
    x, absent, yes, other, escaped = told.table[found.codes].tolist()
    assert (absent, other, escaped) == (0, 0, x)
    assert len({x, yes, absent}) == 3


def test_a_text_that_no_decoder_takes_is_told_by_a_table(asked) -> None:
    told = tell(asked, '"\\ud800"')
    assert told.table is not None
    assert asked.signatures[told.table[0]] is None


def test_texts_are_forgotten_and_numbers_are_not(asked, monkeypatch) -> None:
    before = tell(asked, '"x"').only
    monkeypatch.setattr(answers, "MOST_CHARACTERS", 0)
    assert tell(asked, '"b"') == Told(None, 0)
    assert list(asked) == ['"b"']
    assert tell(asked, '"x"').only == before


def test_what_was_settled_is_found_by_block_and_start(monkeypatch) -> None:
    memory, start, other = Memory(), Node(frozenset(), fired=False), Node(frozenset(), fired=True)
    settled = Settled(start, ((1, Told(np.zeros(5), 0)), (2, Told(None, 0, beneath=True))))
    memory.keep("block", start, settled)
    memory.keep(None, other, settled)
    assert memory.find("block", start) is settled
    assert memory.find("block", other) is memory.find(None, other) is None
    assert not memory.is_full
    monkeypatch.setattr(answers, "MOST_NUMBERS", 5)
    assert memory.is_full
    memory.clear()
    assert memory.find("block", start) is None
    assert not memory.is_full
