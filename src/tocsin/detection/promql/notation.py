"""Series as promtool's test files write them: a metric, and values such as `1 2 3+10x5 _x3 stale`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.detection.promql.labels import NAME, labels_of
from tocsin.detection.promql.lexer import Sort, Token, tokens_of
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.domain.sample import STALE, Labels, Sample

MOST_VALUES = 1_000_000
"""Values of one series; more is a mistake in a repetition."""

_NUMBER = r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[iI]nf|[nN]a[nN])"
_GAP = re.compile(r"_(?:x([0-9]+))?\Z")
_VALUE = re.compile(rf"({_NUMBER}|stale)(?:([-+]{_NUMBER[5:]})?x([0-9]+))?\Z")


def metric_of(text: str) -> Labels:
    """Return the labels of `name{a="b"}`. Raises `ExpressionRefused`."""
    tokens = list(tokens_of(text))
    labels: dict[str, str] = {}
    if tokens[0].sort in (Sort.WORD, Sort.METRIC, Sort.KEYWORD):
        first = tokens.pop(0)
        labels[NAME] = first.written or first.text
    for name, value in _label_pairs(tokens):
        labels[name] = value
    return labels_of(labels)


def _label_pairs(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """Read `{a="b", c="d"}` or nothing."""
    texts = [token.text if token.sort is Sort.SIGN else token.sort.name for token in tokens]
    shape = " ".join(texts)
    if not re.fullmatch(r"(?:\{ (?:WORD = STRING(?: , WORD = STRING)* (?:, )?)?\} )?END", shape):
        raise ExpressionRefused(tokens[0].at, "This is no series.", 'Write name{label="value"}.')
    for index, text in enumerate(texts):
        if text == "WORD":
            yield tokens[index].text, tokens[index + 2].text


def values_of(text: str) -> list[float | None]:
    """Return the values of a series, None for a gap. Raises `ExpressionRefused` at a word that is none."""
    values: list[float | None] = []
    for word in re.finditer(r"\S+", text):
        values.extend(_values(word.group(), word.start()))
        if len(values) > MOST_VALUES:
            raise ExpressionRefused(word.start(), f"A series has at most {MOST_VALUES} values.")
    return values


def _values(word: str, at: int) -> list[float | None]:
    if gap := _GAP.match(word):
        return [None] * _count(gap[1] or "1", at)
    found = _VALUE.match(word)
    if found is None or (found[1] == "stale" and found[3]):
        raise ExpressionRefused(
            at, f"`{word}` is no value of a series.", "Write numbers, a+bxn, a-bxn, axn, _, _xn or stale."
        )
    value = STALE if found[1] == "stale" else float(found[1])
    if found[3] is None:
        return [value]
    step = float(found[2] or 0)
    values: list[float | None] = []
    for _ in range(_count(found[3], at) + 1):
        values.append(value)
        # Added one after the other, as promtool does, because 0.1 ten times is not 1.
        value = value if found[2] is None else value + step
    return values


def _count(text: str, at: int) -> int:
    if len(text) > 7:
        raise ExpressionRefused(at, f"A series has at most {MOST_VALUES} values.")
    return int(text)


def samples_of(series: str, values: str, interval_ms: int) -> list[Sample]:
    """Return a series' samples, the first at time 0. Raises `ExpressionRefused`."""
    labels = metric_of(series)
    return [
        Sample(labels, index * interval_ms, value)
        for index, value in enumerate(values_of(values))
        if value is not None
    ]
