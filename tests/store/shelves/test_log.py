"""The log's rows on every store."""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager, suppress
from uuid import UUID, uuid5

import pytest
from django.db import connections

from nouns import a_checkpoint
from tocsin.domain.entry import Leaf
from tocsin.store.django_store import DjangoStore
from tocsin.store.memory import MemoryStore


def append(store, *numbers):
    with store.transaction() as shelves:
        for number in numbers:
            shelves.log.append(UUID(int=number), b"line %d \x00\xff" % number)


def leaf(index, number):
    content = b"line %d \x00\xff" % number
    return Leaf(index=index, content=content, leaf_hash=hashlib.sha256(b"\0" + content).digest())


def test_lines_wait_until_the_sequencer_gives_them_an_index(any_store):
    append(any_store, 1, 2, 3)
    with any_store.transaction() as shelves:
        assert (shelves.log.waiting(), shelves.log.size()) == (3, 0)
        assert shelves.log.sequence(limit=2) == 2
        assert (shelves.log.waiting(), shelves.log.size()) == (1, 2)
        assert shelves.log.waiting_contents() == (leaf(2, 3).content,)
    append(any_store, 4)
    with any_store.transaction() as shelves:
        assert shelves.log.sequence() == 2
        assert shelves.log.sequence() == 0
    with any_store.reading() as shelves:
        assert shelves.log.leaves(0, 10) == (leaf(0, 1), leaf(1, 2), leaf(2, 3), leaf(3, 4))
        assert shelves.log.leaves(1, 3) == (leaf(1, 2), leaf(2, 3))
        assert shelves.log.leaves(4, 9) == ()


def test_a_full_batch_moves_whole(database_store):
    append(database_store, *range(1, 1202))
    with database_store.transaction() as shelves:
        assert shelves.log.sequence() == 1201
        assert (shelves.log.waiting(), shelves.log.size()) == (0, 1201)
        assert shelves.log.leaves(1200, 1201) == (leaf(1200, 1201),)


def test_an_undone_change_leaves_no_line(any_store):
    try:
        with any_store.transaction() as shelves:
            shelves.log.append(UUID(int=1), b"never happened")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    with any_store.reading() as shelves:
        assert shelves.log.waiting() == 0


