from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.app.breaches import breach_of
from tocsin.app.cosigning import sealing_of
from tocsin.audit.growth import LogForked, LogShrank
from tocsin.audit.leaf import decode
from tocsin.audit.sealing import Seal
from tocsin.domain.entry import Entry, Leaf
from tocsin.domain.errors import Overloaded
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.store.leaf import PLACES, leaf_hash
from tocsin.store.lineage import Lineage
from tocsin.store.signer import FileSigner
from tocsin.worker import seals as seals_module
from tocsin.worker.seals import REST_S, Seals, seals_of


@pytest.fixture
def seals(app) -> Seals:
    return seals_of(app)


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
    other = seals_of(app)
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
    keys = app.settings.home / "keys" / "log.key"
    logs = Lineage(keys, app.signer.origin, app.settings.home / "log" / "hashes")
    other = Seals(app.store, clock, logs, breach_of(app))
    for _ in range(4):
        for each in (seals, other):
            _write(app, 2)
            clock.push(timedelta(seconds=10))
            each.round()
            each.round()
    assert _state(app)[0] == 16
    assert app.proving.verify().sound


def _forge(shelves, index: int) -> None:
    forged = b'{"forged": true}'
    shelves.log._tables.leaves[index] = Leaf(index=index, content=forged, leaf_hash=leaf_hash(forged))


def _lines(app, number: int, start: int = 0) -> list[Entry]:
    with app.store.reading() as shelves:
        return [decode(each.content) for each in shelves.log.of(number).leaves(start, 99)]


def _incidents(app) -> list[tuple[str, Severity]]:
    with app.store.reading() as shelves:
        return [(each.type, each.severity) for each in shelves.incidents.listed()]


def test_a_log_whose_signed_entries_changed_is_frozen_and_goes_on_in_a_successor(app, seals, clock) -> None:
    _write(app, 3)
    seals.round()
    with app.store.transaction() as shelves:
        note = shelves.log.last_checkpoint().note
        _forge(shelves, 1)
    clock.push(timedelta(seconds=10))
    _write(app, 1)
    fresh = seals_of(app)
    assert fresh.round() == 0.0
    broken = app.logs.broken(1)
    assert (broken.first_broken, broken.signed_size, broken.checkpoint) == (1, 3, note)
    assert _state(app)[:1] == (4,), "nothing is taken from the broken log, and it has no new checkpoint"

    fresh.round()
    first, carried, *_ = _lines(app, 2)
    assert (first.kind, first.facts["broken_origin"]) == ("log.succeeded", "tocsin.local/audit")
    assert first.facts["checkpoint.00"] + first.facts["checkpoint.01"] == note
    assert [carried] == _lines(app, 1, 3), "what was good and not signed is carried over"
    assert _incidents(app) == [("audit-integrity", Severity.P1)]
    with app.store.reading() as shelves:
        assert shelves.log.last_checkpoint().origin == "tocsin.local/audit/2"
        assert [each.size for each in shelves.log.of(1).checkpoints()] == [3]
    old, new = app.proving.verify_all()
    assert (old.verdict.sound, old.verdict.first_broken, new.verdict.sound) == (False, 1, True)


def test_people_are_called_to_a_broken_log_once_and_its_evidence_is_kept(app, seals, clock) -> None:
    _write(app, 3)
    seals.round()
    with app.store.transaction() as shelves:
        del shelves.log._tables.leaves[2]
        shelves.log._tables.checkpoints.clear()
    for _ in range(3):
        seals_of(app).round()
        clock.push(timedelta(seconds=10))
    assert _incidents(app) == [("audit-integrity", Severity.P1)]
    with app.store.reading() as shelves:
        kept = {each.name for each in shelves.exhibits.all()}
        incident = shelves.incidents.listed()[0]
        pages = shelves.pages.of_incident(incident.incident_id)
    assert {"log-1-database.json", "log-1-break.json", "log-1-hashes.bin", "log-1-as-it-is.ndjson"} <= kept
    assert [page.person for page in pages] == ["ben"]


