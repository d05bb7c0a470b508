from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.store.hashes import HashFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log" / "hashes"


def hash_of(number: int) -> bytes:
    return bytes([number]) * 32


def test_an_absent_file_holds_nothing(path: Path) -> None:
    assert (HashFile(path).count(), list(HashFile(path).read())) == (0, [])


def test_hashes_come_back_in_order(path: Path) -> None:
    HashFile(path).append(0, [hash_of(0), hash_of(1)])
    HashFile(path).append(2, [hash_of(2)])
    assert list(HashFile(path).read()) == [hash_of(0), hash_of(1), hash_of(2)]
    assert HashFile(path).count() == 3
    assert path.stat().st_mode & 0o077 == 0


def test_more_than_one_read_full_comes_back_whole(path: Path) -> None:
    every = [hash_of(number % 251) for number in range(5000)]
    HashFile(path).append(0, every)
    assert list(HashFile(path).read()) == every


def test_a_torn_end_counts_for_nothing_and_is_written_over(path: Path) -> None:
    HashFile(path).append(0, [hash_of(0)])
    path.write_bytes(path.read_bytes() + b"torn")
    assert (HashFile(path).count(), list(HashFile(path).read())) == (1, [hash_of(0)])
    HashFile(path).append(1, [hash_of(1)])
    assert list(HashFile(path).read()) == [hash_of(0), hash_of(1)]


def test_what_was_never_signed_is_written_anew(path: Path) -> None:
    HashFile(path).append(0, [hash_of(0), hash_of(1), hash_of(2)])
    HashFile(path).append(1, [hash_of(7)])
    assert list(HashFile(path).read()) == [hash_of(0), hash_of(7)]
