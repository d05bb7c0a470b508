"""What is wanted of CloudWatch, read from the settings; imports no client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class WantedMetric:
    """One metric of a namespace, with all its dimensions, by one statistic (`Maximum`, `Sum`, `p99`)."""

    namespace: str
    metric: str
    statistic: str


def groups_of(text: str) -> Mapping[str, str]:
    """Read `source=group, ...`; return the source of each log group. Raises `Misconfigured`."""
    found: dict[str, str] = {}
    for part in _parts(text):
        source, _, group = part.partition("=")
        if not (source.strip() and group.strip()):
            raise _wrong("TOCSIN_CLOUDWATCH_LOGS", part, "`source=group`, such as waf=aws-waf-logs-shop")
        found[group.strip()] = source.strip()
    return found


def metrics_of(text: str) -> tuple[WantedMetric, ...]:
    """Read `namespace:metric:statistic, ...`. Raises `Misconfigured`."""
    found = []
    for part in _parts(text):
        words = [word.strip() for word in part.split(":")]
        if len(words) != 3 or not all(words):
            raise _wrong(
                "TOCSIN_CLOUDWATCH_METRICS",
                part,
                "`namespace:metric:statistic`, such as AWS/EC2:CPUUtilization:Average",
            )
        found.append(WantedMetric(*words))
    return tuple(found)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _wrong(name: str, part: str, shape: str) -> Misconfigured:
    return Misconfigured(
        f"{name} holds {part[:80]!r}.",
        means="Tocsin does not start, because what you count on would not be read.",
        next_step=f"Write {shape}.",
    )
