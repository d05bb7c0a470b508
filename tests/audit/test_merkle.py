from __future__ import annotations

from base64 import b64decode
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    includes,
    inclusion_path,
    is_consistent,
    leaf_hash,
    node_hash,
    root_of,
)

# The reference leaves and roots of Certificate Transparency.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SEVEN = [leaf_hash(b'{"n":%d}' % n) for n in range(7)]
MOST = 129
LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(MOST)]


@cache
def recursive_root(start: int, stop: int) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    width = stop - start
    if width == 0:
        return sha256(b"").digest()
    if width == 1:
        return LEAVES[start]
    k = 1
    while k * 2 < width:
        k *= 2
    return node_hash(recursive_root(start, start + k), recursive_root(start + k, stop))


def recursive_path(index: int, start: int, stop: int) -> list[bytes]:
    width = stop - start
    if width == 1:
        return []
    k = 1
    while k * 2 < width:
        k *= 2
    middle = start + k
    if index < middle:
        return [*recursive_path(index, start, middle), recursive_root(middle, stop)]
    return [*recursive_path(index, middle, stop), recursive_root(start, middle)]


def recursive_proof(old: int, start: int, stop: int, *, known: bool) -> list[bytes]:
    width = stop - start
    if old == width:
        return [] if known else [recursive_root(start, stop)]
    k = 1
    while k * 2 < width:
        k *= 2
    middle = start + k
    if old <= k:
        return [*recursive_proof(old, start, middle, known=known), recursive_root(middle, stop)]
    return [*recursive_proof(old - k, middle, stop, known=False), recursive_root(start, middle)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_equal_those_of_certificate_transparency(size: int) -> None:
    assert root_of(leaf_hash(leaf) for leaf in CT_LEAVES[:size]).hex() == CT_ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of(()) == EMPTY_ROOT == sha256(b"").digest()


def test_the_published_seven_entry_tree_is_reproduced() -> None:
    def decoded(*hashes: str) -> tuple[bytes, ...]:
        return tuple(b64decode(each) for each in hashes)

    assert decoded("Z8vzSda05Mr0MKlnUcpTIhRBTC+Mn3xWervD5S8t85E=") == (SEVEN[4],)
    assert decoded("LP73YnWX4AtWSXV3Stco7yEHBnWfym1kE4xt/By/LNo=") == (root_of(SEVEN[:3]),)
    assert decoded("ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=") == (root_of(SEVEN),)
    assert inclusion_path(4, 7, SEVEN) == decoded(
        "BkFPG6Sqos2I2VI8KqBZxmhuYogyhOM1ap+tl9+15hk=",
        "twd0fosJ36rGfSxIXhIv1/ZKN3lC+V+dsHff086jEnM=",
        "vQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=",
    )
    assert consistency_path(3, 7, SEVEN) == decoded(
        "PR3ndt8IbBrp9wSdK7DAR1rRQYX5h+Bk6NENyy20oyI=",
        "10otHyrxwcrWxeiob8hpFi59HqAecpq/8XhR0QlI+ZQ=",
        "O63IBTfwKeG7dygNyFIDzy7ZdI3I9XEjD8ulwybJEGg=",
        "LdgcWRHnNMaadFY22ZkAO1Qh7iBxBzbI0iRUtULajVw=",
    )


def test_roots_equal_the_recursive_definition_up_to_129() -> None:
    frontier = Frontier()
    for size in range(MOST + 1):
        assert frontier.root() == recursive_root(0, size)
        assert frontier.size == size
        if size < MOST:
            frontier.append(LEAVES[size])


def test_every_inclusion_path_up_to_129_equals_the_recursive_one_and_holds() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            path = recursive_path(index, 0, size)
            assert includes(recursive_root(0, size), size, index, LEAVES[index], path)
    for size in (1, 2, 3, 5, 7, 8, 63, 64, 65, 100, 127, 128, 129):
        for index in range(size):
            assert list(inclusion_path(index, size, LEAVES)) == recursive_path(index, 0, size)


def test_every_consistency_path_up_to_129_equals_the_recursive_one_and_holds() -> None:
    for size in range(1, MOST + 1):
        for old in range(1, size + 1):
            path = recursive_proof(old, 0, size, known=True)
            assert is_consistent(recursive_root(0, old), old, recursive_root(0, size), size, path)
    for size in (1, 2, 3, 5, 7, 8, 63, 64, 65, 100, 127, 128, 129):
        for old in range(1, size + 1):
            assert list(consistency_path(old, size, LEAVES)) == recursive_proof(old, 0, size, known=True)


def flipped(original: bytes, bit: int) -> bytes:
    changed = bytearray(original)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(st.data())
def test_an_inclusion_proof_with_any_one_thing_changed_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 255))
    root, leaf, path = recursive_root(0, size), LEAVES[index], recursive_path(index, 0, size)
    at = data.draw(st.integers(0, max(len(path) - 1, 0)))
    assert not includes(flipped(root, bit), size, index, leaf, path)
    assert not includes(root, size, index, flipped(leaf, bit), path)
    assert not includes(root, size, index, leaf, [*path, flipped(root, bit)])
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else size
    assert not includes(root, size, other, leaf, path)
    if path:
        assert not includes(root, size, index, leaf, [*path[:at], flipped(path[at], bit), *path[at + 1 :]])
        assert not includes(root, size, index, leaf, [*path[:at], *path[at + 1 :]])


