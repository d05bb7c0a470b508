from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.audit.growth import EntryForged, LogForked, LogShrank
from tocsin.audit.leaf import decode
from tocsin.domain.entry import Leaf
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.store.leaf import leaf_hash
from tocsin.store.signer import FileSigner
from tocsin.worker import seals as seals_module
from tocsin.worker.seals import REST_S, Seals


@pytest.fixture
def seals(app) -> Seals:
    return Seals(app.store, app.clock, app.signer)


def _write(app, count: int) -> None:
    with app.store.transaction() as shelves:
        for _ in range(count):
            note(shelves, Happening.NOTE, at=app.clock.now())


def _state(app) -> tuple[int, int, list[int]]:
    with app.store.reading() as shelves:
        return (
            shelves.log.size(),
            shelves.log.waiting(),
            [checkpoint.size for checkpoint in shelves.log.checkpoints()],
        )


def test_what_waits_gets_its_place_and_the_head_is_signed(app, seals) -> None:
    _write(app, 3)
    assert seals.round() == REST_S
    assert _state(app) == (3, 0, [3])
    assert app.proving.verify().sound


def test_what_is_signed_is_kept_as_hashes_outside_the_database(app, seals, clock) -> None:
    for count in (3, 2):
        _write(app, count)
        clock.push(timedelta(seconds=10))
        seals.round()
    with app.store.reading() as shelves:
        assert list(app.signer.hashes()) == [leaf.leaf_hash for leaf in shelves.log.leaves(0, 5)]


def test_a_growing_log_is_signed_again_after_ten_seconds(app, seals, clock) -> None:
    _write(app, 1)
    seals.round()
    clock.push(timedelta(seconds=9))
    _write(app, 1)
    seals.round()
    assert _state(app) == (2, 0, [1])
    clock.push(timedelta(seconds=1))
    seals.round()
    assert _state(app) == (2, 0, [1, 2])
    assert app.proving.verify().sound


def test_a_quiet_log_shows_every_five_minutes_that_it_is_alive(app, seals, clock) -> None:
    _write(app, 1)
    seals.round()
    clock.push(timedelta(minutes=4, seconds=59))
    seals.round()
    assert _state(app)[1] == 0
    clock.push(timedelta(seconds=1))
    seals.round()
    seals.round()
    with app.store.reading() as shelves:
        assert decode(shelves.log.leaves(1, 2)[0].content).kind == "log.heartbeat"


def test_a_log_that_another_process_sequences_is_not_quiet(app, seals, clock) -> None:
    other = Seals(app.store, clock, app.signer)
    _write(app, 1)
    seals.round()
    other.round()
    for _ in range(4):
        clock.push(timedelta(minutes=2))
        _write(app, 1)
        seals.round()
        other.round()
    with app.store.reading() as shelves:
        kinds = {decode(leaf.content).kind for leaf in shelves.log.leaves(0, 99)}
    assert "log.heartbeat" not in kinds


def test_a_long_queue_is_worked_off_without_resting(app, seals, monkeypatch) -> None:
    monkeypatch.setattr(seals_module, "LEAVES_AT_ONCE", 4)
    _write(app, 10)
    rests = [seals.round() for _ in range(3)]
    assert (rests, _state(app)[:2]) == ([0.0, 0.0, REST_S], (10, 0))


def test_two_processes_seal_one_log_in_turns(app, seals, clock, tmp_path) -> None:
    signer = FileSigner(app.settings.home / "keys" / "log.key", app.signer.origin)
    other = Seals(app.store, clock, signer)
    for _ in range(4):
        for each in (seals, other):
            _write(app, 2)
            clock.push(timedelta(seconds=10))
            each.round()
            each.round()
    assert _state(app)[0] == 16
    assert app.proving.verify().sound


def test_a_head_that_contradicts_the_last_one_is_refused_and_nothing_is_kept(app, seals, clock) -> None:
    _write(app, 3)
    seals.round()
    with app.store.transaction() as shelves:
        forged = b'{"forged": true}'
        shelves.log._tables.leaves[1] = Leaf(index=1, content=forged, leaf_hash=leaf_hash(forged))
    clock.push(timedelta(seconds=10))
    _write(app, 1)
    fresh = Seals(app.store, clock, app.signer)
    with pytest.raises(LogForked):
        fresh.round()
    assert _state(app) == (4, 0, [3])


def test_a_log_that_shrank_is_refused_also_by_a_new_process(app, seals, clock) -> None:
    _write(app, 3)
    seals.round()
    with app.store.transaction() as shelves:
        del shelves.log._tables.leaves[2]
        shelves.log._tables.checkpoints.clear()
    with pytest.raises(LogShrank):
        Seals(app.store, clock, app.signer).round()


def test_nothing_is_signed_from_a_forged_entry_on_and_what_stands_before_it_is(app, seals, clock) -> None:
    _write(app, 2)
    seals.round()
    _write(app, 2)
    clock.push(timedelta(seconds=10))
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        forged = b'{"forged": true}'
        shelves.log._tables.leaves[4] = Leaf(index=4, content=forged, leaf_hash=leaf_hash(forged))
    _write(app, 1)
    for _ in range(2):
        with pytest.raises(EntryForged, match="Entry 4 "):
            seals.round()
        clock.push(timedelta(seconds=10))
    assert _state(app) == (6, 0, [2, 4])
    verdict = app.proving.verify()
    assert (verdict.sound, verdict.first_broken, verdict.sealed_size) == (False, 4, 4)


def test_a_refused_signer_does_not_keep_new_entries_from_their_place(app, seals, clock, monkeypatch) -> None:
    _write(app, 1)
    seals.round()

    def refuse(self, note_text: bytes) -> bytes:
        raise LogShrank(self.last_signed, 0)

    with monkeypatch.context() as patched:
        patched.setattr(FileSigner, "sign", refuse)
        _write(app, 2)
        clock.push(timedelta(seconds=10))
        for _ in range(2):
            with pytest.raises(LogShrank):
                seals.round()
    assert _state(app) == (3, 0, [1])
    seals.round()
    assert _state(app) == (3, 0, [1, 3])
    assert app.proving.verify().sound
