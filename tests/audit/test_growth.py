from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.checkpoint import Head
from tocsin.audit.growth import EntryForged, EntryMissing, LogForked, LogShrank, grown, refuse_unless_grown
from tocsin.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash, root_of
from tocsin.domain.entry import Leaf

ORIGIN = "tocsin.example/audit"
EMPTY = Head(ORIGIN, 0, EMPTY_ROOT)


def head_of(leaves: tuple[Leaf, ...], size: int) -> Head:
    return Head(ORIGIN, size, root_of(leaf.leaf_hash for leaf in leaves[:size]))


def test_a_head_may_stay_or_grow(book: Any) -> None:
    last = head_of(book.leaves, 5)
    refuse_unless_grown(last, last)
    refuse_unless_grown(last, head_of(book.leaves, 6))
    refuse_unless_grown(EMPTY, last)


def test_a_smaller_head_is_refused_with_both_sizes(book: Any) -> None:
    with pytest.raises(LogShrank, match="has 4 entries, but 5 were signed") as refused:
        refuse_unless_grown(head_of(book.leaves, 5), head_of(book.leaves, 4))
    assert "audit-integrity" in refused.value.next_step


def test_another_root_at_the_same_size_is_refused(book: Any) -> None:
    last = head_of(book.leaves, 5)
    with pytest.raises(LogForked, match="first 5 entries"):
        refuse_unless_grown(last, replace(last, root=EMPTY_ROOT))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_next_head_is_the_same_from_any_kept_frontier(first: int, second: int, third: int) -> None:
    start, signed_size, size = sorted((first, second, third))
    leaves = tuple(Leaf(index=n, content=b"%d" % n, leaf_hash=leaf_hash(b"%d" % n)) for n in range(size))
    frontier = Frontier()
    for leaf in leaves[:start]:
        frontier.append(leaf.leaf_hash)
    assert grown(frontier, leaves[start:], head_of(leaves, signed_size)) == head_of(leaves, size)


def test_a_changed_signed_entry_gets_no_next_head(book: Any) -> None:
    last = head_of(book.leaves, 5)
    changed = replace(book.leaves[2], leaf_hash=leaf_hash(b"changed"))
    with pytest.raises(LogForked):
        grown(Frontier(), (*book.leaves[:2], changed, *book.leaves[3:]), last)


def test_a_false_kept_frontier_gets_no_next_head(book: Any) -> None:
    frontier = Frontier()
    for _ in range(5):
        frontier.append(leaf_hash(b"false"))
    with pytest.raises(LogForked):
        grown(frontier, book.leaves[5:], head_of(book.leaves, 5))


def test_a_log_that_lost_signed_entries_gets_no_next_head(book: Any) -> None:
    with pytest.raises(LogShrank):
        grown(Frontier(), book.leaves[:4], head_of(book.leaves, 5))


def test_a_gap_or_a_frontier_too_far_on_is_a_mistake_of_the_caller(book: Any) -> None:
    with pytest.raises(EntryMissing, match="Entry 0 "):
        grown(Frontier(), book.leaves[1:], EMPTY)
    frontier = Frontier()
    frontier.append(book.leaves[0].leaf_hash)
    with pytest.raises(ValueError, match="cannot be compared"):
        grown(frontier, book.leaves[1:], EMPTY)


def test_a_forged_entry_is_named() -> None:
    assert EntryForged(7).index == 7
    assert "Entry 7 " in EntryForged(7).happened
