"""Say a burst as the alert that others see, with the measurement that explains it."""

from __future__ import annotations

from tocsin.detection.correlating.watched import MICROS, Watched
from tocsin.detection.sigma.correlation import Correlation, Kind
from tocsin.detection.sigma.readings import number_text
from tocsin.detection.state import Burst, instant
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=", "neq": "!="}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_NOUNS = {
    Kind.EVENT_COUNT: "signals",
    Kind.VALUE_COUNT: "distinct values",
    Kind.VALUE_SUM: "in sum",
    Kind.VALUE_AVG: "on average",
    Kind.VALUE_PERCENTILE: "percentile",
    Kind.VALUE_MEDIAN: "median",
    Kind.TEMPORAL: "rules together",
    Kind.TEMPORAL_ORDERED: "rules in order",
}


def alert(watched: Watched, severity: Severity | None, key: str, burst: Burst) -> DetectedAlert:
    """Return a burst as an alert; `key` names it for ever."""
    header = watched.header
    return DetectedAlert(
        key=key,
        rule_id=header.label,
        rule_title=header.title,
        rule_level=header.level,
        severity=severity,
        first_seen=instant(burst.first),
        last_seen=instant(burst.last),
        count=burst.count,
        group=tuple(zip(watched.group_by, burst.group, strict=False)),
        # A silence that was counted has no signal to show.
        evidence=tuple(ref.as_evidence() for ref in (*burst.head, *burst.tail) if ref.source or ref.raw),
        tags=header.tags,
        description="\n".join(text for text in (header.description, burst.note) if text),
        author=header.author,
        references=header.references,
        rule_hash=watched.key,
        window_seconds=watched.span // MICROS,
        measured=measured(watched, burst),
        ends_at=None if burst.ends is None else instant(burst.ends),
        incident_type=header.incident_type,
        labels=header.labels,
        latch=header.latch,
    )


def measured(watched: Watched, burst: Burst) -> str:
    """Return what the last firing measured and against which bounds: `11 > 10 signals in 1h`."""
    correlation = watched.correlation
    if correlation is None:
        return ""
    ratio = correlation.extensions.ratio
    bounds = ratio.bounds if ratio is not None else correlation.bounds
    noun = "of the whole" if ratio is not None else _noun(correlation)
    against = " and ".join(f"{_SIGNS[name]} {_number(bound)}" for name, bound in bounds)
    parts = (_number(burst.measured), against, noun, "in", duration(correlation.span))
    return " ".join(part for part in parts if part)


def _noun(correlation: Correlation) -> str:
    noun = _NOUNS[correlation.kind]
    if correlation.kind is Kind.VALUE_PERCENTILE:
        noun = f"{noun} {_number(correlation.percentile)}"
    return f"{noun} of {', '.join(correlation.fields)}" if correlation.fields else noun


def duration(seconds: int) -> str:
    """Return a number of seconds in its largest whole unit, as Sigma writes it."""
    size, unit = next(each for each in _UNITS if seconds % each[0] == 0)
    return f"{seconds // size}{unit}"


def _number(number: float) -> str:
    rounded = round(number, 6)
    return number_text(int(rounded) if abs(rounded) < 2**53 and rounded == int(rounded) else rounded)
