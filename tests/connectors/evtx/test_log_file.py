"""Event logs are read chunk by chunk: damage costs what it hit, is told, and never holds the reader up."""

from __future__ import annotations

import struct
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.connectors.evtx.log_file import read_log
from tocsin.connectors.refusal import Refused, UnknownFormat
from tocsin.connectors.signals.formats import parse, recognise

THREE_RECORDS = "regression_data/rules/windows/process_creation/proc_creation_win_findstr_recon_everyone"
HEADER, CHUNK = 4096, 65_536


@pytest.fixture(scope="module")
def log(shared: Path) -> bytes:
    """One chunk with three records; no library writes such files, so a published one is read."""
    with tarfile.open(shared / "data" / "sigmahq.tar.gz") as archive:
        (name,) = [n for n in archive.getnames() if n.startswith(THREE_RECORDS) and n.endswith(".evtx")]
        found = archive.extractfile(name)
        assert found is not None
        return found.read()


def changed(log: bytes, *changes: tuple[int, bytes]) -> bytes:
    made = bytearray(log)
    for place, new in changes:
        made[place : place + len(new)] = new
    return bytes(made)


def second_record(log: bytes) -> int:
    return log.index(b"**\0\0", HEADER + 512 + 4)


def test_each_event_is_a_flat_record(log: bytes) -> None:
    assert recognise(log) == "evtx"
    found = parse("evtx", log)
    assert (len(found.lines), found.refused) == (3, ())
    assert {orjson.loads(line)["Channel"] for line in found.lines} == {"Microsoft-Windows-Sysmon/Operational"}


def test_a_broken_record_is_told_and_the_others_are_read(log: bytes) -> None:
    found = parse("evtx", changed(log, (second_record(log) + 28, b"\xff" * 36)))
    assert (len(found.lines), len(found.refused)) == (2, 1)
    assert "record number 2" in found.refused[0].reason
    assert len(found.refused[0].body) == HEADER + CHUNK
    assert parse("evtx", found.refused[0].body).refused[0].reason == found.refused[0].reason


@pytest.mark.parametrize(
    ("change", "read", "told"),
    [
        pytest.param(
            lambda log: changed(log, (second_record(log), b"x")), 1, "record header", id="no record"
        ),
        pytest.param(lambda log: changed(log, (HEADER, b"x")), 0, "chunk", id="no chunk"),
        pytest.param(lambda log: changed(log, (HEADER + 130, b"\xff")), 0, "", id="a wild table"),
        pytest.param(lambda log: log[: HEADER + 5500], 2, "", id="cut off"),
        pytest.param(
            lambda log: changed(log, (HEADER + 16, struct.pack("<Q", 9))),
            3,
            "promises 9 records",
            id="more promised",
        ),
    ],
)
def test_whatever_is_damaged_is_told(log: bytes, change: Any, read: int, told: str) -> None:
    found = parse("evtx", change(log))
    assert len(found.lines) <= read
    assert len(found.refused) == 1
    assert told in found.refused[0].reason


def test_a_table_that_goes_in_a_circle_holds_nobody_up(log: bytes) -> None:
    circle = struct.pack("<I", 600)
    found = parse("evtx", changed(log, (HEADER + 128, circle), (HEADER + 600, circle)))
    assert [part.reason for part in found.refused] == ["the chunk's table of names goes in a circle"]


def test_a_second_chunk_is_read_though_the_first_is_lost(log: bytes) -> None:
    two = changed(log, (HEADER, bytes(8))) + bytes(CHUNK) + log[HEADER:]
    found = parse("evtx", two)
    assert (len(found.lines), len(found.refused)) == (3, 1)


@pytest.mark.parametrize("body", [b"", b"ElfFile\0", b"ElfFile\0" + bytes(99), b"PK" + bytes(9000)])
def test_another_file_is_refused_whole(body: bytes) -> None:
    with pytest.raises(UnknownFormat):
        list(read_log(BytesIO(body)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(HEADER, HEADER + 6000), st.binary(min_size=1, max_size=8)),
        min_size=1,
        max_size=6,
    )
)
def test_no_damage_ends_otherwise_than_in_records_and_refusals(
    log: bytes, changes: list[tuple[int, bytes]]
) -> None:
    for part in read_log(BytesIO(changed(log, *changes))):
        assert isinstance(part, Refused) or isinstance(orjson.loads(part), dict)