def test_two_sequencers_at_once_give_each_index_once(postgres_store):
    append(postgres_store, *range(40))
    start = threading.Barrier(2)

    def sequence():
        store = DjangoStore()
        start.wait()
        for _ in range(20):
            with store.transaction() as shelves:
                shelves.log.sequence(limit=3)
        store.hang_up()

    threads = [threading.Thread(target=sequence) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with postgres_store.reading() as shelves:
        assert (shelves.log.waiting(), shelves.log.size()) == (0, 40)
        assert shelves.log.leaves(0, 40) == tuple(leaf(index, index) for index in range(40))


def test_checkpoints_are_kept_by_size(any_store):
    with any_store.transaction() as shelves:
        assert shelves.log.last_checkpoint() is None
        for size in (3, 1, 7):
            shelves.log.add_checkpoint(a_checkpoint(size))
    with any_store.reading() as shelves:
        assert shelves.log.checkpoints() == (a_checkpoint(1), a_checkpoint(3), a_checkpoint(7))
        assert shelves.log.last_checkpoint() == a_checkpoint(7)
        assert shelves.log.checkpoints_over(1, 1) == (a_checkpoint(3),)
        assert shelves.log.checkpoints_over(1, 9) == (a_checkpoint(3), a_checkpoint(7))
        assert shelves.log.checkpoints_over(7, 9) == ()


def test_a_line_appended_without_the_key_is_given_no_place(any_store):
    append(any_store, 1, 2)
    with any_store.transaction() as shelves:
        shelves.log.sequence(limit=1)
    with any_store.reading() as shelves:
        assert (shelves.log.first_forged(0), shelves.log.forged_waiting()) == (None, None)
    append(with_another_key(any_store), 3)
    append(any_store, 4)
    with any_store.reading() as shelves:
        assert (shelves.log.first_forged(0), shelves.log.forged_waiting()) == (2, 2)
    with any_store.transaction() as shelves:
        assert shelves.log.sequence(limit=2) == 2
        assert shelves.log.sequence() == 0
    with any_store.reading() as shelves:
        assert [each.content for each in shelves.log.leaves(0, 9)] == [
            leaf(0, number).content for number in (1, 2, 4)
        ]
        assert (shelves.log.waiting(), shelves.log.forged_waiting()) == (1, 3)


def test_ever_so_many_forged_lines_do_not_keep_ours_from_their_place(any_store):
    append(with_another_key(any_store), *range(100, 110))
    append(any_store, 1, 2, 3)
    with any_store.transaction() as shelves:
        assert shelves.log.sequence(limit=2) == 2
        assert shelves.log.sequence(limit=2) == 1


def test_a_successor_has_its_own_indexes_and_its_own_checkpoints(any_store):
    append(any_store, 1, 2, 3)
    with any_store.transaction() as shelves:
        shelves.log.sequence()
        shelves.log.add_checkpoint(a_checkpoint(2))
        assert shelves.log.carried(2) == ((uuid5(UUID(int=3), "carried"), leaf(2, 3).content),)
        second = shelves.log.of(2)
        second.begin([(UUID(int=9), b"it goes on"), *shelves.log.of(1).carried(2)])
        with pytest.raises(ValueError, match="begun already"):
            second.begin([(UUID(int=10), b"twice")])
    append(any_store, 4)
    with any_store.transaction() as shelves:
        shelves.log.sequence()
    with any_store.reading() as shelves:
        log = shelves.log
        assert (log.latest(), log.size(), log.of(1).size()) == (2, 3, 3)
        assert log.leaves(2, 9) == (leaf(2, 4),)
        assert log.of(1).leaves(0, 9) == (leaf(0, 1), leaf(1, 2), leaf(2, 3))
        assert (log.last_checkpoint(), log.of(1).checkpoints()) == (None, (a_checkpoint(2),))
        assert [log.whereabouts(UUID(int=each)) for each in (1, 3, 4, 5)] == [(1, 0), (2, 1), (2, 2), None]
        assert [log.index_of(UUID(int=each)) for each in (1, 3)] == [None, 1]
        asked = [UUID(int=each) for each in (1, 3, 4, 5, *range(100, 1_100))]
        assert log.indexes_of(asked) == {UUID(int=3): 1, UUID(int=4): 2}
        assert log.of(1).indexes_of(asked) == {UUID(int=1): 0}
        assert [log.is_sealed(UUID(int=each)) for each in (1, 2, 3, 4, 5)] == [
            True,
            True,
            False,
            False,
            False,
        ]
        assert (log.strays(1), log.strays(2)) == (3, 0)
        assert (log.first_forged(0), log.of(1).first_forged(0)) == (None, None)
    with any_store.transaction() as shelves:
        shelves.log.add_checkpoint(a_checkpoint(2))
    append(with_another_key(any_store), 6)
    with any_store.reading() as shelves:
        assert shelves.log.is_sealed(UUID(int=3))
        assert (shelves.log.first_forged(0), shelves.log.of(1).first_forged(0)) == (3, None)


def test_counters_have_no_gap_whatever_is_undone(any_store):
    append(any_store, 1)
    for _ in range(2):
        with suppress(KeyboardInterrupt), any_store.transaction() as shelves:
            shelves.log.append(UUID(int=50), b"never happened")
            raise KeyboardInterrupt
    append(any_store, 2, 3)
    with any_store.transaction() as shelves:
        shelves.log.sequence()
        stamps = shelves.log.stamps(0, 9)
    assert [counter for _, counter in stamps] == [1, 2, 3]
    assert len({writer for writer, _ in stamps}) == 1


def test_a_line_that_claims_to_be_another_one_of_its_writer_is_forged(sqlite_store):
    append(sqlite_store, 1, 2)
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP TRIGGER waiting_never_changes")
        cursor.execute("UPDATE store_logwaiting SET counter = 3 WHERE counter = 2")
    with sqlite_store.reading() as shelves:
        assert shelves.log.forged_waiting() == 1
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE store_logwaiting SET counter = 'zz' WHERE counter = 3")
    with sqlite_store.reading() as shelves:
        assert shelves.log.forged_waiting() == 1


def with_another_key(store):
    """Return a store over the same tables, whose holder does not know our key."""
    if isinstance(store, MemoryStore):
        return _Shared(store, MemoryStore(entry_key=b"guessed"))
    return DjangoStore(entry_key=b"guessed")


class _Shared:
    """Write with the other's key to the one's tables."""

    def __init__(self, one, other):
        self.one, self.other = one, other

    @contextmanager
    def transaction(self):
        self.other._tables = self.one._tables
        with self.other.transaction() as shelves:
            yield shelves
        self.one._tables = self.other._tables


def test_a_leaf_moved_into_memory_without_an_id_is_forged(memory_store):
    with memory_store.transaction() as shelves:
        shelves.log._tables.leaves[0] = leaf(0, 1)
        assert shelves.log.first_forged(0) == 0
