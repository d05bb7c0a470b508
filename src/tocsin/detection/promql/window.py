"""The samples of one series in a range, and what functions over a range make of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.detection.promql.floats import NAN, compensated, quantile, quotient, summed_up, total
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.domain.sample import Labels


@dataclass(frozen=True, slots=True)
class Window:
    """Samples of a series, at least one, none stale, from `start_ms` to `end_ms`, both inclusive.

    `now_ms` is the time of the evaluation, which an offset moves away from `end_ms`.
    """

    labels: Labels
    times_ms: Sequence[int]
    values: Sequence[float]
    start_ms: int
    end_ms: int
    now_ms: int


def _extrapolated(window: Window, *, is_counter: bool, per_second: bool = False) -> float | None:
    """Return the difference over the window, stretched to its ends (functions.go, extrapolatedRate)."""
    times, values = window.times_ms, window.values
    if len(values) < 2:
        return None
    result = values[-1] - values[0]
    if is_counter:
        for before, after in itertools.pairwise(values):
            if after < before:
                result += before
    to_start = (times[0] - window.start_ms) / 1000
    to_end = (window.end_ms - times[-1]) / 1000
    sampled = (times[-1] - times[0]) / 1000
    average = sampled / (len(values) - 1)
    if is_counter and result > 0 and values[0] >= 0:
        # A counter was never below zero, so its line is not drawn further back than that.
        to_start = min(to_start, sampled * (values[0] / result))
    nearby = average * 1.1
    reach = sampled
    reach += to_start if to_start < nearby else average / 2
    reach += to_end if to_end < nearby else average / 2
    factor = reach / sampled
    if per_second:
        factor /= (window.end_ms - window.start_ms) / 1000
    return result * factor


def _rate(window: Window) -> float | None:
    return _extrapolated(window, is_counter=True, per_second=True)


def _increase(window: Window) -> float | None:
    return _extrapolated(window, is_counter=True)


def _delta(window: Window) -> float | None:
    return _extrapolated(window, is_counter=False)


def _irate(window: Window) -> float | None:
    if len(window.values) < 2:
        return None
    before, last = window.values[-2:]
    grown = last if last < before else last - before
    return grown / ((window.times_ms[-1] - window.times_ms[-2]) / 1000)


def _idelta(window: Window) -> float | None:
    return window.values[-1] - window.values[-2] if len(window.values) > 1 else None


def _line(window: Window, zero_ms: int) -> tuple[float, float]:
    """Return slope per second and value at `zero_ms` of the least-squares line."""
    values = window.values
    if all(value == values[0] for value in values[1:]):
        return (NAN, NAN) if math.isinf(values[0]) else (0.0, values[0])
    seconds = [(time_ms - zero_ms) / 1e3 for time_ms in window.times_ms]
    count = float(len(values))
    sum_x, sum_y = _uncut(seconds), _uncut(values)
    sum_xy = _uncut([x * y for x, y in zip(seconds, values, strict=True)])
    sum_x2 = _uncut([x * x for x in seconds])
    slope = quotient(sum_xy - sum_x * sum_y / count, sum_x2 - sum_x * sum_x / count)
    return slope, sum_y / count - slope * sum_x / count


def _uncut(values: Sequence[float]) -> float:
    summed = lost = 0.0
    for value in values:
        summed, lost = summed_up(value, summed, lost)
    return summed + lost


def _deriv(window: Window) -> float | None:
    return _line(window, window.times_ms[0])[0] if len(window.values) > 1 else None


def _predict_linear(window: Window, ahead_s: float) -> float | None:
    if len(window.values) < 2:
        return None
    slope, now = _line(window, window.now_ms)
    return slope * ahead_s + now


def _holt_winters(window: Window, smoothing: float, trend: float) -> float | None:
    for name, factor in (("smoothing", smoothing), ("trend", trend)):
        if factor <= 0 or factor >= 1:
            raise EvaluationFailed(f"The {name} factor of holt_winters must lie between 0 and 1.")
    values = window.values
    if len(values) < 2:
        return None
    before, smoothed, slope = 0.0, values[0], values[1] - values[0]
    for index, value in enumerate(values[1:]):
        if index:
            slope = trend * (smoothed - before) + (1 - trend) * slope
        before, smoothed = smoothed, smoothing * value + (1 - smoothing) * (smoothed + slope)
    return smoothed


def _resets(window: Window) -> float:
    return float(sum(after < before for before, after in _steps(window)))


def _changes(window: Window) -> float:
    return float(
        sum(before != after and (before == before or after == after) for before, after in _steps(window))
    )


def _steps(window: Window) -> zip[tuple[float, float]]:
    return zip(window.values, window.values[1:], strict=False)


def _avg(window: Window) -> float:
    mean = lost = 0.0
    for count, value in enumerate(window.values, 1):
        if math.isinf(mean) and (value == mean or math.isfinite(value)):
            # The mean stays infinite; taking it off itself would make it NaN.
            continue
        mean, lost = summed_up(value / count - mean / count, mean, lost)
    return mean if math.isinf(mean) else mean + lost


def _max(window: Window) -> float:
    return max((value for value in window.values if value == value), default=NAN)


def _min(window: Window) -> float:
    return min((value for value in window.values if value == value), default=NAN)


def _stdvar(window: Window) -> float:
    mean = lost_mean = squares = lost_squares = 0.0
    for count, value in enumerate(window.values, 1):
        apart = value - (mean + lost_mean)
        mean, lost_mean = summed_up(apart / count, mean, lost_mean)
        squares, lost_squares = summed_up(apart * (value - (mean + lost_mean)), squares, lost_squares)
    return (squares + lost_squares) / len(window.values)


def _stddev(window: Window) -> float:
    return total(math.sqrt)(_stdvar(window))


OVER_A_RANGE: dict[str, Callable[..., float | None]] = {
    "avg_over_time": _avg,
    "changes": _changes,
    "count_over_time": lambda window: float(len(window.values)),
    "delta": _delta,
    "deriv": _deriv,
    "holt_winters": _holt_winters,
    "idelta": _idelta,
    "increase": _increase,
    "irate": _irate,
    "last_over_time": lambda window: window.values[-1],
    "max_over_time": _max,
    "min_over_time": _min,
    "predict_linear": _predict_linear,
    "present_over_time": lambda _: 1.0,
    "quantile_over_time": lambda window, share: quantile(share, list(window.values)),
    "rate": _rate,
    "resets": _resets,
    "stddev_over_time": _stddev,
    "stdvar_over_time": _stdvar,
    "sum_over_time": lambda window: compensated(window.values),
}
"""Functions of a window and, behind it, their scalar arguments; None means that the series has no result."""
