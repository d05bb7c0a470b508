"""What a block of records looks like in columns, and which questions its columns cannot answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tocsin.detection.sigma.logsource import ROUTING

# What tells the kind of a record, as columns name it. `service` may be an object that names the service.
SERVICE, SERVICE_WITHIN = "service", "service.serviceName"
KIND_FIELDS = (*ROUTING, SERVICE_WITHIN)


class Column(Protocol):
    """One field: for each record a code, -1 where the record lacks the field, and each code's JSON text."""

    @property
    def codes(self) -> Any:
        """Return an array of 32-bit integers, one a record."""
        ...

    @property
    def texts(self) -> Sequence[str]:
        """Return the JSON texts by code."""
        ...


class Block(Protocol):
    """Some records in columns. `odd` are the rows that no column speaks of."""

    @property
    def rows(self) -> int:
        """Return how many records there are."""
        ...

    @property
    def odd(self) -> Any:
        """Return which records are odd, an array of truth values."""
        ...

    def columns(self, names: Sequence[str]) -> Mapping[str, Column]:
        """Return fields that have a column."""
        ...

    def raw(self, rows: Any) -> tuple[Any, Any]:
        """Return the bytes of some records, one after the other, and where each begins and the last ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which fields of a segment's records are columns.

    Parts of maps are columns under dotted names. Records have the fields in `dropped` without a column, and
    more than these unless `complete`; the fields in `maps` hold a map in some records.
    """

    columns: Collection[str]
    dropped: Collection[str] = ()
    maps: Collection[str] = ()
    complete: bool = True

    def tells(self, field: str) -> bool:
        """Say whether the columns tell everything about a field (a field that no record has, too)."""
        if field in self.maps or (not self.complete and field not in self.columns):
            return False
        return not any(name in self.dropped for name in (field, *above(field)))

    def tells_kinds(self) -> bool:
        """Say whether the columns tell everything about the kind of each record."""
        return all(self.tells(name) for name in KIND_FIELDS if name != SERVICE or name not in self.maps)


def above(field: str) -> tuple[str, ...]:
    """Return the dotted names above a field: for `a.b.c` these are `a` and `a.b`."""
    parts = field.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts)))
