from __future__ import annotations

import pytest

from tocsin.detection.promql.labels import (
    PatternRefused,
    acceptance,
    label,
    labels_of,
    nameless,
    only,
    shown,
    whole_pattern,
    with_label,
    without,
)
from tocsin.domain.sample import LabelMatcher, MatchOp

UP = (("__name__", "up"), ("job", "a"), ("zone", "1"))


def test_labels_are_sorted_and_empty_ones_do_not_exist() -> None:
    assert labels_of({"zone": "1", "job": "a", "__name__": "up", "none": ""}) == UP
    assert labels_of([("a", "1"), ("a", "2")]) == (("a", "2"),)


def test_an_absent_label_is_empty_text() -> None:
    assert (label(UP, "job"), label(UP, "team")) == ("a", "")


def test_labels_are_cut_by_name() -> None:
    assert nameless(UP) == UP[1:]
    assert only(UP, {"job", "team"}) == (("job", "a"),)
    assert without(UP, {"job"}) == (("__name__", "up"), ("zone", "1"))


def test_setting_a_label_to_nothing_removes_it() -> None:
    assert with_label(UP, "job", "") == (("__name__", "up"), ("zone", "1"))
    assert with_label((), "a", "b") == (("a", "b"),)


def test_labels_are_shown_as_prometheus_shows_them() -> None:
    assert shown((("a", 'x"y'), ("b", "ä"))) == '{a="x\\"y", b="ä"}'


@pytest.mark.parametrize(
    ("op", "wanted", "accepted", "refused"),
    [
        (MatchOp.EQUAL, "a", ["a"], ["", "A", "ab"]),
        (MatchOp.NOT_EQUAL, "a", ["", "ab"], ["a"]),
        (MatchOp.REGEX, "a|b.", ["a", "bc"], ["", "ab", "xa", "b"]),
        (MatchOp.NOT_REGEX, "a|b.", ["", "ab"], ["a", "bc"]),
    ],
)
def test_a_matcher_compares_the_whole_value(op, wanted, accepted, refused) -> None:
    accepts = acceptance(LabelMatcher("job", op, wanted))
    assert [accepts(value) for value in accepted] == [True] * len(accepted)
    assert [accepts(value) for value in refused] == [False] * len(refused)


def test_a_pattern_outside_re2_is_refused_with_its_reason() -> None:
    with pytest.raises(PatternRefused, match=r"\(\?="):
        whole_pattern("(?=a)")
