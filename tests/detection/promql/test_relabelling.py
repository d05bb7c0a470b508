from __future__ import annotations

import pytest

from tocsin.detection.promql.labels import shown
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.relabelling import joined, replaced
from tocsin.detection.promql.vector import Point

VECTOR = [Point((("a", "x-1"), ("b", "y")), 1.0)]


@pytest.mark.parametrize(
    ("replacement", "source", "pattern", "expected"),
    [
        ("$1", "a", "(.)-.*", '{a="x-1", b="y", new="x"}'),
        ("${2}$1", "a", "(.)-(.)", '{a="x-1", b="y", new="1x"}'),
        ("$name!", "a", "(?P<name>.).*", '{a="x-1", b="y", new="x!"}'),
        ("$$1", "a", ".*", '{a="x-1", b="y", new="$1"}'),
        ("$9", "a", ".*", '{a="x-1", b="y"}'),
        ("$1", "a", "(z)?.*", '{a="x-1", b="y"}'),
        ("v", "a", "x", '{a="x-1", b="y"}'),
        ("v", "none", "", '{a="x-1", b="y", new="v"}'),
    ],
)
def test_a_label_is_set_where_the_pattern_matches_all(replacement, source, pattern, expected) -> None:
    (point,) = replaced(VECTOR, "new", replacement, source, pattern)
    assert shown(point.labels) == expected


def test_labels_are_joined_and_nothing_removes() -> None:
    (point,) = joined(VECTOR, "new", "/", ["a", "none", "b"])
    assert shown(point.labels) == '{a="x-1", b="y", new="x-1//y"}'
    (point,) = joined(VECTOR, "a", "", ["none"])
    assert shown(point.labels) == '{b="y"}'


def test_bad_patterns_and_names_fail() -> None:
    with pytest.raises(EvaluationFailed, match="invalid regular expression"):
        replaced(VECTOR, "new", "", "a", "(")
    with pytest.raises(EvaluationFailed, match="invalid destination label name in label_replace"):
        replaced(VECTOR, "1", "", "a", "")
    with pytest.raises(EvaluationFailed, match="invalid source label name in label_join"):
        joined(VECTOR, "new", "", ["1"])
    with pytest.raises(EvaluationFailed, match="invalid destination label name in label_join"):
        joined(VECTOR, "1", "", ["a"])
