"""How unusual a count is against the past: by tail probability, multiple of the mean, or MAD (E3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import erfc, exp, floor, fsum, lgamma, log, log1p, log10, sqrt
from statistics import median

from tocsin.detection.sigma.extension import Baseline, Method

# How many windows the population's dispersion is worth beside a group's own.
PSEUDO_WINDOWS = 10
# MAD times this is the standard deviation of a normal distribution.
_MAD_TO_DEVIATION = 1.4826
_SMALLEST = 1e-15
# Above this variance probabilities are not summed term by term; above this shape a gamma is like a normal.
_SUMMED_VARIANCE = 1e6
_NORMAL_SHAPE = 1e4
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual: the mean of like windows, their dispersion (variance over mean), and how many."""

    mean: float
    dispersion: float
    windows: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a count is unusual, and the explanation's last part, empty if there is none."""

    unusual: bool
    words: str = ""


def tail(count: float, mean: float, dispersion: float) -> float:
    """Return P(X >= count) of a negative binomial, or of a Poisson distribution without over-dispersion.

    `mean` must be above 0. Within 2e-8 of the exact value while the standard deviation is below 1,000;
    beyond, where summing term by term would take seconds, a gamma or normal distribution of the same mean
    and variance stands in.
    """
    if count <= mean:
        return 1.0
    if mean * dispersion > _SUMMED_VARIANCE:
        return _continuous(count, mean, dispersion)
    return _summed(count, mean, dispersion)


def _summed(count: float, mean: float, dispersion: float) -> float:
    if dispersion > 1.001:
        size, q = mean / (dispersion - 1), 1 - 1 / dispersion
        first = lgamma(count + size) - lgamma(count + 1) - lgamma(size) - size * log(dispersion)
        first += count * log1p(-1 / dispersion)
    else:
        size, q = 0.0, 0.0
        first = count * log(mean) - mean - lgamma(count + 1)
    part = total = exp(first)
    number = count
    while part > total * 1e-9 > 0:
        part *= (q * (number + size) if q else mean) / (number + 1)
        number += 1
        total += part
    return min(1.0, total)


def _continuous(count: float, mean: float, dispersion: float) -> float:
    shape, scaled = mean / dispersion, count / dispersion
    if shape > _NORMAL_SHAPE:
        return 0.5 * erfc((count - mean) / sqrt(2 * mean * dispersion))
    if scaled < shape + 1:
        return max(0.0, 1 - _lower_gamma(shape, scaled))
    return _upper_gamma(shape, scaled)


def _lower_gamma(shape: float, at: float) -> float:
    """Return the regularised incomplete gamma function from below, by its series (DLMF 8.11.4)."""
    part = total = 1 / shape
    number = shape
    while part > total * 1e-12:
        number += 1
        part *= at / number
        total += part
    return total * exp(shape * log(at) - at - lgamma(shape))


def _upper_gamma(shape: float, at: float) -> float:
    """Return the regularised incomplete gamma function from above, by its continued fraction (DLMF 8.9.2)."""
    below = at + 1 - shape
    above, over = 1e300, 1 / below
    total = over
    change, number = 0.0, 0
    while abs(change - 1) > 1e-12 and number < _MOST_STEPS:
        number += 1
        factor = -number * (number - shape)
        below += 2
        over = 1 / (factor * over + below)
        above = below + factor / above
        change = above * over
        total *= change
    return total * exp(shape * log(at) - at - lgamma(shape))


def usual(counts: Sequence[float], windows: int) -> Usual:
    """Return what is usual from the counts that were not zero, among a number of windows."""
    if not windows:
        return Usual(0.0, 1.0, 0)
    mean = fsum(counts) / windows
    if windows < 2 or not mean:
        return Usual(mean, 1.0, windows)
    squares = fsum((count - mean) ** 2 for count in counts) + (windows - len(counts)) * mean**2
    return Usual(mean, max(1.0, squares / (windows - 1) / mean), windows)


def pooled(groups: Iterable[tuple[Sequence[float], int]]) -> Usual:
    """Return what is usual in a population: the mean of all windows, the dispersion within groups."""
    total, above, below, windows = [], [], [], 0
    for counts, number in groups:
        own = usual(counts, number)
        total.append(own.mean * number)
        windows += number
        if number > 1 and own.mean:
            squares = fsum((count - own.mean) ** 2 for count in counts)
            above.append(squares + (number - len(counts)) * own.mean**2)
            below.append((number - 1) * own.mean)
    mean = fsum(total) / windows if windows else 0.0
    return Usual(mean, max(1.0, fsum(above) / fsum(below)) if below else 1.0, windows)


def shrunk(own: Usual, population: Usual) -> Usual:
    """Return a group's own mean, with a dispersion that leans on the population's while the past is short."""
    if population.windows <= own.windows:
        return own
    weight = max(0, own.windows - 1)
    dispersion = (weight * own.dispersion + PSEUDO_WINDOWS * population.dispersion) / (
        weight + PSEUDO_WINDOWS
    )
    return Usual(own.mean, dispersion, own.windows)


def judged(baseline: Baseline, count: float, known: Usual, counts: Sequence[float]) -> Verdict:
    """Return whether a count is unusual. `counts` are those of like windows that were not zero.

    Nothing is unusual below the baseline's minimum, or while no like window is known.
    """
    if count < baseline.minimum or not known.windows:
        return Verdict(unusual=False)
    if baseline.method is Method.RATIO:
        return Verdict(unusual=count > baseline.ratio * known.mean)
    if baseline.method is Method.MAD:
        zeros = [0.0] * max(0, known.windows - len(counts))
        middle = median([*counts, *zeros])
        deviation = median(abs(each - middle) for each in (*counts, *zeros)) * _MAD_TO_DEVIATION
        return Verdict(unusual=count > middle + baseline.ratio * max(deviation, 1.0))
    # A mean of zero is no proof of impossibility: half a signal in all windows together could have been.
    probability = tail(count, known.mean or 0.5 / known.windows, known.dispersion)
    odds = 10 ** floor(-log10(max(probability, _SMALLEST)))
    return Verdict(unusual=probability < baseline.p, words=f"probability below 1 in {odds:,}")
