"""Keywords ask every value of a record; whether one may be there is seen in all records' bytes at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from tocsin.detection.sigma.predicates import Op, Predicate

try:
    import hyperscan
except ImportError:  # pragma: no cover - the wheel is missing on a few platforms.
    hyperscan = None  # type: ignore[assignment]

MOST_BYTES = 1 << 31
"""What one scan takes; a larger block is read record by record."""

_SHORTEST = 3
# Characters that stand in a record's bytes as they are, unless they are written as `\u0041`.
_AS_IT_IS = re.compile(r"[a-z0-9 _:.-]+")
# A number's text may be written otherwise: `2e2` is 200. These could be part of one.
_OF_A_NUMBER = re.compile(r"[0-9a-fx.-]*\Z")
_WORDS = frozenset({Op.CONTAINS, Op.EQUALS, Op.STARTSWITH, Op.ENDSWITH})

# Characters outside ASCII that are ASCII once their case is folded.
_FOLDING = tuple(
    character for character in map(chr, range(0x80, 0x10000)) if re.search("[ -~]", character.casefold())
)
# The same and the characters above, written as escapes.
_ESCAPED = r"\\u(?:00(?:2[0de]|3[0-9a]|5f|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])|" + (
    "|".join(f"{ord(character):04x}" for character in _FOLDING) + ")"
)


def part(predicate: Predicate) -> str | None:
    """Return a part of a keyword without which no record can have it, None where there is no such part."""
    if predicate.field is not None or predicate.op not in _WORDS:
        return None
    found = max(_AS_IT_IS.findall(str(predicate.value).lower()), key=len, default="")
    return None if len(found) < _SHORTEST or _OF_A_NUMBER.match(found) else found


class Keywords:
    """The parts of all keywords as one database of patterns."""

    def __init__(self, parts: Iterable[str]) -> None:
        self._parts = sorted(set(parts))
        self._database: Any = None

    def may_hold(self, content: Any, offsets: Any) -> Any:
        """Return the rows of records in `content`, row n from offset n to n + 1, that may have a keyword.

        Where nothing can be scanned that is every row.
        """
        if hyperscan is None or len(content) > MOST_BYTES:
            return np.arange(len(offsets) - 1)
        ends: list[int] = []
        self._made().scan(content, match_event_handler=_ended, context=ends)
        return np.unique(np.searchsorted(offsets, np.array(ends, dtype=np.int64), side="left") - 1)

    def _made(self) -> Any:
        if self._database is None:
            words = [re.escape(each).replace("\\ ", " ") for each in (*self._parts, *_FOLDING)]
            expressions = [each.encode() for each in (*words, _ESCAPED)]
            # Bytes of other alphabets have no case for the scanner, so each is meant as it is written.
            self._database = hyperscan.Database()
            self._database.compile(
                expressions=expressions,
                ids=list(range(len(expressions))),
                elements=len(expressions),
                flags=[hyperscan.HS_FLAG_CASELESS] * len(expressions),
            )
        return self._database


def _ended(_: int, start: int, end: int, flags: int, ends: list[int]) -> None:
    ends.append(end)
