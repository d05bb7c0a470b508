"""Questions are read as go-openapi reads them."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from tocsin.api.alertmanager.questions import QuestionRefused, asked_in, matchers_in


@pytest.mark.parametrize(
    ("text", "wanted"), [("true", True), ("1", True), ("T", True), ("no", False), ("", False)]
)
def test_a_flag_is_true_by_many_words(text, wanted):
    assert asked_in(QueryParams({"active": text})).active is wanted


def test_all_flags_are_true_when_nothing_is_said():
    asked = asked_in(QueryParams({}))
    assert (asked.active, asked.silenced, asked.inhibited) == (True, True, True)
    assert asked.receiver is None


def test_a_broken_pattern_is_told_in_words():
    with pytest.raises(QuestionRefused, match=r"^failed to parse receiver param: missing \): \($"):
        asked_in(QueryParams({"receiver": "("}))


def test_too_much_is_refused():
    with pytest.raises(QuestionRefused):
        matchers_in(["a=b"] * 65)
    with pytest.raises(QuestionRefused):
        matchers_in(["a=" + "b" * 5000])
