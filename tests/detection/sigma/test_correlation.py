"""A correlation says for itself whether a measured value fulfils its bounds (S29)."""

from __future__ import annotations

import pytest

from tocsin.detection.sigma.correlation import BOUNDS, Correlation
from tocsin.detection.sigma.correlation_rule import read
from tocsin.detection.sigma.document import Table, documents


def correlation(condition: str) -> Correlation:
    (root,) = documents(
        "title: T\ncorrelation: {type: value_avg, rules: a, timespan: 5m, "
        f"condition: {{field: f, {condition}}}}}\n"
    )
    assert isinstance(root, Table)
    return read(root, "c.yml")


@pytest.mark.parametrize(
    ("condition", "fulfilled"),
    [
        ("gt: 5", [5.5, 6]),
        ("gte: 5", [5, 5.5, 6]),
        ("lt: 5", [4]),
        ("lte: 5", [4, 5]),
        ("eq: 5", [5]),
        ("neq: 5", [4, 5.5, 6]),
        ("gt: 4, lt: 6", [5, 5.5]),
        ("gte: 5.5, neq: 6", [5.5]),
    ],
)
def test_all_bounds_must_hold(condition: str, fulfilled: list[float]) -> None:
    found = correlation(condition)
    assert [value for value in (4, 5, 5.5, 6) if found.satisfied(value)] == fulfilled
    assert {name for name, _ in found.bounds} <= set(BOUNDS)
