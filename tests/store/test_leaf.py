from uuid import UUID

from tocsin.store.leaf import PLACES, Stamp, entry_mac, first_place, is_ours, leaf_hash, stamp_of


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
