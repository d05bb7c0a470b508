from __future__ import annotations

import pytest

from tocsin.connectors.refusal import Refused
from tocsin.domain.errors import Overloaded
from tocsin.worker.pouring import Batch, Pouring


@pytest.fixture
def pouring(app) -> Pouring:
    return Pouring(app.store, app.lake, app.clock, app.take, app.signals_bell.ring)


def _batch(*lines: bytes, mark: bytes = b"9", refused=()) -> Batch:
    return Batch(kind="kafka", key="t/0", source="okta", lines=lines, marks={"t/0": mark}, refused=refused)


def _mark(app) -> bytes | None:
    with app.store.reading() as shelves:
        return shelves.marks.of("kafka", ["t/0"]).get("t/0")


def _lake(app) -> tuple[bytes, ...]:
    return app.lake.read("okta", 0, 10_000)[0]


class Killed(BaseException):
    """The process ends here."""


def test_a_batch_and_its_mark_are_kept_and_the_judges_are_woken(app, pouring) -> None:
    pouring.pour(_batch(b'{"n":1}', b'{"n":2}'))
    assert (_lake(app), _mark(app), app.signals_bell.rings) == ((b'{"n":1}', b'{"n":2}'), b"9", 1)
    assert not pouring.recover("kafka", "t/0")


def test_a_batch_of_nothing_moves_the_mark_and_keeps_what_was_refused(app, pouring) -> None:
    pouring.pour(_batch(refused=[Refused(b"rubbish", "not JSON")]))
    assert (_lake(app), _mark(app), app.signals_bell.rings) == ((), b"9", 0)
    with app.store.reading() as shelves:
        assert [part.body for part in shelves.quarantine.waiting()] == [b"rubbish"]


@pytest.mark.parametrize("before", [0, 3, 6000])
def test_what_was_appended_before_a_crash_counts_as_done(app, pouring, monkeypatch, before) -> None:
    if before:
        app.lake.append("okta", [b'{"n":1}'] * before)
    append = type(app.lake).append

    def appended_and_killed(self, source, lines):
        append(self, source, lines)
        append(self, source, [b'{"somebody":"else"}'])
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(app.lake), "append", appended_and_killed)
        with pytest.raises(Killed):
            pouring.pour(_batch(b'{"n":1}', b'{"n":2}'))
    assert _mark(app) is None
    assert pouring.recover("kafka", "t/0")
    assert _mark(app) == b"9"
    assert not pouring.recover("kafka", "t/0")


def test_what_a_crash_kept_from_the_lake_is_to_be_poured_again(app, pouring, monkeypatch) -> None:
    pouring.pour(_batch(b'{"n":1}', b'{"n":2}', mark=b"2"))

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(app.lake), "append", killed)
        with pytest.raises(Killed):
            # The same bytes lie in the lake already, from the batch before.
            pouring.pour(_batch(b'{"n":1}', b'{"n":2}', mark=b"4"))
    assert not pouring.recover("kafka", "t/0")
    assert _mark(app) == b"2"


def test_a_full_disk_leaves_nothing_done(app, pouring, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")

    with monkeypatch.context() as patched:
        patched.setattr(type(app.lake), "append", full)
        with pytest.raises(Overloaded):
            pouring.pour(_batch(b'{"n":1}'))
    assert (_mark(app), pouring.recover("kafka", "t/0")) == (None, False)
