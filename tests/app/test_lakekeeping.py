"""The lake is kept as the policy says, every act of it is in the log, and what Eve changes is found."""

from __future__ import annotations

import fcntl
import json
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

from tocsin.app.lakekeeping import Lakekeeping, keeping_of, time_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit import leaf
from tocsin.domain.source import SourceProgress
from tocsin.store.lake import SegmentLake, hot
from tocsin.store.lake.manifest import NAME, Act, Hold, Manifest
from tocsin.store.lake.policy import LakePolicy
from tocsin.store.lake.refusals import HoldRefused
from tocsin.store.lake.retention import Fate

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = LakePolicy(hot=timedelta(days=10), cold=timedelta(days=20), seal_bytes=200)


class Clock:
    """A clock that stands until it is pushed."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keeping(sqlite_store, tmp_path, clock):
    return Lakekeeping(sqlite_store, SegmentLake(tmp_path / "lake"), POLICY, clock)


def line(day=0, n=0) -> bytes:
    return json.dumps({"time": (NOW - timedelta(days=day)).isoformat(), "n": n}).encode()


def judged(keeping, source, position) -> None:
    with keeping.store.transaction() as shelves:
        was = shelves.detector.progress().get(source, SourceProgress(source=source))
        assert shelves.detector.advance(was, SourceProgress(source=source, position=position))


def logged(keeping) -> list[tuple[str, dict]]:
    with keeping.store.transaction() as shelves:
        shelves.log.sequence()
        entries = [leaf.decode(each.content) for each in shelves.log.leaves(0, shelves.log.size())]
    return [(each.kind, dict(each.facts)) for each in entries]


def stored(keeping, *days) -> None:
    """Append a record of each day, judge and seal it."""
    for day in days:
        stop = keeping.lake.append("prod", [line(day)])
        judged(keeping, "prod", stop)
        hot.roll(keeping.lake.root / "prod", keeping.clock.now().date())
        assert len(keeping.seal()) == 1


def hold(**more) -> Hold:
    told = {"source": "", "since": None, "until": None, "incident": "", "reason": "a court asks"}
    return Hold(hold_id="", placed_by="ada", placed_at="", **{**told, **more})


def test_a_hot_file_ends_when_it_is_large_or_its_day_is_over(keeping, clock) -> None:
    keeping.lake.append("small", [line()])
    keeping.lake.append("large", [line(n=n) for n in range(20)])
    keeping.lake.append("yesterday", [line(1)])
    keeping.lake.append("undated", [b"{}"])
    keeping.lake.append("damaged", [b"no record"])
    assert [each.path.parent.name for each in keeping.end_due()] == ["large", "yesterday"]
    assert keeping.end_due() == ()
    keeping.lake.append("yesterday", [line()])
    clock.at += timedelta(days=1)
    assert [each.path.parent.name for each in keeping.end_due()] == ["small", "yesterday"]


def test_only_what_is_judged_is_sealed(keeping) -> None:
    stop = keeping.lake.append("prod", [line(1)])
    keeping.end_due()
    assert (keeping.sealable(), keeping.seal()) == ((), ())
    judged(keeping, "prod", stop)
    (sealed,) = keeping.seal()
    assert (sealed.rows, keeping.sealable(), keeping.seal()) == (1, (), ())
    assert keeping.lake.read("prod", 0, 5) == ((line(1),), stop)
    ((kind, facts),) = logged(keeping)
    assert (kind, facts["head"], facts["rows"]) == ("lake.sealed", sealed.head, "1")


def test_a_file_that_was_sealed_before_a_crash_is_only_dropped(keeping) -> None:
    stop = keeping.lake.append("prod", [line(1)])
    ended = keeping.end_due()[0]
    judged(keeping, "prod", stop)
    content = ended.path.read_bytes()
    keeping.seal()
    ended.path.write_bytes(content)
    assert keeping.seal() == ()
    assert not ended.path.exists()
    assert len(keeping.lake.contents().segments) == 1


def test_a_head_that_a_crash_kept_from_the_log_is_logged_by_the_next(keeping) -> None:
    stored(keeping, 1)
    with Manifest(keeping.lake.root).writing() as add:
        head = add(Act.RELEASED, NOW, {"hold_id": "H-1"})
    for _ in range(2):
        keeping.retain()
    assert [facts["head"] for _, facts in logged(keeping)][1:] == [head]


def test_while_another_process_keeps_the_lake_nothing_is_done(keeping) -> None:
    stop = keeping.lake.append("prod", [line(1)])
    keeping.end_due()
    judged(keeping, "prod", stop)
    keeping.retain()
    with (keeping.lake.root / "_keeping").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert (keeping.seal(), keeping.retain()) == ((), ())
    assert len(keeping.seal()) == 1


def test_old_segments_are_moved_then_deleted_each_with_an_entry(keeping, clock) -> None:
    stored(keeping, 1)
    clock.at += timedelta(days=11)
    assert [each.fate for each in keeping.due()] == [Fate.COOL]
    assert [each.fate for each in keeping.retain()] == [Fate.COOL]
    assert keeping.due() == ()
    clock.at += timedelta(days=20)
    assert [each.fate for each in keeping.retain()] == [Fate.DELETE]
    assert keeping.lake.contents().segments == ()
    assert [kind for kind, _ in logged(keeping)] == ["lake.sealed", "lake.cooled", "lake.deleted"]
    assert keeping.faults() == ()


def test_a_hold_keeps_what_is_due_until_it_is_lifted(keeping, clock) -> None:
    stored(keeping, 1)
    placed = keeping.hold(hold(source="prod"))
    clock.at += timedelta(days=40)
    assert [each.fate for each in keeping.retain()] == [Fate.HELD, Fate.COOL]
    assert [(each.fate, each.hold) for each in keeping.retain()] == [(Fate.HELD, placed)]
    keeping.release(placed.hold_id, "the case is closed", "ada")
    assert [each.fate for each in keeping.retain()] == [Fate.DELETE]
    kinds = [kind for kind, _ in logged(keeping)]
    assert kinds == ["lake.sealed", "lake.held", "lake.cooled", "lake.released", "lake.deleted"]


def test_a_hold_placed_in_the_last_moment_still_wins(keeping, clock, monkeypatch) -> None:
    stored(keeping, 1)
    clock.at += timedelta(days=40)
    due = keeping.due()
    keeping.hold(hold())
    monkeypatch.setattr(Lakekeeping, "due", lambda _: due)
    assert keeping.retain() == ()
    assert len(keeping.lake.contents().segments) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"reason": " "}, "needs a reason"), ({"since": 5, "until": 5}, "end before it begins")],
)
def test_a_hold_without_sense_is_refused(keeping, wrong, said) -> None:
    with pytest.raises(HoldRefused, match=said):
        keeping.hold(hold(**wrong))
    assert keeping.lake.contents().listing.holds == ()


def test_lifting_a_hold_needs_a_hold_and_a_reason(keeping) -> None:
    with pytest.raises(HoldRefused, match="no hold 'H-1'"):
        keeping.release("H-1", "x", "ada")
    placed = keeping.hold(hold())
    with pytest.raises(HoldRefused, match="reason"):
        keeping.release(placed.hold_id, "", "ada")


def test_what_eve_changes_in_a_sound_lake_is_found(keeping) -> None:
    stored(keeping, 2, 1)
    logged(keeping)
    assert keeping.faults() == ()
    first, second = keeping.lake.contents().segments
    (keeping.lake.root / first.path).chmod(0o600)
    (keeping.lake.root / first.path).write_bytes(b"Eve was here")
    (keeping.lake.root / second.path).unlink()
    assert [fault.split(":")[0] for fault in keeping.faults()] == [
        f"The segment {first.path} was changed",
        f"The segment {second.path} is gone",
    ]


def test_a_manifest_cut_short_is_found_by_the_log(keeping) -> None:
    stored(keeping, 2, 1)
    logged(keeping)
    path = keeping.lake.root / NAME
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    faults = keeping.faults()
    assert "that is gone" in faults[0]
    assert "missing from byte" in faults[1]


def test_a_broken_chain_is_named_first(keeping) -> None:
    stored(keeping, 2, 1)
    path = keeping.lake.root / NAME
    path.write_bytes(path.read_bytes().replace(b'"rows":1', b'"rows":2', 1))
    (fault,) = keeping.faults()
    assert "Line 2" in fault


def test_hot_signals_that_vanish_are_found(keeping) -> None:
    stored(keeping, 1)
    hot.hot_files(keeping.lake.root / "prod")[-1].path.unlink()
    assert "neither sealed nor hot" in keeping.faults()[0]


def test_the_time_of_a_record_is_the_one_it_is_judged_by() -> None:
    assert time_of(line()) == NOW
    assert time_of(b"{}") is None
    assert time_of(b"no record") is None


@pytest.mark.usefixtures("sqlite_store")
def test_the_application_keeps_its_lake_as_the_packs_say(tmp_path) -> None:
    app = build_app(load_settings({"TOCSIN_HOME": str(tmp_path)}))
    try:
        keeping = keeping_of(app)
        assert (keeping.policy, keeping.lake.root) == (LakePolicy(), tmp_path / "lake")
    finally:
        app.hang_up()
