from uuid import UUID

from tocsin.store.leaf import entry_mac, is_ours, leaf_hash


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
