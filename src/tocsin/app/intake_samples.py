"""Runs the samples of intake.yml as tests, and shows what a mapping makes of one body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from tocsin.connectors.mapping import SourceMapping, sample_failures, shown
from tocsin.connectors.refusal import NotJson, detail_of
from tocsin.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """How many samples one source has, and a sentence for each that failed."""

    source: str
    samples: int
    failures: tuple[str, ...]


def run_samples(
    mappings: Mapping[str, SourceMapping], names: Sequence[str], now: datetime
) -> tuple[SampleResult, ...]:
    """Run the samples of some sources, or of all. Raises `NotFound`."""
    return tuple(
        SampleResult(
            source=mapping.source,
            samples=len(mapping.samples),
            failures=sample_failures(mapping, now),
        )
        for mapping in _chosen(mappings, names)
    )


def try_body(
    mappings: Mapping[str, SourceMapping], names: Sequence[str], body: bytes, now: datetime
) -> Mapping[str, str]:
    """Return the fields that one source's mapping finds in a body. Raises `NotFound`, `BodyRefused`."""
    (mapping, *_) = _chosen(mappings, names) or (None,)
    if mapping is None:
        raise _unknown("", mappings)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: {detail_of(error)}.") from error
    return shown(mapping.mapped(found, now), now)


def _chosen(mappings: Mapping[str, SourceMapping], names: Sequence[str]) -> tuple[SourceMapping, ...]:
    for name in names:
        if name not in mappings:
            raise _unknown(name, mappings)
    return tuple(mappings[name] for name in names or sorted(mappings))


def _unknown(name: str, mappings: Mapping[str, SourceMapping]) -> NotFound:
    return NotFound(
        f"No mapping in intake.yml is for a source {name[:80]!r}.",
        means="Nothing was tried.",
        next_step=f"Choose one of: {', '.join(sorted(mappings)) or 'none; write one first'}.",
    )
