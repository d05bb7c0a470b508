"""Decompression with a bound, so that a small body cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from tocsin.connectors.refusal import BodyTooLarge, BrokenGzip, detail_of

MAGIC = b"\x1f\x8b"
PIECE = 1 << 20
_SLICE = 1 << 16
_GZIP_WINDOW = 31
"""zlib's own number for "a gzip wrapper with the largest window"."""


def is_gzip(start: bytes) -> bool:
    """Say whether bytes start as a gzip stream does (RFC 1952)."""
    return start.startswith(MAGIC)


def gunzipped(chunks: Iterable[bytes], *, limit: int) -> Iterator[bytes]:
    """Yield the decompressed bytes in pieces of at most 1 MiB; several members in a row are one stream.

    Raises `BodyTooLarge` once more than `limit` bytes came out, `BrokenGzip` for a stream that ends early, is
    damaged or is followed by something else. What was yielded before must then not be trusted.
    """
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    total, is_between = 0, True
    for chunk in chunks:
        rest = chunk
        while rest:
            if is_between and not rest.strip(b"\0"):
                break  # Tape tools pad with zeros, and gzip itself accepts them.
            piece, rest, is_between = _inflate(inflater, rest)
            total += len(piece)
            if total > limit:
                raise BodyTooLarge(f"The gzip body is larger than {limit} bytes after decompression.")
            if piece:
                yield piece
            if is_between:
                inflater = zlib.decompressobj(_GZIP_WINDOW)
    if not is_between:
        raise BrokenGzip("gzip ended early.")


def _inflate(inflater: zlib._Decompress, compressed: bytes) -> tuple[bytes, bytes, bool]:
    """Return (one piece, what is still compressed, whether a member has ended)."""
    try:
        piece = inflater.decompress(compressed, PIECE)
    except zlib.error as error:
        raise BrokenGzip(f"The gzip stream is damaged: {detail_of(error)}.") from error
    if inflater.eof:
        return piece, inflater.unused_data, True
    return piece, inflater.unconsumed_tail, False


def gunzip(body: bytes, *, limit: int) -> bytes:
    """Return the whole body decompressed. Raises as `gunzipped` does."""
    slices = (body[start : start + _SLICE] for start in range(0, len(body), _SLICE))
    return b"".join(gunzipped(slices, limit=limit))
