import hmac
from uuid import UUID

import pytest

from tocsin.store.leaf import (
    PLACES,
    Stamp,
    entry_mac,
    first_place,
    is_ours,
    is_ours_by_bytes,
    leaf_hash,
    stamp_of,
)


def test_the_hash_of_an_empty_leaf_is_the_one_in_the_known_vectors():
    # The empty leaf of RFC 6962's reference tests (certificate-transparency, merkletree tests).
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_mac_is_of_the_key_the_entry_and_its_bytes() -> None:
    mac = entry_mac(b"key", UUID(int=1), b"line")
    assert is_ours(b"key", UUID(int=1), b"line", mac)
    assert not is_ours(b"kex", UUID(int=1), b"line", mac)
    assert not is_ours(b"key", UUID(int=2), b"line", mac)
    assert not is_ours(b"key", UUID(int=1), b"lime", mac)
    assert not is_ours(b"key", UUID(int=1), b"line", b"")


def test_a_mac_is_of_the_writer_and_its_counter_too() -> None:
    mac = entry_mac(b"key", UUID(int=1), b"line", Stamp(7, 1))
    assert is_ours(b"key", UUID(int=1), b"line", mac, Stamp(7, 1))
    for stamp in (Stamp(7, 2), Stamp(8, 1), None):
        assert not is_ours(b"key", UUID(int=1), b"line", mac, stamp)
    before = entry_mac(b"key", UUID(int=1), bytes(16) + b"line")
    assert not is_ours(b"key", UUID(int=1), b"line", before, Stamp(0, 0))


def test_columns_that_hold_no_numbers_are_no_stamp() -> None:
    assert stamp_of(7, 1) == Stamp(7, 1)
    for writer, counter in ((None, None), ("7", 1), (-1, 1), (1, 1 << 63)):
        assert stamp_of(writer, counter) is None


def test_each_log_of_a_line_has_its_own_places() -> None:
    assert [first_place(number) for number in (1, 2, 3)] == [0, PLACES, 2 * PLACES]


@pytest.mark.parametrize("length", [0, 1, 32, 64, 65, 200])
def test_a_mac_is_hmac_with_a_key_of_any_length(length: int) -> None:
    key, entry = bytes(range(length)), UUID(int=1).bytes
    stamped = hmac.digest(key, b"tocsin stamped entry", "sha256")
    numbers = (7).to_bytes(8, "big") + (1).to_bytes(8, "big")
    assert entry_mac(key, UUID(int=1), b"line") == hmac.digest(key, entry + b"line", "sha256")
    with_stamp = entry_mac(key, UUID(int=1), b"line", Stamp(7, 1))
    assert with_stamp == hmac.digest(stamped, entry + numbers + b"line", "sha256")


@pytest.mark.parametrize("stamp", [None, Stamp(7, 1), Stamp((1 << 63) - 1, 1)])
def test_nonsense_in_any_column_is_not_ours(stamp: Stamp | None) -> None:
    entry, mac = UUID(int=1).bytes, entry_mac(b"key", UUID(int=1), b"line", stamp)
    numbers = (stamp.writer, stamp.counter) if stamp else (None, None)
    assert is_ours_by_bytes(b"key", entry, b"line", mac, *numbers)
    for wrong in ((7, 2), (7, None), (None, 1), (b"7", 1), (7, "1"), (-1, 1), (7, 1 << 63), (7.0, 1)):
        assert not is_ours_by_bytes(b"key", entry, b"line", mac, *wrong)
    for wrong_mac in (None, b"", "text", mac[:-1]):
        assert not is_ours_by_bytes(b"key", entry, b"line", wrong_mac, *numbers)
    assert not is_ours_by_bytes(b"key", b"", b"line", mac, *numbers)
    assert not is_ours_by_bytes(b"key", entry, b"lime", mac, *numbers)
