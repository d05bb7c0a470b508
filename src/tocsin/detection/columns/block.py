"""What a block of records looks like in columns, and which questions its columns cannot answer."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tocsin.detection.columns.kinds import KIND_FIELDS, SERVICE, Coded, Run


class Block(Protocol):
    """Some records in columns, those of a kind one after the other."""

    @property
    def key(self) -> Hashable:
        """Return what names exactly these records and their columns for ever, None where nothing does."""
        ...

    @property
    def runs(self) -> Sequence[Run]:
        """Return the kinds of all records, in their order; no column speaks of the odd ones."""
        ...

    @property
    def grams(self) -> Sequence[bytes]:
        """Return what tells which words cannot stand in each `GRAM_ROWS` records."""
        ...

    def columns(self, names: Sequence[str]) -> Mapping[str, Coded]:
        """Return fields that have a column; only their codes may be asked for."""
        ...

    def with_texts(self, names: Sequence[str]) -> Mapping[str, Coded]:
        """Return fields that have a column, of which texts may be asked for too."""
        ...

    def raw(self, rows: Any) -> Sequence[bytes]:
        """Return the bytes of some records, their rows ascending."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which fields of a segment's records are columns.

    Parts of maps are columns under dotted names. Records have the fields in `dropped` without a column, and
    more than these unless `complete`; the fields in `maps` hold a map in some records. The records are sorted
    into kinds by the fields in `kinds`.
    """

    columns: Collection[str]
    dropped: Collection[str] = ()
    maps: Collection[str] = ()
    complete: bool = True
    kinds: Sequence[str] = KIND_FIELDS

    def tells(self, field: str) -> bool:
        """Say whether the columns tell everything about a field (a field that no record has, too)."""
        if field in self.maps or (not self.complete and field not in self.columns):
            return False
        return not any(name in self.dropped for name in (field, *above(field)))

    def tells_kinds(self) -> bool:
        """Say whether the columns tell everything about the kind of each record."""
        return tuple(self.kinds) == KIND_FIELDS and all(
            self.tells(name) for name in KIND_FIELDS if name != SERVICE or name not in self.maps
        )


def above(field: str) -> tuple[str, ...]:
    """Return the dotted names above a field: for `a.b.c` these are `a` and `a.b`."""
    parts = field.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts)))
