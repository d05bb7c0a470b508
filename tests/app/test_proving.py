from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import NOON
from tocsin.app.proving import Proving, demand_keys, leaves_of
from tocsin.audit.trust import Reached, trust_of
from tocsin.domain.clock import PushedClock
from tocsin.domain.entry import Leaf
from tocsin.domain.errors import Misconfigured
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.store.leaf import leaf_hash
from tocsin.store.lineage import Lineage
from tocsin.store.memory import MemoryStore
from tocsin.worker.seals import Seals


@pytest.fixture
def proving(tmp_path, memory_store) -> Proving:
    """Return the proving of a log of three sealed entries and one that waits."""
    logs = Lineage(tmp_path / "log.key", "tocsin.test/audit", tmp_path / "hashes")
    with memory_store.transaction() as shelves:
        for _ in range(3):
            note(shelves, Happening.NOTE, at=NOON)
    Seals(memory_store, PushedClock(NOON), logs, None).round()
    with memory_store.transaction() as shelves:
        note(shelves, Happening.NOTE, at=NOON)
    return Proving(memory_store, logs)


def test_a_sound_log_is_sound_and_says_what_waits(proving) -> None:
    verdict = proving.verify()
    assert (verdict.sound, verdict.size, verdict.sealed_size, verdict.unsequenced) == (True, 3, 3, 1)


def test_a_changed_entry_is_named(proving, memory_store) -> None:
    with memory_store.transaction() as shelves:
        leaf = shelves.log._tables.leaves[1]
        shelves.log._tables.leaves[1] = Leaf(
            index=1, content=leaf.content[:-1] + b" ", leaf_hash=leaf.leaf_hash
        )
    verdict = proving.verify()
    assert (verdict.sound, verdict.first_broken) == (False, 1)


def test_removed_checkpoints_are_missed(proving, memory_store) -> None:
    pauses: list[float] = []
    with memory_store.transaction() as shelves:
        shelves.log._tables.checkpoints.clear()
    verdict = replace(proving, pause=pauses.append).verify()
    assert (verdict.sound, verdict.first_broken, pauses) == (False, None, [1.0])


def test_a_checkpoint_that_is_just_being_stored_is_waited_for(proving, memory_store) -> None:
    with memory_store.transaction() as shelves:
        stored = dict(shelves.log._tables.checkpoints)
        shelves.log._tables.checkpoints.clear()

    def store_it(seconds: float) -> None:
        with memory_store.transaction() as shelves:
            shelves.log._tables.checkpoints.update(stored)

    assert replace(proving, pause=store_it).verify().sound


def test_keys_are_made_only_for_a_log_without_entries(proving, memory_store, tmp_path) -> None:
    demand_keys(MemoryStore(), tmp_path / "lost")
    demand_keys(memory_store, tmp_path / "log.key")
    with pytest.raises(Misconfigured) as refusal:
        demand_keys(memory_store, tmp_path / "log.key", tmp_path / "lost")
    assert refusal.value.happened == f"The key {tmp_path / 'lost'} is gone, although the log has 4 entries."


def test_a_log_rewritten_with_its_checkpoints_gone_is_caught_by_the_signers_memory(
    proving, memory_store
) -> None:
    with memory_store.transaction() as shelves:
        forged = b"{}"
        shelves.log._tables.leaves[1] = Leaf(index=1, content=forged, leaf_hash=leaf_hash(forged))
        shelves.log._tables.checkpoints.clear()
    assert not replace(proving, pause=lambda _: None).verify().sound


def test_an_export_holds_every_entry(proving) -> None:
    lines = list(proving.export())
    assert len(lines) >= 4
    assert sum(b"incident.note" in line or b'"leaf"' in line or b"entry" in line for line in lines) >= 3


def test_an_export_tells_how_far_the_log_that_is_written_to_was_believed(proving) -> None:
    trust = trust_of(Reached(signed_at=NOON, anchored_at=NOON, cosigned_at=None), NOON)
    (header, *_), (other, *_) = list(proving.export(trust=trust)), list(proving.export())
    assert b'"trust":"L2"' in header
    assert b'"window_s":0' in header
    assert b"trust" not in other


def test_a_gap_does_not_hide_what_stands_behind_it(proving, memory_store) -> None:
    with memory_store.transaction() as shelves:
        del shelves.log._tables.leaves[1]
        assert [leaf.index for leaf in leaves_of(shelves.log)] == [0, 2]
    assert not proving.verify().sound