def test_a_broken_log_is_never_written_to_again(app, seals, clock) -> None:
    _write(app, 2)
    seals.round()
    with app.store.transaction() as shelves:
        _forge(shelves, 0)
        before = dict(shelves.log._tables.leaves)
    clock.push(timedelta(seconds=10))
    for _ in range(4):
        _write(app, 2)
        seals_of(app).round()
        clock.push(timedelta(seconds=10))
    with app.store.reading() as shelves:
        ours = {each.index: each.content for each in shelves.log.of(1).leaves(0, 99)}
        size = shelves.log.of(1).size()
    assert ours == {index: each.content for index, each in before.items()} | {
        index: ours[index] for index in range(2, size)
    }
    assert app.logs.number == 2
    assert app.proving.verify_all()[1].verdict.sound


def test_nothing_is_signed_from_a_forged_entry_on_and_what_stands_before_it_is(app, seals, clock) -> None:
    _write(app, 2)
    seals.round()
    _write(app, 2)
    clock.push(timedelta(seconds=10))
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        _forge(shelves, 4)
    _write(app, 1)
    seals.round()
    assert (app.logs.broken(1).first_broken, app.logs.broken(1).signed_size) == (4, 4)
    with app.store.reading() as shelves:
        assert [each.size for each in shelves.log.of(1).checkpoints()] == [2, 4]
    seals.round()
    old, new = app.proving.verify_all()
    assert (old.verdict.first_broken, old.verdict.sealed_size, new.verdict.sound) == (4, 4, True)
    assert len([each for each in _lines(app, 2) if each.kind == "incident.note"]) == 1


def test_a_successor_that_broke_has_a_successor(app, seals, clock) -> None:
    _write(app, 2)
    seals.round()
    for place in (0, PLACES):
        with app.store.transaction() as shelves:
            _forge(shelves, place)
        clock.push(timedelta(seconds=10))
        _write(app, 1)
        fresh = seals_of(app)
        fresh.round()
        fresh.round()
    assert (app.logs.number, app.logs.broken(2).first_broken) == (3, 0)
    assert _incidents(app) == [("audit-integrity", Severity.P1)], "one incident, since it is one attack"


def test_a_successor_whose_entries_all_vanished_is_not_begun_twice(app, seals, clock) -> None:
    _write(app, 2)
    seals.round()
    with app.store.transaction() as shelves:
        _forge(shelves, 0)
    clock.push(timedelta(seconds=10))
    _write(app, 1)
    fresh = seals_of(app)
    fresh.round()
    fresh.round()
    with app.store.transaction() as shelves:
        for place in [place for place in shelves.log._tables.leaves if place >= PLACES]:
            del shelves.log._tables.leaves[place]
    fresh.round()
    assert app.logs.broken(2).kind == "log_shrank"


def test_a_signer_that_refuses_a_sound_log_breaks_nothing(app, seals, clock, monkeypatch) -> None:
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


def test_a_log_that_is_frozen_while_entries_are_sequenced_takes_none_of_them(app, seals, clock) -> None:
    _write(app, 1)
    seals.round()
    _write(app, 1)
    verdict = replace(app.proving.verify(), sound=False, first_broken=0, reason="Somebody found it.")
    breach_of(app).judged(1, verdict, LogForked(app.logs.last_signed(1)))
    assert seals._sequence(1, clock.now()) == 0
    seals._sign(1, clock.now())
    with app.store.reading() as shelves:
        assert (shelves.log.of(1).size(), shelves.log.waiting()) == (1, 1)


