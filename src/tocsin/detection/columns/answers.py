"""What the texts of a field answer to the rules of one kind of record, each distinct text asked once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import orjson

from tocsin.detection.columns.kinds import Coded
from tocsin.detection.columns.packing import used
from tocsin.detection.columns.walk import Node
from tocsin.detection.matching.signatures import Signature, Signatures

# Characters of texts remembered for one field of one kind of record.
MOST_CHARACTERS = 8_000_000
# Numbers kept for blocks that were asked before, some 64 MB.
MOST_NUMBERS = 16_000_000
_OVERHEAD = 128


class Told(NamedTuple):
    """The answers of one field in some rows: by code in `table`, the last of them for rows without the field.

    Without a table all rows answer `only`. With `beneath` the field stands beneath a list in some rows.
    """

    table: Any
    only: int
    beneath: bool = False


class Answers(dict[str, int]):
    """What each text of a field answers, as a number into `signatures`.

    The first one is the answer of a record without the field; None is that of a text which the decoder of
    whole records might not take.
    """

    __slots__ = ("_all", "_asked", "_characters", "_numbers", "signatures")

    def __init__(self, signatures: Signatures, asked: Signature) -> None:
        super().__init__()
        self._all, self._asked = signatures, asked
        self._characters = 0
        absent = signatures.of({}) & asked
        self.signatures: list[Signature | None] = [absent]
        self._numbers: dict[Signature | None, int] = {absent: 0}

    def tell(self, column: Coded, rows: Any) -> Told:
        """Return what a field, of which the texts are known, answers in some rows."""
        here, lacking = used(column.codes[rows], len(column.texts))
        if self._characters > MOST_CHARACTERS:
            self.clear()
            self._characters = 0
        texts = column.texts
        numbers = [self[texts[code]] for code in here.tolist()]
        distinct = {*numbers, 0} if lacking else set(numbers)
        if len(distinct) == 1 and self.signatures[only := distinct.pop()] is not None:
            return Told(None, only)
        table = np.zeros(len(texts) + 1, dtype=np.int32)
        table[here] = numbers
        return Told(table, 0)

    def __missing__(self, text: str) -> int:
        value = self._read(text)
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.signatures)
            self.signatures.append(value)
        self[text] = number
        self._characters += len(text)
        return number

    def _read(self, text: str) -> Signature | None:
        if text[0] == '"' and "\\" not in text:
            return self._all[text[1:-1]] & self._asked
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        return self._all.of({self._all.name: value}) & self._asked


class Settled(NamedTuple):
    """What is left for the rows of one kind in a block after all fields in which they answer the same.

    `varying` are the fields in which they do not, and that are still asked for, the simplest first; a field
    that may stand beneath a list is among them.
    """

    node: Node
    varying: tuple[tuple[int, Told], ...]


class Memory:
    """What was settled for blocks that were asked before. Who fills it empties it when it is full."""

    def __init__(self) -> None:
        self._known: dict[tuple[Hashable, Node], Settled] = {}
        self._held = 0

    @property
    def is_full(self) -> bool:
        """Say whether it is time to empty it."""
        return self._held > MOST_NUMBERS

    def find(self, key: Hashable, start: Node) -> Settled | None:
        """Return what was settled for the rows of a block that start at a node."""
        return self._known.get((key, start))

    def keep(self, key: Hashable, start: Node, settled: Settled) -> None:
        """Remember what was settled, unless the block has no name."""
        if key is not None:
            self._known[key, start] = settled
            tables = (told.table for _, told in settled.varying if told.table is not None)
            self._held += _OVERHEAD * (1 + len(settled.varying)) + sum(map(len, tables))

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._held = 0
