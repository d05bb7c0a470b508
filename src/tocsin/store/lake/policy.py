"""How long signals are kept, and when hot ones are sealed: read from the pack file `lake.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tocsin.domain.pack_file import Located, parse

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LakePolicy:
    """Signals are sealed by size or after their day, cold after `hot`, deleted after `hot` and `cold`."""

    hot: timedelta = timedelta(days=365)
    cold: timedelta = timedelta(days=7 * 365 + 2)
    seal_bytes: int = 256 * MEGABYTE


def parse_lake(text: str, path: str) -> LakePolicy:
    """Read `lake.yml`; what is left out has the default. Raises `PackProblem`."""
    root = parse(text, path).mapping(("retention", "seal"))
    kept = root["retention"].mapping(("hot", "cold")) if "retention" in root else {}
    seal = root["seal"].mapping(("megabytes",)) if "seal" in root else {}
    default = LakePolicy()
    return LakePolicy(
        hot=_span(kept["hot"]) if "hot" in kept else default.hot,
        cold=kept["cold"].duration() if "cold" in kept else default.cold,
        seal_bytes=_megabytes(seal["megabytes"]) if "megabytes" in seal else default.seal_bytes,
    )


def _span(value: Located) -> timedelta:
    span = value.duration()
    if span < timedelta(days=1):
        raise value.problem("signals would be cold within a day.", "Give at least `1d`, such as `365d`.")
    return span


def _megabytes(value: Located) -> int:
    number = value.number()
    if not 1 <= number <= 4096:
        raise value.problem(f"{value.text} is no size to seal at.", "Give a number from 1 to 4096.")
    return int(number * MEGABYTE)
