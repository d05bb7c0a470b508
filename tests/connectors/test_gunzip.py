"""Decompression is bounded, and a stream that is not whole is never taken for one."""

from __future__ import annotations

import gzip
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.gunzip import gunzip, gunzipped, is_gzip
from tocsin.connectors.refusal import BodyTooLarge, BrokenGzip

NOISE = random.Random(7).randbytes(300_000)


@settings(deadline=None)
@given(st.binary(max_size=5000), st.integers(1, 700))
def test_any_bytes_in_any_chunks_come_back(content: bytes, size: int) -> None:
    packed = gzip.compress(content)
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(gunzipped(chunks, limit=5000)) == content


def test_several_members_and_zero_padding_are_one_stream() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(NOISE) + b"\0" * 600
    assert gunzip(packed, limit=10**6) == b"one " + NOISE


def test_a_bomb_is_refused_at_the_limit() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 60_000
    pieces: list[bytes] = []
    with pytest.raises(BodyTooLarge):
        pieces.extend(gunzipped((bomb,), limit=3_000_000))
    assert sum(map(len, pieces)) <= 3_000_000


def test_exactly_the_limit_is_taken() -> None:
    assert len(gunzip(gzip.compress(bytes(1000)), limit=1000)) == 1000


@pytest.mark.parametrize("kept", [1, 5, 10, 11, 1000, 150_000])
def test_half_a_gzip_is_broken(kept: int) -> None:
    with pytest.raises(BrokenGzip, match="gzip ended early"):
        gunzip(gzip.compress(NOISE)[:kept], limit=10**6)


def test_a_missing_trailer_is_broken() -> None:
    with pytest.raises(BrokenGzip, match="gzip ended early"):
        gunzip(gzip.compress(b"whole text")[:-1], limit=1000)


def test_damage_and_trailing_bytes_are_broken() -> None:
    packed = bytearray(gzip.compress(NOISE))
    packed[-6] ^= 1
    with pytest.raises(BrokenGzip, match="damaged"):
        gunzip(bytes(packed), limit=10**6)
    with pytest.raises(BrokenGzip, match="damaged"):
        gunzip(gzip.compress(b"a") + b'{"b":1}', limit=10**6)


def test_gzip_is_known_by_its_first_bytes() -> None:
    assert is_gzip(gzip.compress(b""))
    assert not is_gzip(b'{"a":1}')
