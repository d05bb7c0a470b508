"""The manifest tells what there is, and that nobody changed what it told before."""

from __future__ import annotations

import pytest

from tocsin.store.lake.manifest import NAME, NO_LINE, Act, Hold, Manifest, Segment, hold_record, record_of
from tocsin.store.lake.refusals import LakeBroken

from .conftest import NOW


def segment(path="prod/segments/2026-11-21/0.parquet", **more) -> Segment:
    told = {"source": "prod", "sha256": "00", "size": 1, "rows": 3, "first": 0, "stop": 30}
    return Segment(path=path, **{**told, "first_time": 100, "last_time": 200, **more})


def hold(name="H-1", **more) -> Hold:
    told = {"source": "", "since": None, "until": None, "incident": "", "reason": "a court asks"}
    return Hold(hold_id=name, **{**told, "placed_by": "ada", "placed_at": NOW.isoformat(), **more})


@pytest.fixture
def manifest(tmp_path):
    return Manifest(tmp_path)


def add(manifest, act, **what) -> str:
    with manifest.writing() as write:
        return write(act, NOW, what)


def sealed(manifest, *segments, stop=30) -> str:
    return add(
        manifest, Act.SEALED, source="prod", stop=stop, segments=[record_of(each) for each in segments]
    )


def test_a_lake_without_a_manifest_holds_nothing(manifest) -> None:
    listing = manifest.listing()
    assert (listing.lines, listing.head, listing.segments, manifest.hashes()) == (0, NO_LINE, (), ())
    assert manifest.faults() == ()


def test_every_act_changes_what_is_told(manifest) -> None:
    kept, old = segment("a", columns=("x",)), segment("b", dropped=("y",), maps=("z",))
    sealed(manifest, kept, old)
    assert manifest.listing().segments == (kept, old)
    assert manifest.listing().sealed_to == {"prod": 30}
    add(manifest, Act.COOLED, path="b", to="_cold/b")
    assert [(each.path, each.cold) for each in manifest.listing().segments] == [
        ("a", False),
        ("_cold/b", True),
    ]
    assert manifest.listing().moved_from == ("b",)
    add(manifest, Act.DELETED, path="_cold/b")
    assert [each.path for each in manifest.listing().deleted] == ["_cold/b"]
    add(manifest, Act.HELD, hold=hold_record(hold()))
    assert manifest.listing().holds == (hold(),)
    head = add(manifest, Act.RELEASED, hold_id="H-1")
    listing = manifest.listing()
    assert (listing.holds, listing.lines, listing.head) == ((), 5, head)
    assert manifest.hashes()[-1] == head


def test_a_torn_last_line_is_not_told_and_is_cut_off_by_the_next(manifest, tmp_path) -> None:
    sealed(manifest, segment("a"))
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"line":2,"before":"')
    assert manifest.listing().lines == 1
    sealed(manifest, segment("b"), stop=60)
    assert (manifest.listing().lines, manifest.faults()) == (2, ())


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        (lambda lines: [lines[0].replace(b'"rows":3', b'"rows":2'), *lines[1:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [lines[0], b"[1]", *lines[1:]], 2),
        (lambda lines: [*lines[:2], b"not json"], 3),
    ],
    ids=["changed", "first removed", "middle removed", "swapped", "strange", "no JSON"],
)
def test_what_eve_changes_breaks_the_chain_at_a_named_line(manifest, tmp_path, changed, number) -> None:
    for stop in (30, 60, 90):
        sealed(manifest, segment(str(stop)), stop=stop)
    lines = (tmp_path / NAME).read_bytes().splitlines()
    (tmp_path / NAME).write_bytes(b"\n".join(changed(lines)) + b"\n")
    (fault,) = manifest.faults()
    assert f"Line {number} " in fault


@pytest.mark.parametrize(
    "strange", [b"not json", b"[1]", b'{"act":"cooled","path":"never"}', b'{"act":"sealed"}']
)
def test_a_line_nobody_wrote_is_never_read_over(manifest, tmp_path, strange) -> None:
    (tmp_path / NAME).write_bytes(strange + b"\n")
    with pytest.raises(LakeBroken, match="Line 1"):
        manifest.listing()


def test_nothing_is_written_behind_a_line_that_cannot_be_read(manifest, tmp_path) -> None:
    (tmp_path / NAME).write_bytes(b"not json\n")
    with pytest.raises(LakeBroken, match="last line"):
        sealed(manifest, segment("a"))


@pytest.mark.parametrize(
    ("wanted", "covered"),
    [
        ({}, True),
        ({"source": "prod"}, True),
        ({"source": "other"}, False),
        ({"since": 200}, True),
        ({"since": 201}, False),
        ({"until": 100}, False),
        ({"until": 101}, True),
        ({"source": "prod", "since": 150, "until": 160}, True),
    ],
)
def test_a_hold_covers_what_may_lie_in_its_range(wanted, covered) -> None:
    assert hold(**wanted).covers(segment()) is covered


def test_records_without_a_time_are_under_every_hold_of_their_source() -> None:
    assert hold(since=10**18).covers(segment(undated=1))
    assert hold(until=1).covers(segment(first_time=None, last_time=None))
