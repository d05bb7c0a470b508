"""The signature of a value: the set of predicates about its field that it makes true, remembered by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from tocsin.detection.matching.families import Asked, Family, MakeScanner, families
from tocsin.detection.matching.scanners import PatternCache
from tocsin.detection.sigma.predicates import Op
from tocsin.detection.sigma.readings import Reading, atom_of, lookup, members

Signature = frozenset[int]

# Bounds of what is remembered for one field; when full it is emptied, which never changes an answer.
MOST_VALUES = 16_384
MOST_CHARACTERS = 6_000_000

# Numbers from here on are not remembered by value: a float and an integer that differ as text may be equal.
_LARGE = 2**53

# A field explodes when it has many signatures for its values: nodes for each would fill the memory.
_MANY = 1_024
_SHARE = 8
_LEAST, _MOST = -(2**63), 2**64 - 1


class Unplain(TypeError):
    """A value that only the decoder of whole records can read: a list, a map, an integer beyond 64 bits."""


class Signatures(dict[Any, Signature]):
    """Signatures by value for one field: a known value costs one look-up, a new one is asked everything once.

    Keys are JSON scalars as they stand in the record, and UNSET for a missing field. Equal signatures are one
    object. A list or map cannot be looked up (TypeError); `of` takes whatever a record holds.
    """

    __slots__ = ("_absent", "_asked", "_cache", "_characters", "_families", "_interned", "_kinds", "_make",
                 "_null", "_present", "_values", "name")  # fmt: skip

    def __init__(self, name: str, asked: Asked, make: MakeScanner, cache: PatternCache | None) -> None:
        super().__init__()
        self.name = name
        self._asked, self._make, self._cache = asked, make, cache
        self._families: tuple[Family, ...] | None = None
        self._interned: dict[Signature, Signature] = {}
        # Values read and signatures made since the start.
        self._values = self._kinds = 0
        null = {number for number, predicate in asked if predicate.op is Op.NULL}
        exists = [(number, bool(predicate.value)) for number, predicate in asked if predicate.op is Op.EXISTS]
        self._characters = 0
        self._present = self._one({number for number, wanted in exists if wanted})
        self._absent = self._one(null.union(number for number, wanted in exists if not wanted))
        self._null = self._one(self._present | null)
        self._forget()

    def prepare(self) -> None:
        """Compile the patterns now rather than when the first value comes."""
        self._ask()

    def explodes(self) -> bool:
        """Say whether new values of the field keep bringing new signatures."""
        return self._kinds > _MANY and self._kinds * _SHARE > self._values

    def __missing__(self, value: Any) -> Signature:
        """Return the signature of a value not remembered. Raises TypeError for what is no plain scalar."""
        if type(value) is str:
            return self._remember(value, Reading(value))
        if isinstance(value, int) and not _LEAST <= value <= _MOST:
            raise Unplain
        return self._atom(atom_of(value))

    def of(self, record: Mapping[str, Any]) -> Signature:
        """Return the signature of whatever a record holds under the field."""
        name = self.name
        if name in record:
            value = record[name]
            if type(value) is str:
                return self[value]
            values = [value]
        else:
            values = list(lookup(record, name)) if "." in name else []
            if not values:
                return self._absent
        found = set(self._present)
        for value in values:
            for member in members(value):
                found |= self._null if member is None else self._atom(atom_of(member))
        return self._one(found)

    def _atom(self, atom: str | float) -> Signature:
        """Return the signature of text or a number. 0 and 1 equal the truth values, so they have no place."""
        if isinstance(atom, str):
            return self[atom]
        if -_LARGE < atom < _LARGE and atom not in (0, 1):
            known = self.get(atom)
            return self._remember(atom, Reading(atom)) if known is None else known
        return self._read(Reading(atom))

    def _remember(self, value: str | float, reading: Reading) -> Signature:
        signature = self._read(reading)
        self._characters += len(reading.text)
        if len(self) >= MOST_VALUES or self._characters > MOST_CHARACTERS:
            self._forget()
            self._characters = len(reading.text)
        self[value] = signature
        return signature

    def _read(self, reading: Reading) -> Signature:
        self._values += 1
        found = set(self._present)
        for family in self._ask():
            found.update(family.true(reading))
        return self._one(found)

    def _ask(self) -> tuple[Family, ...]:
        if self._families is None:
            self._families = families(self._asked, self._make, self._cache)
        return self._families

    def _one(self, numbers: set[int] | Signature) -> Signature:
        frozen = frozenset(numbers)
        known = self._interned.get(frozen)
        if known is None:
            if len(self._interned) >= MOST_VALUES:
                self._interned.clear()
            known = self._interned[frozen] = frozen
            self._kinds += 1
        return known

    def _forget(self) -> None:
        self.clear()
        self._characters = 0
        self[UNSET] = self._absent
        self[None] = self._null
