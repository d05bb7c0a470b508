"""Keywords ask every value of a record; whether one may be there is seen in all records' bytes at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tocsin.detection.columns.grams import ESCAPED, FOLDING, Words
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
        self.words = Words(self._parts)
        self._database: Any = None

    def may_hold(self, records: Sequence[bytes]) -> Any:
        """Return the places of records that may have a keyword; where nothing can be scanned, of all."""
        offsets = np.cumsum([0, *map(len, records)])
        if hyperscan is None or offsets[-1] > MOST_BYTES:
            return np.arange(len(records))
        ends: list[int] = []
        self._made().scan(b"".join(records), match_event_handler=_ended, context=ends)
        return np.unique(np.searchsorted(offsets, np.array(ends, dtype=np.int64), side="left") - 1)

    def _made(self) -> Any:
        if self._database is None:
            words = [re.escape(each).replace("\\ ", " ") for each in (*self._parts, *FOLDING)]
            expressions = [each.encode() for each in (*words, ESCAPED)]
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
