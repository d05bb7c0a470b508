"""A break from its finding to its successor; every step may be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.app.breaches import breach_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.growth import LogForked
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.timeline import Happening
from tocsin.flow.breach import Breach, first_entry
from tocsin.flow.record import note
from tocsin.worker.seals import seals_of


@pytest.fixture
def app(tmp_path: Path, memory_store) -> App:
    return build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)


@pytest.fixture
def breach(app) -> Breach:
    """Return the chapter over a log of three signed entries."""
    with app.store.transaction() as shelves:
        for _ in range(3):
            note(shelves, Happening.NOTE, at=NOON)
    seals_of(app).round()
    chapter = breach_of(app)
    return replace(chapter, witnesses=replace(chapter.witnesses, database=lambda: {"database": "memory"}))


def _find(app: App, breach: Breach) -> None:
    verdict = replace(app.proving.verdict(1), sound=False, first_broken=1, reason="Entry 1 was changed.")
    breach.judged(1, verdict, LogForked(app.logs.last_signed(1)))


def _exhibits(app: App) -> dict[str, bytes]:
    with app.store.reading() as shelves:
        return {each.name: app.locker.open(each.digest).read() for each in shelves.exhibits.all()}


def test_a_fault_that_verification_does_not_confirm_is_raised_again(app, breach) -> None:
    with pytest.raises(LogForked):
        breach.found(1, LogForked(app.logs.last_signed(1)))
    assert app.logs.number == 1


def test_a_log_is_frozen_at_its_last_signature_with_what_contradicts_it(app, breach) -> None:
    _find(app, breach)
    broken = app.logs.broken(1)
    assert (broken.first_broken, broken.signed_size) == (1, 3)
    assert broken.checkpoint.startswith("tocsin.local/audit\n3\n")
    assert set(broken.proof) == {"signed_root", "found_root"}


def test_a_log_that_was_frozen_meanwhile_is_not_frozen_again(app, breach) -> None:
    _find(app, breach)
    first = app.logs.broken(1)
    _find(app, breach)
    assert (app.logs.number, app.logs.broken(1)) == (2, first)


def test_a_log_without_a_checkpoint_is_frozen_with_none(app, memory_store) -> None:
    with app.store.transaction() as shelves:
        note(shelves, Happening.NOTE, at=NOON)
        shelves.log.sequence()
    _find(app, breach_of(app))
    assert app.logs.broken(1).checkpoint == ""


def test_evidence_is_kept_once_also_when_keeping_it_was_cut_off(app, breach) -> None:
    _find(app, breach)

    def cut_off(number: int) -> Iterable[bytes]:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        replace(breach, witnesses=replace(breach.witnesses, export=cut_off)).tell()
    assert "log-1-as-it-is.ndjson" not in _exhibits(app)
    for _ in range(2):
        breach.tell()
    kept = _exhibits(app)
    ours = [name for name in kept if name.startswith("log-1")]
    assert len(ours) == 4
    assert kept["log-1-as-it-is.ndjson"].startswith(b'{"schema":"tocsin.audit-export/1"')
    assert len(kept["log-1-hashes.bin"]) == 3 * 32
    assert b"memory" in kept["log-1-database.json"]


def test_a_part_of_which_nothing_is_left_is_kept_as_such(app, breach) -> None:
    _find(app, breach)
    replace(breach, witnesses=replace(breach.witnesses, hashes=lambda number: ())).tell()
    assert _exhibits(app)["log-1-hashes.bin"] == b"nothing was there\n"


def test_a_whole_line_of_logs_has_nothing_to_tell(app, breach) -> None:
    breach.tell()
    with app.store.reading() as shelves:
        assert shelves.incidents.count() == 0


def test_the_first_entry_of_a_successor_tells_of_the_break(app, breach) -> None:
    _find(app, breach)
    entry_id, content = first_entry(app.logs.broken(1), NOON)
    entry = decode(content)
    assert (entry.entry_id, entry.kind) == (entry_id, Happening.LOG_SUCCEEDED)
    assert entry.facts["broken_at"] == "1"
