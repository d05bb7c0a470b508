from __future__ import annotations

import logging
import math
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Overloaded
from tocsin.domain.sample import STALE, LabelMatcher, MatchOp, Sample, is_stale
from tocsin.store import samples as samples_module
from tocsin.store.samples import DiskSamples

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
HOUR_MS = 3_600_000
UP = [LabelMatcher("__name__", MatchOp.EQUAL, "up")]


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOW)


@pytest.fixture
def kept(tmp_path: Path, clock: PushedClock) -> DiskSamples:
    return DiskSamples(tmp_path / "samples", clock)


def _up(time_ms: int, value: float = 1.0, **labels: str) -> Sample:
    return Sample(tuple(sorted({"__name__": "up", **labels}.items())), time_ms, value)


def _found(kept: DiskSamples, matchers=UP, start=0, end=2**50):
    return [
        (dict(series.labels), list(zip(series.times_ms, series.values, strict=True)))
        for series in kept.select(matchers, start, end)
    ]


def test_what_was_appended_is_found_in_time_order(kept) -> None:
    assert kept.append([_up(NOW_MS - 1000, 2.0), _up(NOW_MS - 3000, 1.0), _up(NOW_MS, 3.0)]) == 3
    assert _found(kept) == [({"__name__": "up"}, [(NOW_MS - 3000, 1.0), (NOW_MS - 1000, 2.0), (NOW_MS, 3.0)])]


def test_both_ends_of_the_time_are_included(kept) -> None:
    kept.append([_up(NOW_MS - back) for back in (3, 2, 1)])
    ((_, samples),) = _found(kept, start=NOW_MS - 3, end=NOW_MS - 2)
    assert [time_ms for time_ms, _ in samples] == [NOW_MS - 3, NOW_MS - 2]
    assert _found(kept, start=NOW_MS + 1) == []


def test_a_sample_that_is_here_already_changes_nothing(kept) -> None:
    assert kept.append([_up(NOW_MS, 1.0), _up(NOW_MS, 2.0)]) == 1
    assert kept.append([_up(NOW_MS, 3.0)]) == 0
    assert _found(kept) == [({"__name__": "up"}, [(NOW_MS, 1.0)])]


def test_matchers_choose_series_and_an_absent_label_is_empty(kept) -> None:
    kept.append([_up(NOW_MS, job="a"), _up(NOW_MS, job="b"), _up(NOW_MS)])
    other = Sample((("__name__", "down"), ("job", "a")), NOW_MS, 0.0)
    kept.append([other])

    def jobs(*matchers: tuple[str, MatchOp, str]) -> list[str]:
        return [labels.get("job", "") for labels, _ in _found(kept, [LabelMatcher(*m) for m in matchers])]

    assert jobs(("job", MatchOp.EQUAL, "a")) == ["a", "a"]
    assert jobs(("__name__", MatchOp.EQUAL, "up"), ("job", MatchOp.NOT_EQUAL, "a")) == ["b", ""]
    assert jobs(("__name__", MatchOp.REGEX, "u.*"), ("job", MatchOp.REGEX, "a|b")) == ["a", "b"]
    assert jobs(("__name__", MatchOp.EQUAL, "nothing")) == []


def test_the_end_of_a_series_and_nan_are_told_apart_after_a_restart(kept, tmp_path, clock) -> None:
    kept.append([_up(NOW_MS - 2, STALE), _up(NOW_MS - 1, math.nan), _up(NOW_MS, math.inf)])
    ((_, samples),) = _found(DiskSamples(tmp_path / "samples", clock))
    assert [is_stale(value) for _, value in samples] == [True, False, False]
    assert math.isnan(samples[1][1])
    assert samples[2][1] == math.inf


def test_hours_are_sealed_and_late_samples_are_merged_into_them(kept, tmp_path, clock) -> None:
    for hour in range(5):
        clock.push(timedelta(hours=1))
        kept.append([_up(NOW_MS + hour * HOUR_MS + step * 15_000, float(step)) for step in range(4)])
    kept.append([_up(NOW_MS + 7_000, 0.5), _up(NOW_MS + 15_000, 99.0)])
    clock.push(timedelta(hours=1))
    kept.append([_up(NOW_MS + 5 * HOUR_MS)])
    for store in (kept, DiskSamples(tmp_path / "samples", clock)):
        ((_, samples),) = _found(store)
        assert samples[:5] == [
            (NOW_MS, 0.0),
            (NOW_MS + 7_000, 0.5),
            (NOW_MS + 15_000, 1.0),
            (NOW_MS + 30_000, 2.0),
            (NOW_MS + 45_000, 3.0),
        ]
        assert len(samples) == 22
        ((_, some),) = _found(store, start=NOW_MS + HOUR_MS, end=NOW_MS + HOUR_MS + 15_000)
        assert some == [(NOW_MS + HOUR_MS, 0.0), (NOW_MS + HOUR_MS + 15_000, 1.0)]


