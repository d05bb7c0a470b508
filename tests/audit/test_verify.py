from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.audit.checkpoint import Head
from tocsin.audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from tocsin.audit.verify import Damaged, Verdict, interleaved, unless_forged, verify, verify_records
from tocsin.domain.entry import Leaf, Stretch


def rewritten(leaf: Leaf) -> Leaf:
    """Change content and stored hash alike, as whoever can write to the database would."""
    content = leaf.content + b"!"
    return replace(leaf, content=content, leaf_hash=leaf_hash(content))


def verdict_of(book: Any, **changes: Any) -> Verdict:
    leaves = changes.pop("leaves", book.leaves)
    checkpoints = changes.pop("checkpoints", book.checkpoints)
    return verify([Stretch.of(tuple(leaves))], checkpoints, book.key, **changes)


def test_an_untouched_log_is_sound(book: Any) -> None:
    assert verdict_of(book, unsequenced=4) == Verdict(
        sound=True,
        size=10,
        root=root_of(leaf.leaf_hash for leaf in book.leaves),
        first_broken=None,
        reason="9 of 10 entries are as they were signed; the rest awaits a checkpoint.",
        checkpoints_checked=3,
        sealed_size=9,
        unsequenced=4,
    )


def test_a_wholly_signed_log_says_so(books: Callable[..., Any]) -> None:
    verdict = verdict_of(books(7, 3, 7))
    assert verdict.sound
    assert verdict.reason == "All 7 entries are as they were signed."


def test_an_empty_log_is_sound(books: Callable[..., Any]) -> None:
    verdict = verdict_of(books(0, 0))
    assert (verdict.sound, verdict.size, verdict.root, verdict.checkpoints_checked) == (
        True,
        0,
        EMPTY_ROOT,
        1,
    )


@pytest.mark.parametrize("index", range(10))
def test_changed_bytes_name_their_entry(book: Any, index: int) -> None:
    leaves = list(book.leaves)
    leaves[index] = replace(leaves[index], content=b'{"n":99}')
    verdict = verdict_of(book, leaves=leaves)
    assert (verdict.sound, verdict.first_broken) == (False, index)
    assert f"bytes of entry {index}" in verdict.reason


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_bit_names_its_entry(book: Any, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, 9))
    original = book.leaves[index]
    content = bytearray(original.content + original.leaf_hash)
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    end = len(original.content)
    changed = replace(original, content=bytes(content[:end]), leaf_hash=bytes(content[end:]))
    verdict = verdict_of(book, leaves=(*book.leaves[:index], changed, *book.leaves[index + 1 :]))
    assert (verdict.sound, verdict.first_broken) == (False, index)


@pytest.mark.parametrize("index", range(9))
def test_a_missing_row_names_its_entry(book: Any, index: int) -> None:
    verdict = verdict_of(book, leaves=[leaf for leaf in book.leaves if leaf.index != index])
    assert (verdict.sound, verdict.first_broken) == (False, index)
    assert f"entry {index} is missing" in verdict.reason.lower()


def test_a_missing_row_in_the_unsigned_tail_names_its_entry(books: Callable[..., Any]) -> None:
    book = books(10, 3)
    verdict = verdict_of(book, leaves=[leaf for leaf in book.leaves if leaf.index != 6])
    assert verdict.first_broken == 6
    assert verdict.reason == "Entry 6 is missing; entry 7 stands in its place."


def test_an_extra_row_is_named(book: Any, leaf_of: Callable[..., Leaf]) -> None:
    twice = verdict_of(book, leaves=(*book.leaves[:5], book.leaves[4], *book.leaves[5:]))
    assert twice.first_broken == 5
    assert twice.reason.startswith("Entry 4 stands where entry 5 belongs")
    before = verdict_of(book, leaves=(leaf_of(-1), *book.leaves))
    assert before.first_broken == 0
    assert before.reason.startswith("Entry -1 stands where entry 0 belongs")


