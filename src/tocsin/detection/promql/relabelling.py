"""The two functions that write labels: label_replace and label_join."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.detection.promql.labels import LABEL_NAME, PatternRefused, label, whole_pattern, with_label
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.vector import Point, Vector

_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


def replaced(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> list[Point]:
    """Set `target` to the replacement where the pattern matches all of `source`'s value."""
    try:
        matching = whole_pattern(pattern)
    except PatternRefused:
        raise EvaluationFailed(f"invalid regular expression in label_replace(): {pattern}") from None
    _demand_name(target, "destination", "label_replace")
    points = []
    for labels, value in vector:
        found = matching.fullmatch(label(labels, source))
        if found is not None:
            groups = {str(index): text or "" for index, text in enumerate((found.group(), *found.groups()))}
            groups |= {name: text or "" for name, text in found.groupdict().items()}
            labels = with_label(labels, target, _expanded(replacement, groups))
        points.append(Point(labels, value))
    return points


def joined(vector: Vector, target: str, separator: str, sources: Sequence[str]) -> list[Point]:
    """Set `target` to the sources' values with a separator between them."""
    for source in sources:
        _demand_name(source, "source", "label_join")
    _demand_name(target, "destination", "label_join")
    return [
        Point(with_label(labels, target, separator.join(label(labels, each) for each in sources)), value)
        for labels, value in vector
    ]


def _expanded(replacement: str, groups: dict[str, str]) -> str:
    """Put groups for `$1`, `${1}` and `$name`; `$$` is one dollar, an unknown group is empty, as in Go."""

    def put(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        return groups.get(name, "") if name else "$"

    return _REFERENCE.sub(put, replacement)


def _demand_name(name: str, role: str, function: str) -> None:
    if not LABEL_NAME.match(name):
        raise EvaluationFailed(f"invalid {role} label name in {function}(): {name}")
