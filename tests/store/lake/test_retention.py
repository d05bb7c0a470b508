"""Old signals go where the policy says, and not at all while somebody's legal hold covers them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.store.lake import retention
from tocsin.store.lake.manifest import Act, Manifest, hold_record
from tocsin.store.lake.policy import LakePolicy
from tocsin.store.lake.refusals import LakeBroken
from tocsin.store.lake.retention import Fate, due

from .conftest import NOW, line
from .test_manifest import hold

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

POLICY = LakePolicy(hot=timedelta(days=10), cold=timedelta(days=20))


@pytest.fixture
def segment(lake, sealed):
    lake.append("prod", [line(1), line(2)])
    return sealed().segments[0]


def later(days: float):
    return NOW + timedelta(days=days)


def fates(lake, now) -> list[Fate]:
    return [each.fate for each in due(Manifest(lake.root).listing(), POLICY, now)]


def placed(lake, **more) -> None:
    with Manifest(lake.root).writing() as add:
        add(Act.HELD, NOW, {"hold": hold_record(hold(**more))})


@pytest.mark.usefixtures("segment")
def test_signals_are_cold_and_then_deleted_by_their_age(lake) -> None:
    assert [fates(lake, later(days)) for days in (9, 11, 29, 31)] == [
        [],
        [Fate.COOL],
        [Fate.COOL],
        [Fate.DELETE],
    ]


def test_a_hold_wins_over_deletion_but_not_over_the_cold(lake, segment) -> None:
    placed(lake, source="prod")
    assert fates(lake, later(31)) == [Fate.HELD, Fate.COOL]
    retention.cool(lake.root, segment, later(31))
    assert fates(lake, later(31)) == [Fate.HELD]
    (cold,) = Manifest(lake.root).listing().segments
    assert retention.delete(lake.root, cold, later(31), "old") is None
    assert (lake.root / cold.path).exists()


def test_a_hold_of_another_source_changes_nothing(lake, segment) -> None:
    placed(lake, source="other")
    assert fates(lake, later(31)) == [Fate.DELETE]
    assert retention.delete(lake.root, segment, later(31), "old")


def test_a_record_from_the_year_9999_keeps_nothing_for_ever(lake, sealed) -> None:
    lake.append("prod", [line(-60 * 24 * 365 * 50), line(1)])
    sealed()
    assert fates(lake, later(31)) == [Fate.DELETE]


def test_records_without_a_time_are_as_old_as_their_sealing(lake, sealed) -> None:
    lake.append("prod", [b"{}", line(60 * 24 * 100)])
    sealed()
    assert fates(lake, NOW) == []
    assert fates(lake, later(31)) == [Fate.DELETE]


def test_what_is_cold_is_read_as_before(lake, segment) -> None:
    before = lake.read("prod", 0, 10)
    retention.cool(lake.root, segment, NOW)
    assert not (lake.root / segment.path).exists()
    (cold,) = Manifest(lake.root).listing().segments
    assert cold.path == f"_cold/{segment.path}"
    assert lake.read("prod", 0, 10) == before
    assert fates(lake, later(11)) == []


def test_a_changed_segment_is_not_moved(lake, segment) -> None:
    (lake.root / segment.path).chmod(0o600)
    (lake.root / segment.path).write_bytes(b"Eve was here")
    with pytest.raises(LakeBroken, match="not what was sealed"):
        retention.cool(lake.root, segment, NOW)
    assert (lake.root / segment.path).exists()
    assert not list(lake.root.rglob("*.unfinished"))


def test_a_deletion_leaves_a_tombstone(lake, segment) -> None:
    head = retention.delete(lake.root, segment, later(31), "older than 30 days")
    listing = Manifest(lake.root).listing()
    assert (listing.head, listing.segments, [each.path for each in listing.deleted]) == (
        head,
        (),
        [segment.path],
    )
    assert not (lake.root / segment.path).exists()


def test_what_a_crash_left_of_deleted_and_moved_files_is_removed(lake, segment) -> None:
    content = (lake.root / segment.path).read_bytes()
    retention.cool(lake.root, segment, NOW)
    (lake.root / segment.path).write_bytes(content)
    (cold,) = Manifest(lake.root).listing().segments
    retention.delete(lake.root, cold, NOW, "old")
    (lake.root / cold.path).write_bytes(content)
    retention.tidy(lake.root, Manifest(lake.root).listing())
    assert not list(lake.root.rglob("*.parquet"))
