"""What the tests of PromQL share: series written as promtool writes them, and a question about them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tocsin.detection.promql.evaluating import Answer, evaluate
from tocsin.detection.promql.labels import shown
from tocsin.detection.promql.memory import MemorySamples
from tocsin.detection.promql.notation import samples_of
from tocsin.detection.promql.parser import parse

MINUTE_MS = 60_000

Ask = Callable[..., object]


@pytest.fixture
def answer() -> Callable[..., Answer]:
    """Return a function: expression, series (one sample a minute), minutes -> the answer as it is."""

    def asked(expr: str, series: dict[str, str], at_min: float = 10.0) -> Answer:
        samples = [each for name, values in series.items() for each in samples_of(name, values, MINUTE_MS)]
        return evaluate(parse(expr), MemorySamples(samples), int(at_min * MINUTE_MS))

    return asked


@pytest.fixture
def ask(answer) -> Ask:
    """Return the same function with vectors as `{labels as Prometheus shows them: value}`."""

    def asked(expr: str, series: dict[str, str] | None = None, at_min: float = 10.0) -> object:
        found = answer(expr, series or {}, at_min)
        if isinstance(found, float | str):
            return found
        shape = {shown(labels): value for labels, value in found}
        assert len(shape) == len(found)
        return shape

    return asked
