"""Cuts records into columns: the JSON text of each native field, exactly as the record writes it.

The text is not interpreted, so nothing about a value is lost and no type is inferred; who reads a column
decodes each distinct text once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from tocsin.detection.sigma.logsource import ROUTING

MOST_COLUMNS = 512
"""Fields with a column of their own in one segment; rarer ones are read from the record."""
MOST_NAMED = 2_000
LONGEST_NAME = 200
DEEPEST = 16

# What tells the kind of a record comes first, so that it always has its column.
ALWAYS = (*ROUTING, "service.serviceName")

Row = tuple[int | None, int, bytes]
"""Time in microseconds since 1970 (None: the record names none), position and bytes of one record."""


def by_time(row: Row) -> tuple[int, int]:
    """Return what sorts records by time, then position; those without a time come first."""
    return (-(2**63) if row[0] is None else row[0]), row[1]


_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(slots=True)
class Names:
    """Which fields the records of a segment have, and how often."""

    counts: dict[str, int] = field(default_factory=dict)
    maps: set[str] = field(default_factory=set)

    def chosen(self) -> tuple[str, ...]:
        """Return the fields that get a column: those that tell the kind, then the most frequent ones."""
        known = [name for name in ALWAYS if name in self.counts]
        rest = sorted(
            (name for name in self.counts if name not in known and _can_name(name)),
            key=lambda name: (-self.counts[name], name),
        )
        return tuple(known + rest[: MOST_COLUMNS - len(known)])


def texts_of(line: bytes, maps: set[str]) -> dict[str, bytes] | None:
    """Return the JSON text of each field of a record, the parts of maps under dotted names.

    A name that has dots itself wins over parts of the same dotted name, as in rules. Fields that hold a map
    are added to `maps`. None for a record that cannot be cut: what is no map, or is too deep.
    """
    found: dict[str, bytes] = {}
    try:
        line.decode()
        _spread(line, "", DEEPEST, found, maps)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return found


def _spread(text: bytes, prefix: str, depth: int, found: dict[str, bytes], maps: set[str]) -> None:
    if not depth:
        raise RecursionError
    plain: list[tuple[str, bytes]] = []
    for name, raw in _fields.decode(text).items():
        value = bytes(raw)
        if value[0] == 0x7B and "." not in name:
            maps.add(prefix + name)
            _spread(value, f"{prefix}{name}.", depth - 1, found, maps)
        else:
            plain.append((prefix + name, value))
    # What stands nearer to the record's root is written last, because it is what a rule would find.
    found.update(plain)


def names_in(lines: Iterable[bytes]) -> Names:
    """Return which fields the records have."""
    names = Names()
    counts = names.counts
    for line in lines:
        for name in texts_of(line, names.maps) or ():
            counts[name] = counts.get(name, 0) + 1
    return names


@dataclass(frozen=True, slots=True)
class Shredded:
    """Some records as columns: for each field the rows that have it, ascending, and their JSON texts."""

    cells: Mapping[str, tuple[array[int], list[bytes]]]
    odd: tuple[int, ...]


def shredded(lines: Iterable[bytes], columns: Iterable[str]) -> Shredded:
    """Cut records into the given columns."""
    cells: dict[str, tuple[array[int], list[bytes]]] = {name: (array("i"), []) for name in columns}
    odd: list[int] = []
    ignored: set[str] = set()
    for row, line in enumerate(lines):
        texts = texts_of(line, ignored)
        if texts is None:
            odd.append(row)
            continue
        for name, text in texts.items():
            cell = cells.get(name)
            if cell is not None:
                cell[0].append(row)
                cell[1].append(text)
    return Shredded(cells, tuple(odd))


def _can_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and "\0" not in name
