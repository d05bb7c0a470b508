"""Reads single rows of a Parquet column of bytes, without the pages in which other rows stand.

The library reads columns as a whole. A hunt wants a few records of many, so the pages' headers (Thrift's
compact protocol) are read here. https://parquet.apache.org/docs/file-format/data-pages/
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]

_LENGTH = struct.Struct("<I")
# Field numbers and values in a page's header.
_TYPE, _FULL, _PACKED, _DATA = 1, 2, 3, 5
_VALUES, _ENCODING = 1, 2
_DATA_PAGE = _PLAIN = 0
# Types of fields in Thrift's compact protocol.
_TRUE, _FALSE, _I16, _I64, _BINARY, _STRUCT = 1, 2, 4, 6, 8, 12


class _Page(NamedTuple):
    first: int
    start: int
    stop: int
    full: int


class Pages:
    """The pages of one column chunk: required values of bytes, written plainly, packed with zstd.

    Raises `ValueError` for a chunk that is written otherwise or damaged.
    """

    def __init__(self, content: Any, chunk: Any) -> None:
        if chunk.compression != "ZSTD" or chunk.has_dictionary_page:
            raise ValueError("its records are not packed as they were sealed")
        self._pages = list(_pages(memoryview(content).cast("B"), chunk.data_page_offset, chunk.num_values))
        self._firsts = [page.first for page in self._pages]

    def values(self, content: Any, rows: Iterable[int]) -> Iterator[bytes]:
        """Yield the bytes of rows, which are given in ascending order, out of the file's content."""
        for page, wanted in groupby(rows, key=lambda row: bisect_right(self._firsts, row) - 1):
            yield from _values(content, self._pages[page], wanted)


def _values(content: Any, page: _Page, rows: Iterable[int]) -> Iterator[bytes]:
    packed = content[page.start : page.stop]
    found = memoryview(pa.Codec("zstd").decompress(packed, decompressed_size=page.full))
    row, at = page.first, 0
    try:
        for wanted in rows:
            while row < wanted:
                at += 4 + _LENGTH.unpack_from(found, at)[0]
                row += 1
            size = _LENGTH.unpack_from(found, at)[0]
            yield bytes(found[at + 4 : at + 4 + size])
    except struct.error as error:
        raise ValueError("a page is shorter than its values") from error


def _pages(content: memoryview, at: int, rows: int) -> Iterator[_Page]:
    first = 0
    while first < rows:
        try:
            header, start = _struct(content, at)
            values, encoding = header[_DATA][_VALUES], header[_DATA][_ENCODING]
        except (IndexError, KeyError) as error:
            raise ValueError("a page's header is damaged") from error
        if header[_TYPE] != _DATA_PAGE or encoding != _PLAIN or values < 1:
            raise ValueError("a page is not written as it was sealed")
        at = start + header[_PACKED]
        yield _Page(first, start, at, header[_FULL])
        first += values


def _struct(content: memoryview, at: int) -> tuple[dict[int, Any], int]:
    """Read a struct; return its fields by number and where it ends."""
    found: dict[int, Any] = {}
    number = 0
    while lead := content[at]:
        at += 1
        if lead >> 4:
            number += lead >> 4
        else:
            number, at = _integer(content, at)
        found[number], at = _value(content, at, lead & 15)
    return found, at + 1


def _value(content: memoryview, at: int, kind: int) -> tuple[Any, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if _I16 <= kind <= _I64:
        return _integer(content, at)
    if kind == _BINARY:
        size, at = _unsigned(content, at)
        return bytes(content[at : at + size]), at + size
    if kind == _STRUCT:
        return _struct(content, at)
    raise ValueError("a page's header holds something unknown")


def _integer(content: memoryview, at: int) -> tuple[int, int]:
    value, at = _unsigned(content, at)
    return value >> 1 ^ -(value & 1), at


def _unsigned(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
