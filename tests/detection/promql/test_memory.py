from __future__ import annotations

from tocsin.detection.promql.memory import Layered, MemorySamples
from tocsin.domain.sample import LabelMatcher, MatchOp, Sample

UP, DOWN = (("__name__", "up"),), (("__name__", "down"),)


def _ask(samples, name: str = "up|down", start: int = 0, end: int = 100):
    found = samples.select([LabelMatcher("__name__", MatchOp.REGEX, name)], start, end)
    return {series.labels[0][1]: list(zip(series.times_ms, series.values, strict=True)) for series in found}


def test_samples_come_in_any_order_and_the_first_of_a_time_stays() -> None:
    samples = MemorySamples([Sample(UP, 5, 5.0), Sample(UP, 1, 1.0)])
    assert samples.append([Sample(UP, 5, 9.0), Sample(UP, 3, 3.0)]) == 1
    assert _ask(samples) == {"up": [(1, 1.0), (3, 3.0), (5, 5.0)]}


def test_both_ends_are_included_and_empty_series_left_out() -> None:
    samples = MemorySamples([Sample(UP, 1, 1.0), Sample(UP, 2, 2.0), Sample(DOWN, 9, 9.0)])
    assert _ask(samples, start=1, end=2) == {"up": [(1, 1.0), (2, 2.0)]}
    assert _ask(samples, name="x") == {}


def test_a_layer_adds_series_and_newer_samples_but_changes_nothing_beneath() -> None:
    beneath = MemorySamples([Sample(UP, 1, 1.0), Sample(UP, 5, 5.0)])
    layered = Layered(beneath)
    assert layered.append([Sample(UP, 5, 9.0), Sample(UP, 6, 6.0), Sample(DOWN, 6, 0.0)]) == 3
    assert _ask(layered) == {"up": [(1, 1.0), (5, 5.0), (6, 6.0)], "down": [(6, 0.0)]}
    assert _ask(beneath) == {"up": [(1, 1.0), (5, 5.0)]}