@given(st.data())
def test_a_consistency_proof_with_any_one_thing_changed_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST))
    old = data.draw(st.integers(1, size - 1))
    bit = data.draw(st.integers(0, 255))
    old_root, root = recursive_root(0, old), recursive_root(0, size)
    path = recursive_proof(old, 0, size, known=True)
    at = data.draw(st.integers(0, len(path) - 1))
    assert not is_consistent(flipped(old_root, bit), old, root, size, path)
    assert not is_consistent(old_root, old, flipped(root, bit), size, path)
    assert not is_consistent(old_root, old, root, size, [*path[:at], flipped(path[at], bit), *path[at + 1 :]])
    assert not is_consistent(old_root, old, root, size, [*path[:at], *path[at + 1 :]])
    assert not is_consistent(old_root, old, root, size, [*path, flipped(root, bit)])


R3, R7 = root_of(SEVEN[:3]), root_of(SEVEN)


@pytest.mark.parametrize(
    ("old_root", "old", "root", "size", "path", "holds"),
    [
        pytest.param(R7, 7, R7, 7, (), True, id="the same tree needs no hashes"),
        pytest.param(R7, 7, R7, 7, (R3,), False, id="the same tree takes no hashes"),
        pytest.param(R3, 7, R7, 7, (), False, id="one size has one root"),
        pytest.param(EMPTY_ROOT, 0, R7, 7, (), True, id="everything grows from nothing"),
        pytest.param(EMPTY_ROOT, 0, R7, 7, (R3,), False, id="nothing takes no hashes"),
        pytest.param(R3, 0, R7, 7, (), False, id="nothing has the empty root"),
        pytest.param(R7, 7, R3, 3, (), False, id="a log never shrinks"),
        pytest.param(R3, -1, R7, 7, (), False, id="no size is negative"),
        pytest.param(R3, 3, R7, 7, (), False, id="an empty proof proves no growth"),
        pytest.param(R3, 3, R7, 7, (b"short",), False, id="a hash has 32 bytes"),
    ],
)
def test_consistency_at_the_edges(
    old_root: bytes, old: int, root: bytes, size: int, path: tuple[bytes, ...], holds: bool
) -> None:
    assert is_consistent(old_root, old, root, size, path) is holds


@pytest.mark.parametrize(
    ("size", "index", "leaf", "path"),
    [
        pytest.param(7, 7, SEVEN[0], (), id="an index beyond the tree"),
        pytest.param(7, -1, SEVEN[0], (), id="a negative index"),
        pytest.param(1, 0, SEVEN[0], (R3,), id="a hash too many"),
        pytest.param(7, 0, SEVEN[0], (b"short",), id="a short hash"),
        pytest.param(7, 0, b"short", (), id="a short leaf hash"),
    ],
)
def test_inclusion_is_refused_for(size: int, index: int, leaf: bytes, path: tuple[bytes, ...]) -> None:
    assert not includes(root_of(SEVEN[:size]), size, index, leaf, path)


def test_no_growth_needs_no_consistency_path() -> None:
    assert consistency_path(0, 7, SEVEN) == consistency_path(7, 7, SEVEN) == ()


def test_paths_are_only_made_within_the_tree() -> None:
    with pytest.raises(ValueError, match="no leaf 7"):
        inclusion_path(7, 7, SEVEN)
    with pytest.raises(ValueError, match="no prefix"):
        consistency_path(8, 7, SEVEN)
    with pytest.raises(ValueError, match="fewer leaves"):
        inclusion_path(2, 9, SEVEN)
    with pytest.raises(ValueError, match="fewer leaves"):
        consistency_path(2, 9, SEVEN)


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_a_stored_frontier_goes_on_where_it_stopped(first: int, second: int) -> None:
    first, second = sorted((first, second))
    frontier = Frontier()
    for leaf in LEAVES[:first]:
        frontier.append(leaf)
    resumed = Frontier.from_bytes(frontier.to_bytes())
    for leaf in LEAVES[first:second]:
        resumed.append(leaf)
    assert (resumed.size, resumed.root()) == (second, recursive_root(0, second))


@pytest.mark.parametrize(
    "stored", [b"", b"\0" * 7, b"\0" * 7 + b"\1", b"\0" * 9, b"\0" * 7 + b"\1" + b"x" * 33]
)
def test_a_frontier_of_the_wrong_length_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="frontier"):
        Frontier.from_bytes(stored)


@given(sizes=st.lists(st.integers(0, 40), max_size=6))
def test_many_leaves_at_once_make_the_same_frontier_as_each_by_itself(sizes: list[int]) -> None:
    singly, together, count = Frontier(), Frontier(), 0
    for size in sizes:
        leaves = [leaf_hash(b"%d" % number) for number in range(count, count + size)]
        count += size
        for leaf in leaves:
            singly.append(leaf)
        together.extend(leaves)
        assert together.to_bytes() == singly.to_bytes()
