"""The lake is kept beside the work that must not wait."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

from tocsin.app.lakekeeping import Lakekeeping
from tocsin.domain.source import SourceProgress
from tocsin.store.lake import SegmentLake
from tocsin.store.lake.policy import LakePolicy
from tocsin.worker import sealing_lake
from tocsin.worker.sealing_lake import REST_S, SealingLake, runner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    """A clock that stands until it is pushed."""

    at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ran():
    return []


@pytest.fixture
def sealing(sqlite_store, tmp_path, clock, ran):
    keeping = Lakekeeping(
        sqlite_store, SegmentLake(tmp_path / "lake"), LakePolicy(hot=timedelta(days=2)), clock
    )
    return SealingLake(keeping, lambda words: ran.append(words[1]) or 0)


def stored(sealing) -> None:
    row = {"time": (NOW - timedelta(days=1)).isoformat()}
    stop = sealing.keeping.lake.append("prod", [json.dumps(row).encode()])
    with sealing.keeping.store.transaction() as shelves:
        shelves.detector.advance(SourceProgress(source="prod"), SourceProgress(source="prod", position=stop))


def test_a_quiet_lake_is_left_alone(sealing, ran) -> None:
    assert (sealing.round(), ran) == (REST_S, [])


def test_what_is_due_is_sealed_and_once_a_day_the_policy_is_applied(sealing, ran, clock) -> None:
    stored(sealing)
    sealing.round()
    assert ran == ["seal"]
    sealing.keeping.seal()
    sealing.round()
    assert ran == ["seal"]
    clock.at += timedelta(days=5)
    sealing.round()
    sealing.round()
    assert ran == ["seal", "retain"]


def test_without_the_extra_signals_stay_hot(sealing, ran, monkeypatch) -> None:
    stored(sealing)
    monkeypatch.setattr(sealing_lake, "can_seal", lambda: False)
    assert sealing.round() == REST_S
    assert (ran, len(list((sealing.keeping.lake.root / "prod").iterdir()))) == ([], 1)


def test_a_sealing_that_fails_is_logged_and_tried_again(sealing, caplog) -> None:
    stored(sealing)
    sealing.run = lambda _: 3
    sealing.round()
    sealing.round()
    assert [record.getMessage()[:36] for record in caplog.records] == [
        "`tocsin lake seal` ended with 3; it "
    ] * 2


def test_the_command_line_is_run_on_the_home_folder(tmp_path, capfd) -> None:
    assert runner(tmp_path / "none")(("lake", "status")) == 1
    assert str(tmp_path / "none") in capfd.readouterr().err
