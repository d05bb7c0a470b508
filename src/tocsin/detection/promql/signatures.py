"""Every function of Prometheus 2.42: what it takes, what it gives, and whether it is in our subset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What an expression evaluates to, in Prometheus' words."""

    SCALAR = "scalar"
    VECTOR = "instant vector"
    RANGE = "range vector"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Signature:
    """A function. `optional` is how many of the last arguments may be left out; None: the last may repeat."""

    name: str
    takes: tuple[Kind, ...]
    returns: Kind = Kind.VECTOR
    optional: int | None = 0

    @property
    def fewest(self) -> int:
        """Return how many arguments it needs."""
        return len(self.takes) - (1 if self.optional is None else self.optional)

    @property
    def most(self) -> float:
        """Return how many arguments it takes at most."""
        return float("inf") if self.optional is None else len(self.takes)

    def kind_at(self, index: int) -> Kind:
        """Return the kind of an argument."""
        return self.takes[min(index, len(self.takes) - 1)]


_V, _R, _S, _T = Kind.VECTOR, Kind.RANGE, Kind.SCALAR, Kind.STRING


def _each(names: str, *takes: Kind, optional: int | None = 0) -> Iterable[Signature]:
    return (Signature(name, takes, optional=optional) for name in names.split())


# promql/parser/functions.go of Prometheus 2.42.0.
SIGNATURES: dict[str, Signature] = {
    each.name: each
    for each in (
        *_each(
            "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad", _V
        ),
        *_each("sgn sin sinh sort sort_desc sqrt tan tanh timestamp", _V),
        *_each(
            "absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate", _R
        ),
        *_each("last_over_time max_over_time min_over_time present_over_time rate resets", _R),
        *_each("stddev_over_time stdvar_over_time sum_over_time", _R),
        *_each("days_in_month day_of_month day_of_week day_of_year hour minute month year", _V, optional=1),
        *_each("clamp", _V, _S, _S),
        *_each("clamp_max clamp_min", _V, _S),
        *_each("histogram_quantile", _S, _V),
        *_each("holt_winters", _R, _S, _S),
        *_each("label_join", _V, _T, _T, _T, optional=None),
        *_each("label_replace", _V, _T, _T, _T, _T),
        *_each("predict_linear", _R, _S),
        *_each("quantile_over_time", _S, _R),
        *_each("round", _V, _S, optional=1),
        *_each("vector", _S),
        Signature("pi", (), _S),
        Signature("scalar", (_V,), _S),
        Signature("time", (), _S),
    )
}

NATIVE_HISTOGRAMS = frozenset({"histogram_count", "histogram_fraction", "histogram_sum"})
"""Known to Prometheus 2.42 but not here: they work on native histograms only, which are not kept."""

AGGREGATIONS = frozenset(
    {
        "avg",
        "bottomk",
        "count",
        "count_values",
        "group",
        "max",
        "min",
        "quantile",
        "stddev",
        "stdvar",
        "sum",
        "topk",
    }
)
PARAMETERS = {"bottomk": _S, "count_values": _T, "quantile": _S, "topk": _S}
"""Aggregations with a parameter before the vector."""


def share_covered() -> tuple[int, int]:
    """Return how many of the functions and aggregations of Prometheus 2.42 are here, and how many it has."""
    ours = len(SIGNATURES) + len(AGGREGATIONS)
    return ours, ours + len(NATIVE_HISTOGRAMS)
