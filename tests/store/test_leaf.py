from tocsin.store.leaf import leaf_hash


def test_the_hash_of_an_empty_leaf_is_the_one_in_the_known_vectors():
    # The empty leaf of RFC 6962's reference tests (certificate-transparency, merkletree tests).
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