def test_another_process_sees_what_is_appended_and_sealed_here(kept, tmp_path, clock) -> None:
    other = DiskSamples(tmp_path / "samples", clock)
    kept.append([_up(NOW_MS)])
    assert len(_found(other)) == 1
    kept.append([_up(NOW_MS, job="new")])
    assert len(_found(other)) == 2
    clock.push(timedelta(hours=3))
    kept.append([_up(NOW_MS + 3 * HOUR_MS)])
    assert [time_ms for time_ms, _ in _found(other)[0][1]] == [NOW_MS, NOW_MS + 3 * HOUR_MS]
    assert other.append([_up(NOW_MS + 3 * HOUR_MS)]) == 0


def test_what_is_older_than_the_retention_goes_with_its_series(tmp_path, clock) -> None:
    kept = DiskSamples(tmp_path, clock, retention=timedelta(days=1))
    kept.append([_up(NOW_MS, job="gone"), _up(NOW_MS, job="stays")])
    clock.push(timedelta(days=3))
    later = NOW_MS + 3 * 24 * HOUR_MS
    assert kept.append([_up(later, job="stays"), _up(NOW_MS + 1, job="too old")]) == 1
    clock.push(timedelta(hours=2))
    kept.append([_up(later + 2 * HOUR_MS, job="stays")])
    assert _found(kept, start=0) == [
        ({"__name__": "up", "job": "stays"}, [(later, 1.0), (later + 2 * HOUR_MS, 1.0)])
    ]
    kept.append([_up(later, job="gone")])
    assert len(_found(kept)) == 2


def test_a_clock_that_runs_far_ahead_cannot_place_samples_in_the_future(kept) -> None:
    assert kept.append([_up(NOW_MS + 600_000), _up(NOW_MS + 600_001)]) == 1


def test_no_more_series_are_kept_than_there_is_room_for(kept, monkeypatch, caplog) -> None:
    monkeypatch.setattr(samples_module, "MOST_SERIES", 2)
    with caplog.at_level(logging.WARNING):
        assert kept.append([_up(NOW_MS, job=str(number)) for number in range(4)]) == 2
    assert "left out" in caplog.text
    assert kept.append([_up(NOW_MS + 1, job="0")]) == 1


def test_a_store_that_cannot_be_used_says_so_and_recovers(kept, tmp_path, monkeypatch) -> None:
    kept.append([_up(NOW_MS)])
    locker = sqlite3.connect(tmp_path / "samples" / "samples.db", isolation_level=None)
    kept._opened.execute("PRAGMA busy_timeout = 1")
    locker.execute("BEGIN IMMEDIATE")
    with pytest.raises(Overloaded) as refused:
        kept.append([_up(NOW_MS + 1)])
    assert "SQLITE_BUSY" in refused.value.happened
    locker.execute("ROLLBACK")
    assert kept.append([_up(NOW_MS + 1)]) == 1
    assert len(_found(kept)[0][1]) == 2


def test_a_request_that_fails_half_way_leaves_nothing(kept, monkeypatch) -> None:
    kept.append([_up(NOW_MS)])
    monkeypatch.setattr(kept, "_unknown", lambda rows: [*rows, (1, None, 1.0)])
    with pytest.raises(Overloaded):
        kept.append([_up(NOW_MS + 1, job="x")])
    monkeypatch.undo()
    assert _found(kept) == [({"__name__": "up"}, [(NOW_MS, 1.0)])]


def test_what_groups_remember_survives(kept, tmp_path, clock) -> None:
    assert kept.remembered("f;g") == b""
    kept.remember("f;g", b"one")
    kept.remember("f;g", b"two")
    assert DiskSamples(tmp_path / "samples", clock).remembered("f;g") == b"two"


def test_only_one_process_evaluates(kept, tmp_path) -> None:
    ask = (
        "import fcntl, sys\n"
        f"lock = open({str(tmp_path / 'samples' / 'rules.lock')!r}, 'a')\n"
        "try: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "except BlockingIOError: sys.exit(3)\n"
    )
    with kept.evaluating() as is_ours:
        assert is_ours
        assert subprocess.run([sys.executable, "-c", ask], check=False).returncode == 3
        with kept.evaluating() as is_ours_again:
            assert not is_ours_again
    with kept.evaluating() as is_ours:
        assert is_ours
