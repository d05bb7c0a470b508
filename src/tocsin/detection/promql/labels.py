"""Label sets: sorted pairs, compared and cut as Prometheus does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

import re2  # type: ignore[import-untyped]

from tocsin.domain.sample import LabelMatcher, Labels, MatchOp

NAME = "__name__"
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")


class PatternRefused(ValueError):
    """A pattern is outside RE2's syntax; the message says why."""


def labels_of(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> Labels:
    """Return pairs as labels: sorted, later ones win, empty values left out."""
    return tuple(sorted((name, value) for name, value in dict(pairs).items() if value))


def label(labels: Labels, name: str) -> str:
    """Return a label's value, empty when it is absent."""
    for each, value in labels:
        if each == name:
            return value
    return ""


def nameless(labels: Labels) -> Labels:
    """Return the labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def only(labels: Labels, names: Collection[str]) -> Labels:
    """Return the labels with these names."""
    return tuple(pair for pair in labels if pair[0] in names)


def without(labels: Labels, names: Collection[str]) -> Labels:
    """Return the labels but those with these names."""
    return tuple(pair for pair in labels if pair[0] not in names)


def with_label(labels: Labels, name: str, value: str) -> Labels:
    """Return the labels with one set anew; an empty value removes it."""
    return labels_of({**dict(labels), name: value})


def shown(labels: Labels) -> str:
    """Return the labels as Prometheus prints them."""
    inner = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels)
    return f"{{{inner}}}"


@lru_cache(maxsize=1024)
def whole_pattern(pattern: str) -> re2._Regexp:
    """Compile a pattern; use its `fullmatch`. Raises `PatternRefused`."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        told = error.args[0] if error.args else ""
        raise PatternRefused(told.decode() if isinstance(told, bytes) else str(told)) from None


def acceptance(matcher: LabelMatcher) -> Callable[[str], bool]:
    """Return the test that a matcher puts to a label's value. Raises `PatternRefused`."""
    wanted = matcher.value
    if matcher.op is MatchOp.EQUAL:
        return lambda value: value == wanted
    if matcher.op is MatchOp.NOT_EQUAL:
        return lambda value: value != wanted
    found = whole_pattern(wanted).fullmatch
    if matcher.op is MatchOp.REGEX:
        return lambda value: found(value) is not None
    return lambda value: found(value) is None