def test_swapped_contents_are_bounded_by_checkpoints(book: Any) -> None:
    leaves = list(book.leaves)
    leaves[4], leaves[5] = replace(leaves[5], index=4), replace(leaves[4], index=5)
    verdict = verdict_of(book, leaves=leaves)
    assert (verdict.sound, verdict.first_broken, verdict.last_suspect) == (False, 3, 6)
    assert "entries 3 to 6" in verdict.reason


@pytest.mark.parametrize(
    ("index", "first", "named"),
    [(0, 0, "entries 0 to 2"), (2, 0, "entries 0 to 2"), (3, 3, "entries 3 to 6"), (6, 3, "entries 3 to 6")],
)
def test_bytes_and_hash_changed_alike_are_bounded_by_checkpoints(
    book: Any, index: int, first: int, named: str
) -> None:
    leaves = list(book.leaves)
    leaves[index] = rewritten(leaves[index])
    verdict = verdict_of(book, leaves=leaves)
    assert (verdict.sound, verdict.first_broken) == (False, first)
    assert named in verdict.reason


def test_a_single_suspect_is_named_alone(books: Callable[..., Any]) -> None:
    book = books(4, 3, 4)
    verdict = verdict_of(book, leaves=(*book.leaves[:3], rewritten(book.leaves[3])))
    assert verdict.first_broken == 3
    assert "something was changed in entry 3, " in verdict.reason


def test_a_truncated_tail_names_the_first_missing_entry(book: Any) -> None:
    verdict = verdict_of(book, leaves=book.leaves[:8])
    assert (verdict.sound, verdict.first_broken, verdict.size) == (False, 8, 8)
    assert (
        verdict.reason
        == "A signed checkpoint covers 9 entries, but only 8 stand before it; entry 8 is missing."
    )


def test_an_emptied_table_names_entry_0(book: Any) -> None:
    assert verdict_of(book, leaves=()).first_broken == 0


def test_a_tail_removed_with_its_checkpoints_is_found_by_what_the_signer_remembers(book: Any) -> None:
    shorter = {"leaves": book.leaves[:8], "checkpoints": book.checkpoints[:2]}
    assert verdict_of(book, **shorter).sound
    kept = Head(book.key.name, 9, book.checkpoints[2].root)
    verdict = verdict_of(book, **shorter, kept=kept)
    assert (verdict.sound, verdict.first_broken) == (False, 8)
    assert "The signer remembers having signed 9 entries" in verdict.reason


def test_a_log_rewritten_with_all_checkpoints_removed_is_found_by_what_the_signer_remembers(
    book: Any,
) -> None:
    kept = Head(book.key.name, 9, book.checkpoints[2].root)
    leaves = (*book.leaves[:4], rewritten(book.leaves[4]), *book.leaves[5:])
    assert verdict_of(book, leaves=leaves, checkpoints=()).sound
    verdict = verdict_of(book, leaves=leaves, checkpoints=(), kept=kept)
    assert (verdict.sound, verdict.first_broken) == (False, 0)
    assert "the head that the signer remembers" in verdict.reason


def test_what_the_signer_remembers_vouches_for_entries(book: Any) -> None:
    verdict = verdict_of(book, checkpoints=(), kept=Head(book.key.name, 9, book.checkpoints[2].root))
    assert (verdict.first_broken, verdict.sealed_size, verdict.checkpoints_checked) == (None, 9, 0)


def test_a_removed_checkpoint_that_the_signer_remembers_is_missed(book: Any) -> None:
    kept = Head(book.key.name, 9, book.checkpoints[2].root)
    assert verdict_of(book, kept=kept).sound
    for left in ((), book.checkpoints[:2]):
        verdict = verdict_of(book, checkpoints=left, kept=kept)
        assert (verdict.sound, verdict.first_broken) == (False, None)
        assert "remembers a checkpoint at size 9" in verdict.reason


def test_a_signer_that_signed_nothing_misses_nothing(books: Callable[..., Any]) -> None:
    book = books(2)
    assert verdict_of(book, kept=Head(book.key.name, 0, EMPTY_ROOT)).sound


