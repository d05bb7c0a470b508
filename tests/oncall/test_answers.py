"""Answers are counted, said in words, and read back as they were stored."""

from __future__ import annotations

from tocsin.oncall.answers import Answers, answers_from

ONE = Answers(by=("ben",), needs=2)


def test_one_of_two_is_not_enough_and_says_who_it_was() -> None:
    assert not ONE.are_enough
    assert ONE.words == "1 of 2 needed have acknowledged: ben"
    assert Answers(by=("ben", "ada"), needs=2).are_enough


def test_how_many_more_must_is_counted_once_somebody_has() -> None:
    counts = [Answers(by=by, needs=2).still_needed for by in ((), ("ben",), ("ben", "ada", "dana"))]
    assert counts == [0, 1, 0]


def test_answers_are_read_back_as_they_were_stored() -> None:
    assert answers_from(ONE.written) == ONE
