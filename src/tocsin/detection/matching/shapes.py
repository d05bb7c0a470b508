"""Structs made for the fields that rules ask about, so that the decoder skips everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from tocsin.detection.matching.signatures import Unplain
from tocsin.detection.sigma.readings import lookup

Getter = Callable[[Any], Any]
Decode = Callable[[bytes], Any]

# What tells the log source is read as text or whole number; anything else is a matter for the generic path.
_KEY = str | int | None | UnsetType


class Unshapely(Exception):
    """Field names that a struct cannot have: control characters, quotes, backslashes."""


class Shapes:
    """Names and getters of fields that are the same in every struct, so that one walk fits all of them."""

    def __init__(self) -> None:
        self._attributes: dict[str, str] = {}
        self._getters: dict[str, Getter] = {}

    def decoder(self, keys: Sequence[str], fields: Iterable[str]) -> Decode:
        """Return the decoder of a struct with the keys of a log source and the fields asked about.

        The decoder raises ValueError, TypeError or RecursionError where the generic path must read the line.
        Raises Unshapely.
        """
        heads: dict[str, list[str]] = {}
        flat: dict[str, Any] = {name: Any for name in fields}
        for name in list(flat):
            head, dot, tail = name.partition(".")
            if dot:
                heads.setdefault(head, []).append(tail)
        # A field that is asked about as a whole too stays as it is; its getter then looks into it.
        whole = {*flat, *keys}
        nested = {head: self._nested(tails) for head, tails in heads.items() if head not in whole}
        typed = {**flat, **nested, **dict.fromkeys(keys, _KEY)}
        return msgspec.json.Decoder(self._struct(typed)).decode

    def getter(self, name: str) -> Getter:
        """Return what reads a field, or UNSET where it is missing, from any struct that has it."""
        known = self._getters.get(name)
        if known is None:
            literal = attrgetter(self._attribute(name))
            known = self._getters[name] = self._dotted(name, literal) if "." in name else literal
        return known

    def keys(self, names: Sequence[str]) -> Getter:
        """Return what reads several fields as a tuple."""
        return attrgetter(*(self._attribute(name) for name in names))

    def _attribute(self, name: str) -> str:
        return self._attributes.setdefault(name, f"f{len(self._attributes)}")

    def _nested(self, tails: list[str]) -> Any:
        """Return the type of a map below a field: each rest of a name as it is, and maps below."""
        heads: dict[str, list[str]] = {}
        for tail in tails:
            head, dot, rest = tail.partition(".")
            if dot:
                heads.setdefault(head, []).append(rest)
        below = {head: self._nested(rests) for head, rests in heads.items() if head not in tails}
        return self._struct({**dict.fromkeys(tails, Any), **below}) | None | UnsetType

    def _struct(self, typed: dict[str, Any]) -> Any:
        try:
            return msgspec.defstruct(
                "Record",
                [(self._attribute(name), kind, UNSET) for name, kind in typed.items()],
                rename={self._attribute(name): name for name in typed},
                gc=False,
            )
        except (ValueError, UnicodeEncodeError) as error:
            raise Unshapely from error

    def _dotted(self, name: str, literal: Getter) -> Getter:
        """Return the getter of a dotted name: a literal key wins at every level, as in `readings.lookup`."""
        head, _, tail = name.partition(".")
        return _below(literal, attrgetter(self._attribute(head)), self._inner(tail), tail)

    def _inner(self, name: str) -> Getter:
        literal = attrgetter(self._attribute(name))
        return self._dotted(name, literal) if "." in name else literal


def _below(literal: Getter, head: Getter, inner: Getter, tail: str) -> Getter:
    def get(record: Any) -> Any:
        value = literal(record)
        if value is not UNSET:
            return value
        node = head(record)
        if node is UNSET or node is None:
            return UNSET
        if isinstance(node, msgspec.Struct):
            return inner(node)
        return _inside(node, tail)

    return get


def _inside(node: object, tail: str) -> Any:
    """Return what a map that was decoded as a whole holds; a list stands for its members, so give it up."""
    if isinstance(node, list):
        raise Unplain
    found = list(lookup(node, tail))
    if len(found) > 1:
        raise Unplain
    return found[0] if found else UNSET