def test_a_forged_tail_is_bounded_by_the_last_good_checkpoint(book: Any, eve: Any) -> None:
    forged = tuple(rewritten(leaf) for leaf in book.leaves[7:])
    leaves = (*book.leaves[:7], *forged)
    false_note = replace(book, signer=eve).signed_at(9, leaves)
    verdict = verdict_of(book, leaves=leaves, checkpoints=(*book.checkpoints[:2], false_note))
    assert (verdict.sound, verdict.first_broken, verdict.sealed_size) == (False, 7, 7)
    assert "checkpoint at size 9 is damaged" in verdict.reason
    assert "vouches for entries 7 to 8." in verdict.reason


def test_a_damaged_checkpoint_accuses_no_entry_that_a_later_one_vouches_for(book: Any) -> None:
    damaged = replace(book.checkpoints[1], note="not a note")
    verdict = verdict_of(book, checkpoints=(book.checkpoints[0], damaged, book.checkpoints[2]))
    assert (verdict.sound, verdict.first_broken, verdict.checkpoints_checked) == (False, None, 2)
    assert verdict.reason.endswith("The entries themselves were not changed.")


def test_the_first_of_two_damaged_checkpoints_is_named_and_the_greater_size_counts(book: Any) -> None:
    damaged = tuple(replace(checkpoint, note="not a note") for checkpoint in book.checkpoints[1:])
    verdict = verdict_of(book, checkpoints=(book.checkpoints[0], *damaged))
    assert verdict.first_broken == 3
    assert "checkpoint at size 7 is damaged" in verdict.reason
    assert "vouches for entries 3 to 8." in verdict.reason


@pytest.mark.parametrize("change", [{"root": EMPTY_ROOT}, {"size": 6}, {"origin": "other"}])
def test_a_checkpoint_row_that_differs_from_its_note_is_damaged(book: Any, change: dict[str, Any]) -> None:
    damaged = replace(book.checkpoints[1], **change)
    verdict = verdict_of(book, checkpoints=(book.checkpoints[0], damaged, book.checkpoints[2]))
    assert (verdict.sound, verdict.first_broken) == (False, None)
    assert "stored with other values" in verdict.reason


def test_checkpoints_out_of_order_are_found(book: Any) -> None:
    first, second, third = book.checkpoints
    verdict = verdict_of(book, checkpoints=(second, first, third))
    assert (verdict.sound, verdict.first_broken) == (False, None)
    assert "checkpoint at size 3 is not in its place" in verdict.reason


def test_two_signatures_at_one_size_are_sound_if_they_agree(book: Any) -> None:
    assert verdict_of(book, checkpoints=(*book.checkpoints, book.checkpoints[2])).sound


def test_a_second_signed_tree_of_the_same_size_is_found(book: Any) -> None:
    leaves = (*book.leaves[:8], rewritten(book.leaves[8]))
    verdict = verdict_of(book, checkpoints=(*book.checkpoints, book.signed_at(9, leaves)))
    assert not verdict.sound


def test_another_logs_key_vouches_for_nothing(book: Any, eve: Any) -> None:
    verdict = verify([Stretch.of(book.leaves)], book.checkpoints, replace(book, signer=eve).key)
    assert (verdict.sound, verdict.first_broken, verdict.sealed_size) == (False, 0, 0)


def test_an_unreadable_record_breaks_the_log_where_it_stands(book: Any) -> None:
    records = [*interleaved(book.leaves[:5], book.checkpoints[:1]), Damaged("Line 8 cannot be read.")]
    verdict = verify_records(records, book.key)
    assert (verdict.sound, verdict.first_broken, verdict.reason) == (False, 5, "Line 8 cannot be read.")


def test_checkpoints_stand_behind_the_last_leaf_they_cover(book: Any) -> None:
    order = [getattr(record, "index", None) for record in interleaved(book.leaves, book.checkpoints)]
    assert order == [0, 1, 2, None, 3, 4, 5, 6, None, 7, 8, None, 9]


