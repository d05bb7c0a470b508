"""Finds the named places (`:name`) of a query and numbers them; values never join the query."""

from __future__ import annotations

import re

# What may hold a colon that is no place: texts, names, comments, casts (`::text`), dollar quotes.
_PARTS = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
  | (?P<line>--[^\n]*)
  | (?P<block>/\*.*?\*/)
  | (?P<dollar>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
  | (?P<cast>::)
  | :(?P<place>[a-z_]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_READS = re.compile(r"\s*(?:select|with|values|table)\b", re.IGNORECASE)


def places_in(query: str) -> tuple[str, ...]:
    """Return the names of all places, each once, in the order of their first use."""
    return tuple(dict.fromkeys(part["place"] for part in _PARTS.finditer(query) if part["place"]))


def numbered(query: str) -> str:
    """Return the query with its places as `$1`, `$2` ..., in the order of `places_in`."""
    numbers = {name: number for number, name in enumerate(places_in(query), start=1)}

    def written(part: re.Match[str]) -> str:
        return f"${numbers[part['place']]}" if part["place"] else part[0]

    return _PARTS.sub(written, query)


def is_one_question(query: str) -> bool:
    """Say whether it begins like a question and is one statement: an early help, not the protection."""
    rest = _PARTS.sub(" ", query).rstrip().rstrip(";")
    return _READS.match(query) is not None and ";" not in rest
