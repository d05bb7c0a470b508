from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.merkle import EMPTY_ROOT, consistency_path, inclusion_path, leaf_hash, root_of
from tocsin.audit.tiles import (
    WIDTH,
    Tile,
    bundle_of,
    consistency_in_tiles,
    entries_of,
    hashes_of,
    inclusion_in_tiles,
    node_in,
    root_at,
    tile_of,
    tiles_between,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(70_000)]


def files_of(size: int) -> dict[tuple[int, int], list[bytes]]:
    """Return each tile's hashes by level and number, from the definition alone."""
    files = {}
    hashes, level = LEAVES[:size], 0
    while hashes:
        for number in range(-(-len(hashes) // WIDTH)):
            files[level, number] = hashes[number * WIDTH : (number + 1) * WIDTH]
        whole = len(hashes) // WIDTH
        hashes = [root_of(hashes[number * WIDTH : (number + 1) * WIDTH]) for number in range(whole)]
        level += 1
    return files


FILES = files_of(70_000)


def read(tile: Tile) -> Sequence[bytes]:
    assert tile.level is not None
    return FILES[tile.level, tile.number][: tile.width]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
        (Tile(None, 1000), "tile/entries/x001/000"),
        (Tile(None, 0, 1), "tile/entries/000.p/1"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tile_of(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0", "tile/0/0", "tile/0/0000", "tile/64/000", "tile/00/000", "tile/-1/000"),
        *("tile/0/x000/001", "tile/0/x001", "tile/0/001/002", "tile/0/000.p/0", "tile/0/000.p/256"),
        *("tile/0/000.p/01", "tile/0/000.p", "/tile/0/000", "tile/0/000/", "tile/0/../000", "tile/data/000"),
        *("tile/0/000\n", "tile/0/\u0660\u0660\u0660", "checkpoint"),
    ],
)
def test_any_other_path_is_no_tiles(path: str) -> None:
    assert tile_of(path) is None


def test_seventy_thousand_entries_have_the_tiles_of_the_format() -> None:
    tiles = list(tiles_between(0, 70_000))
    by_level = {level: [tile.width for tile in tiles if tile.level == level] for level in (None, 0, 1, 2, 3)}
    assert by_level == {
        None: [256] * 273 + [112],
        0: [256] * 273 + [112],
        1: [256, 17],
        2: [1],
        3: [],
    }
    assert len(tiles) == sum(map(len, by_level.values()))


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_growth_writes_exactly_what_was_not_there(one: int, other: int) -> None:
    old_size, size = sorted((one, other))
    before, after = set(tiles_between(0, old_size)), set(tiles_between(0, size))
    assert set(tiles_between(old_size, size)) == after - before
    for tile in after - before:
        assert tile.start < tile.stop <= tile.start + WIDTH


@pytest.mark.parametrize("size", [*range(1, 40), 255, 256, 257, 511, 65_536, 65_537, 70_000])
def test_the_root_in_tiles_is_the_trees(size: int) -> None:
    assert root_at(size, node_in(read)) == root_of(LEAVES[:size])


def test_an_empty_log_has_the_empty_root() -> None:
    assert root_at(0, node_in(read)) == EMPTY_ROOT


def test_paths_in_tiles_are_the_trees() -> None:
    node_at = node_in(read)
    for size in (1, 2, 255, 256, 257, 700, 1025):
        for index in {0, 1, size // 3, size // 2, size - 1} & set(range(size)):
            assert inclusion_in_tiles(index, size, node_at) == inclusion_path(index, size, LEAVES)
        for old_size in {0, 1, size // 3, size // 2, size - 1, size}:
            assert consistency_in_tiles(old_size, size, node_at) == consistency_path(old_size, size, LEAVES)
    assert inclusion_in_tiles(12_345, 70_000, node_at) == inclusion_path(12_345, 70_000, LEAVES)
    with pytest.raises(ValueError, match="no leaf 5"):
        inclusion_in_tiles(5, 5, node_at)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_entries(contents: list[bytes]) -> None:
    assert entries_of(bundle_of(contents)) == tuple(contents)


def test_what_is_no_bundle_or_tile_is_refused() -> None:
    assert bundle_of([bytes(65_535)])[:2] == b"\xff\xff"
    with pytest.raises(ValueError, match="no place"):
        bundle_of([bytes(65_536)])
    for damaged in (b"\0", b"\0\2a"):
        with pytest.raises(ValueError, match="inside"):
            entries_of(damaged)
    assert hashes_of(bytes(64)) == (bytes(32), bytes(32))
    for damaged in (b"", bytes(31), bytes(33), bytes(32 * 257)):
        with pytest.raises(ValueError, match="cannot be"):
            hashes_of(damaged)