def test_checkpoints_without_leaves_come_all_the_same(book: Any) -> None:
    assert tuple(interleaved((), book.checkpoints)) == tuple(book.checkpoints)


def test_an_unsigned_entry_without_our_mac_breaks_a_sound_log(book: Any) -> None:
    sound = verdict_of(book)
    assert unless_forged(sound, None) == sound
    forged = unless_forged(sound, 9)
    assert (forged.sound, forged.first_broken, forged.sealed_size) == (False, 9, 9)
    assert "Entry 9 was not written by Tocsin" in forged.reason
    broken = verdict_of(book, leaves=())
    assert unless_forged(broken, 9) == broken


@pytest.mark.parametrize("index", range(10))
def test_bytes_and_hash_changed_alike_are_named_by_the_hashes_kept_outside(book: Any, index: int) -> None:
    leaves = list(book.leaves)
    leaves[index] = rewritten(leaves[index])
    leaves[9] = rewritten(leaves[9])
    verdict = verdict_of(book, leaves=leaves, hashes=[leaf.leaf_hash for leaf in book.leaves])
    assert (verdict.sound, verdict.first_broken) == (False, index)
    assert f"Entry {index} was changed" in verdict.reason


def test_others_in_the_place_of_entries_that_are_cut_off_are_named_first(book: Any) -> None:
    hashes = [leaf.leaf_hash for leaf in book.leaves]
    leaves = [*book.leaves[:2], rewritten(book.leaves[2])]
    for kept in (None, Head(book.key.name, 9, root_of(hashes[:9]))):
        verdict = verdict_of(book, leaves=leaves, checkpoints=book.checkpoints[-1:], hashes=hashes, kept=kept)
        assert (verdict.first_broken, verdict.size) == (2, 3)
        assert "entry 3 is missing" in verdict.reason
    verdict = verify(
        [Stretch.of(leaves)], (), book.key, kept=Head(book.key.name, 9, root_of(hashes[:9])), hashes=hashes
    )
    assert verdict.first_broken == 2


def test_fewer_hashes_outside_than_entries_are_enough(book: Any) -> None:
    assert verdict_of(book, hashes=[leaf.leaf_hash for leaf in book.leaves[:4]]).sound


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_makes_no_difference_how_the_leaves_are_divided(book: Any, data: st.DataObject) -> None:
    leaves = list(book.leaves)
    for at in data.draw(st.lists(st.integers(0, 8), max_size=2)):
        leaves[at] = data.draw(st.sampled_from([rewritten(leaves[at]), replace(leaves[at], content=b"!")]))
    if data.draw(st.booleans()):
        del leaves[data.draw(st.integers(0, 9))]
    kept = data.draw(st.sampled_from([None, *(Head(book.key.name, n, root_of(())) for n in (0, 4, 12))]))
    hashes = [leaf.leaf_hash for leaf in book.leaves][: data.draw(st.integers(0, 10))]
    cuts = sorted(data.draw(st.lists(st.integers(0, 10), max_size=9)))
    parts = [
        Stretch.of(leaves[start:stop]) for start, stop in zip([0, *cuts], [*cuts, len(leaves)], strict=True)
    ]
    found = [
        verify(each, book.checkpoints, book.key, kept=kept, hashes=hashes)
        for each in (parts, [Stretch.of(leaves)], [Stretch.of([leaf]) for leaf in leaves])
    ]
    records = interleaved(leaves, book.checkpoints)
    assert found == [verify_records(records, book.key, kept=kept, hashes=hashes)] * 3


def test_a_damaged_hash_outside_accuses_no_entry(book: Any) -> None:
    hashes = [leaf.leaf_hash for leaf in book.leaves]
    verdict = verdict_of(book, hashes=[*hashes[:4], b"x" * 32, *hashes[5:]])
    assert (verdict.sound, verdict.first_broken, verdict.sealed_size) == (False, None, 9)
    assert "hash of entry 4 that is kept outside the database is damaged" in verdict.reason
