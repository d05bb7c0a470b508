"""The kinds of records in some rows: what the fields hold that tell a record's log source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from tocsin.detection.columns.packing import paired
from tocsin.detection.sigma.logsource import ROUTING

# What tells the kind of a record, as columns name it. `service` may be an object that names the service.
SERVICE, SERVICE_WITHIN = "service", "service.serviceName"
KIND_FIELDS = (*ROUTING, SERVICE_WITHIN)

Texts = tuple[str | None, ...]
"""The JSON texts of the fields that tell the kind, in their order; None where a record lacks the field."""


class Run(NamedTuple):
    """Rows from `start` up to but not including `stop`: all of one kind, or (without texts) all odd."""

    texts: Texts | None
    start: int
    stop: int


class Coded(Protocol):
    """A code for each row, -1 where the record lacks the field, and each code's JSON text."""

    @property
    def codes(self) -> Any:
        """Return an array of 32-bit integers, one a record."""
        ...

    @property
    def texts(self) -> Sequence[str]:
        """Return the JSON texts by code."""
        ...


def in_order(columns: Mapping[str, Coded], odd: Any) -> tuple[Any, tuple[Run, ...]]:
    """Return an order of rows that puts those of a kind together, odd ones last, and the runs it makes.

    Within a kind rows stay in the order they had.
    """
    at = np.zeros(len(odd), dtype=np.int32)
    kinds: list[Texts] = [()]
    for name in KIND_FIELDS:
        column = columns.get(name)
        if column is None:
            kinds = [(*kind, None) for kind in kinds]
            continue
        codes, texts = column.codes, column.texts
        at, before, own = paired(at, codes + np.int32(1), (len(kinds), len(texts) + 1))
        kinds = [
            (*kinds[left], None if right == 0 else texts[right - 1])
            for left, right in zip(before.tolist(), own.tolist(), strict=True)
        ]
    ranked = sorted(range(len(kinds)), key=lambda number: [text or "" for text in kinds[number]])
    ranks = np.empty(len(kinds) + 1, dtype=np.int32)
    ranks[[*ranked, len(kinds)]] = np.arange(len(kinds) + 1, dtype=np.int32)
    rank = ranks[np.where(odd, len(kinds), at)]
    ends = np.cumsum(np.bincount(rank, minlength=len(kinds) + 1)).tolist()
    named = [*(kinds[number] for number in ranked), None]
    runs = (Run(*each) for each in zip(named, [0, *ends], ends, strict=False))
    return np.argsort(rank, kind="stable"), tuple(run for run in runs if run.start < run.stop)