def test_what_was_sealed_stays_so_and_the_successor_seals_under_the_policy_read_before(
    app, seals, clock
) -> None:
    sealing = sealing_of(app)
    ids = [uuid4() for _ in range(3)]
    for entry_id in ids[:2]:
        with app.store.transaction() as shelves:
            shelves.log.append(entry_id, b'{"v":1}')
        if entry_id == ids[0]:
            seals.round()
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        _forge(shelves, 2)
    clock.push(timedelta(seconds=10))
    seals.round()
    with app.store.transaction() as shelves:
        shelves.log.append(ids[2], b'{"v":1}')
    for _ in range(2):
        seals.round()
        clock.push(timedelta(seconds=10))
    assert app.logs.number == 2
    with app.store.reading() as shelves:
        assert [sealing.state(shelves, each, clock.now()) for each in ids] == [Seal.SEALED] * 3
        assert [shelves.log.is_sealed(each) for each in ids] == [True] * 3


class Held:
    """Who holds the key; what else happens while it is asked happens outside of any transaction of ours."""

    def __init__(self, meanwhile) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public_key = self.key.public_key().public_bytes_raw()
        self.meanwhile = meanwhile
        self.answers = True
        self.asked = 0

    def sign(self, content: bytes) -> bytes:
        self.asked += 1
        self.meanwhile()
        if not self.answers:
            raise Overloaded("Nobody answers.", means="The entries wait.", next_step="Look.")
        return self.key.sign(content)


@pytest.fixture
def held(app) -> Held:
    return Held(lambda: _write(app, 1))


@pytest.fixture
def kept_elsewhere(app, clock, tmp_path, held) -> Seals:
    logs = Lineage(tmp_path / "log.key", "tocsin.local/audit", tmp_path / "hashes", lambda number: held)
    return Seals(app.store, clock, logs, breach_of(app))


def test_others_write_while_the_holder_of_the_key_is_asked(app, clock, held, kept_elsewhere) -> None:
    _write(app, 3)
    kept_elsewhere.round()
    assert _state(app) == (3, 1, [3])
    clock.push(timedelta(seconds=10))
    kept_elsewhere.round()
    assert _state(app) == (4, 1, [3, 4])
    kept_elsewhere.round()
    assert held.asked == 2, "nobody is asked while nothing is due"
    assert kept_elsewhere.logs.last_signed(1).size == 4


def test_entries_wait_for_a_silent_holder_of_the_key_and_nothing_is_lost(
    app, clock, held, kept_elsewhere
) -> None:
    held.answers = False
    for count in range(1, 4):
        _write(app, 1)
        with pytest.raises(Overloaded):
            kept_elsewhere.round()
        assert _state(app) == (2 * count - 1, 1, []), "they have their places, and no signature"
    assert kept_elsewhere.logs.last_signed(1).size == 0
    held.answers = True
    kept_elsewhere.round()
    assert _state(app)[2] == [6]


def test_a_head_that_was_signed_and_not_stored_is_signed_again(app, held, kept_elsewhere) -> None:
    _write(app, 2)
    kept_elsewhere.round()
    with app.store.transaction() as shelves:
        shelves.log._tables.checkpoints.clear()
    held.meanwhile = lambda: None
    kept_elsewhere._sign(1, app.clock.now())
    assert (_state(app)[2], held.asked) == ([2], 2)


def test_a_log_that_is_frozen_while_the_holder_of_the_key_is_asked_is_not_signed(
    app, clock, held, kept_elsewhere
) -> None:
    _write(app, 2)
    kept_elsewhere.round()
    logs = kept_elsewhere.logs
    verdict = replace(app.proving.verify(), sound=False, first_broken=0, reason="Somebody found it.")
    breach = replace(kept_elsewhere.breach, logs=logs)
    held.meanwhile = lambda: breach.judged(1, verdict, LogForked(logs.last_signed(1)))
    clock.push(timedelta(seconds=10))
    kept_elsewhere.round()
    assert (logs.broken(1).signed_size, logs.last_signed(1).size) == (2, 2)
    with app.store.reading() as shelves:
        assert [each.size for each in shelves.log.of(1).checkpoints()] == [2]
