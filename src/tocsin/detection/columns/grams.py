"""Which words cannot stand in a block of records, told by the groups of four characters that do stand in it.

The groups are remembered as bits when records are stored, so that a hunt for keywords reads only the blocks
where all groups of some keyword stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

GRAM_ROWS = 1_024
"""Rows of one block."""

LENGTH = 4
_BITS = 15
SIZE = 1 << _BITS - 3
"""Bytes that tell one block."""

# Characters that groups are made of, besides the letters; whatever else ends a group.
_OTHERS = b":.-_ "
_CLASSES = bytes(
    1 + byte - 0x61 if 0x61 <= byte <= 0x7A else 27 + _OTHERS.index(byte) if byte in _OTHERS else 0
    for byte in (each + 0x20 if 0x41 <= each <= 0x5A else each for each in range(256))
)
# The last character shares the number 31 with the one before it; that only makes groups alike.
_CLASSES = _CLASSES.replace(bytes([32]), bytes([31]))
# Bytes worked on together: what comes of them stays in the processor's cache.
_AT_ONCE = 1 << 16
_SPREAD = 2_654_435_761
# Characters outside ASCII that are ASCII once their case is folded.
FOLDING = tuple(
    character for character in map(chr, range(0x80, 0x10000)) if re.search("[ -~]", character.casefold())
)
# These and the characters of words, written as escapes.
ESCAPED = r"\\u(?:00(?:2[0de]|3[0-9a]|5f|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])|" + (
    "|".join(f"{ord(character):04x}" for character in FOLDING) + ")"
)
_ESCAPED = re.compile(ESCAPED.encode(), re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def grams(records: bytes) -> bytes:
    """Return the bits for the bytes of some records, one a line: `SIZE` bytes."""
    marks = np.zeros(1 << 20, dtype=bool)
    _mark(marks, records)
    if _is_disguised(records):
        lines = (line for line in records.split(b"\n") if b"\\u" in line or not line.isascii())
        text = _ESCAPE.sub(_unescaped, b"\n".join(lines).decode("utf-8", "replace"))
        _mark(marks, text.casefold().encode("utf-8", "replace"))
    numbers = np.flatnonzero(marks.reshape((32,) * LENGTH)[1:, 1:, 1:, 1:])
    bits = np.zeros(1 << _BITS, dtype=bool)
    bits[_places(_dense(numbers))] = True
    return np.packbits(bits, bitorder="little").tobytes()


def _is_disguised(records: bytes) -> bool:
    """Say whether a character of a word may stand in some bytes as another one or as its number."""
    if not records.isascii():
        content = np.frombuffer(records, dtype=np.uint8)
        others = content[content >= 0x80].tobytes().decode("utf-8", "replace")
        if not set(others).isdisjoint(FOLDING):
            return True
    return _ESCAPED.search(records) is not None


def _dense(numbers: Any) -> Any:
    """Return groups numbered among all that have no other character as numbers of 5 bits a character."""
    found = np.zeros(len(numbers), dtype=np.uint64)
    for place in range(LENGTH):
        found |= (numbers // 31 ** (LENGTH - 1 - place) % 31 + 1).astype(np.uint64) << np.uint64(
            5 * (LENGTH - 1 - place)
        )
    return found


def _mark(marks: Any, content: bytes) -> None:
    """Mark all groups in some bytes, also those that hold other characters."""
    for start in range(0, len(content), _AT_ONCE):
        part = content[start : start + _AT_ONCE + LENGTH - 1].translate(_CLASSES)
        classes = np.frombuffer(part, dtype=np.uint8).astype(np.uint16)
        pairs = classes[:-1] << 5 | classes[1:]
        marks[pairs[:-2].astype(np.uint32) << np.uint32(10) | pairs[2:]] = True


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[0]


def _places(numbers: Any) -> Any:
    return (numbers * np.uint64(_SPREAD) & np.uint64(0xFFFFFFFF)) >> np.uint64(32 - _BITS)


def _of_word(word: str) -> Any:
    """Return the places of the bits of a word's groups, none where it has no group."""
    classes = [int(each) for each in word.lower().encode().translate(_CLASSES)]
    groups = [classes[at : at + LENGTH] for at in range(len(classes) - LENGTH + 1)]
    numbers = [a << 15 | b << 10 | c << 5 | d for a, b, c, d in groups if a and b and c and d]
    return _places(np.array(sorted(set(numbers)), dtype=np.uint64)).astype(np.int64)


class Words:
    """Some words, to be looked for in blocks."""

    def __init__(self, words: Iterable[str]) -> None:
        found = [_of_word(word) for word in sorted(set(words))]
        # A word without any group may stand anywhere.
        self._telling = bool(found) and all(len(each) for each in found)
        if self._telling:
            self._places = np.concatenate(found)
            self._starts = np.cumsum([0, *(len(each) for each in found)])[:-1]

    def blocks(self, told: Sequence[bytes]) -> Any:
        """Return for each block, told by its bits, whether some word may stand in it."""
        if not self._telling:
            return np.ones(len(told), dtype=bool)
        bits = np.frombuffer(b"".join(told), dtype=np.uint8).reshape(len(told), SIZE)
        there = bits[:, self._places >> 3] >> (self._places & 7).astype(np.uint8) & 1
        return np.logical_and.reduceat(there, self._starts, axis=1).any(axis=1)
