"""The hunt's files are streamed, whatever they hold, and what cannot be read is told with file and line."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.connectors.manifest import Format
from tocsin.connectors.refusal import UnknownFormat
from tocsin.connectors.signals import files
from tocsin.connectors.signals.files import STDIN, RefusedLine, read_file
from tocsin.domain.signal import Signal

UNDATED = datetime(2026, 11, 21, tzinfo=UTC)
LINES = (b'{"time":"2026-11-20T20:00:00Z","n":1}', b'{"n":2}', b'{"n":3}')


def read(path: Path, form: str = "") -> tuple[list[Signal], list[RefusedLine]]:
    refused: list[RefusedLine] = []
    return list(read_file(path, undated=UNDATED, refuse=refused.append, form=form)), refused


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\n".join(LINES), id="NDJSON"),
        pytest.param(b"\xef\xbb\xbf" + b"\r\n".join(LINES) + b"\r\n", id="byte order mark and CRLF"),
        pytest.param(b"".join(LINES), id="one after the other"),
        pytest.param(b"[" + b",".join(LINES) + b"]", id="array"),
        pytest.param(b"\n[\n" + b",\n".join(LINES) + b"\n]\n", id="array over lines"),
        pytest.param(b'{"Records":[' + b",".join(LINES) + b"]}", id="Records"),
        pytest.param(b'{\n"Records": [\n' + b",\n".join(LINES) + b"]\n}\n", id="Records over lines"),
    ],
)
def test_every_form_gives_the_same_signals(tmp_path: Path, content: bytes, is_packed: bool) -> None:
    path = tmp_path / "trail.json"
    path.write_bytes(gzip.compress(content) if is_packed else content)
    signals, refused = read(path)
    assert refused == []
    assert [(signal.raw, signal.position) for signal in signals] == list(zip(LINES, (1, 2, 3), strict=True))
    assert [signal.time for signal in signals] == [datetime(2026, 11, 20, 20, tzinfo=UTC), UNDATED, UNDATED]
    assert {signal.source for signal in signals} == {"trail.json"}
    assert signals[1].record == {"n": 2}


def test_positions_are_line_numbers_and_stay_apart_when_a_line_holds_many(tmp_path: Path) -> None:
    path = tmp_path / "mixed"
    path.write_bytes(b'\n{"Records":[{"n":1},{"n":2},5]}\n{"n":3}\n')
    signals, refused = read(path)
    assert [(signal.record["n"], signal.position) for signal in signals] == [(1, 2), (2, 3), (3, 5)]
    assert refused == [RefusedLine(path, 2, "record 3 is not a JSON object but a number")]


def test_a_bad_line_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"n":1}\n\n{"n":NaN}\n[]\n{"n":2}\n{"n":')
    signals, refused = read(path)
    assert [signal.position for signal in signals] == [1, 5]
    assert [(part.path, part.line) for part in refused] == [(path, 3), (path, 4), (path, 6)]
    assert refused[0].reason.startswith("not JSON: unexpected character")


@pytest.mark.parametrize("damaged", [b"{broken\n{also\n", b"[2026-11-21] begins\n[2026] goes on\n{\n"])
@pytest.mark.parametrize("is_long", [False, True], ids=["short", "longer than a document may be"])
def test_lines_after_a_damaged_beginning_are_read_and_the_damaged_ones_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes, is_long: bool
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE_BYTES", 60 if is_long else 4000)
    path = tmp_path / "log"
    path.write_bytes(damaged + b"\n".join(LINES))
    signals, refused = read(path)
    lines = damaged.count(b"\n")
    assert [signal.raw for signal in signals] == list(LINES)
    assert [(part.line, part.is_unread) for part in refused] == [(n + 1, False) for n in range(lines)]


def test_a_part_of_a_document_that_is_no_record_is_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "array"
    path.write_bytes(b'[{"n":1},5,{"n":2}]')
    signals, refused = read(path)
    assert [(signal.record["n"], signal.position) for signal in signals] == [(1, 1), (2, 3)]
    assert refused == [RefusedLine(path, 0, "record 2 is not a JSON object but a number")]


def test_the_standard_input_is_a_file_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"\n".join(LINES)))))
    assert [signal.raw for signal in read(files.STDIN)[0]] == list(LINES)


def test_half_a_gzip_is_told_after_the_whole_lines_before_the_break(tmp_path: Path) -> None:
    path = tmp_path / "half.gz"
    packed = gzip.compress(b"\n".join(b'{"n":%d}' % n for n in range(50_000)))
    path.write_bytes(packed[: len(packed) // 2])
    signals, refused = read(path)
    assert refused == [RefusedLine(path, 0, "gzip ended early.", is_unread=True)]
    assert [signal.record["n"] for signal in signals] == list(range(len(signals)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a":1}'.encode("utf-16"), "the file is UTF-16; convert it to UTF-8"),
        (b'[{"a":1},', "The array is not JSON"),
        (b'{\n"a":\n', "The body is not JSON"),
    ],
)
def test_a_file_that_is_no_signals_at_all_is_told_once(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    signals, refused = read(path)
    assert (signals, len(refused), refused[0].line) == ([], 1, 0)
    assert refused[0].reason.startswith(reason)


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert read(path) == ([], [])


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    signals, refused = read(tmp_path / "none")
    assert (signals, refused[0].reason) == ([], "the file cannot be read: No such file or directory")
    assert refused[0].is_unread


@pytest.mark.parametrize(
    "content", [b'{"n":' + b" " * 5000 + b"1}", b"[" + b'{"n":1},\n' * 900 + b'{"n":1}]']
)
def test_what_must_be_held_whole_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE_BYTES", 4000)
    path = tmp_path / "long"
    path.write_bytes(content)
    signals, refused = read(path)
    assert (signals, len(refused)) == ([], 1)
    assert "longer than 4000 bytes" in refused[0].reason


def test_a_file_of_lines_is_never_held_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(40):
            packed.write(b'{"time":"2026-11-20T20:00:00Z","pad":"%s"}\n' % (b"x" * 900) * 1000)
    tracemalloc.start()
    count = sum(1 for _ in read_file(path, undated=UNDATED, refuse=lambda part: pytest.fail(part.reason)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_000
    assert peak < 10_000_000 < 40_000 * 900


def test_a_real_cloudtrail_file_is_read_in_full(shared: Path) -> None:
    path = shared / "data/cloudtrail-invictus.ndjson.gz"
    signals, refused = read(path)
    assert (len(signals), refused) == (2900, [])
    assert all(
        signal.time.isoformat().replace("+00:00", "Z") == signal.record["eventTime"] for signal in signals
    )


METRIC = b'{"metric_stream_name":"s","metric_name":"m","value":{"sum":1.0},"timestamp":1795206600000}'
EVENTS = b'[{"message":"one"},{"message":"two"},{"message":7}]'
LOGS = b'{"messageType":"DATA_MESSAGE","logGroup":"g","logEvents":' + EVENTS + b"}"
FLOW = b"2 1 eni-1 198.51.100.23 10.0.0.4 4711 22 6 1 40 1795206600 1795206660 ACCEPT OK\n"


def test_the_first_object_tells_the_format_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.ndjson"
    path.write_bytes(METRIC + b'\n{"other":1}\n')
    signals, refused = read(path)
    assert [signal.record.get("category") for signal in signals] == ["metric", None]
    assert refused == []
    named, refused = read(path, form="cloudwatch-metrics")
    assert (len(named), [part.line for part in refused]) == (1, [2])


def test_a_line_that_makes_several_signals_moves_the_positions_on(tmp_path: Path) -> None:
    path = tmp_path / "logs"
    path.write_bytes(
        LOGS + b"\n" + LOGS + b'\n{"messageType":"CONTROL_MESSAGE","logGroup":"g","logEvents":[]}\n' + LOGS
    )
    signals, refused = read(path)
    assert [signal.position for signal in signals] == [1, 2, 3, 4, 6, 7]
    assert (refused[0].line, refused[0].reason) == (
        1,
        "element 3 has another shape than the others",
    )


def test_a_document_of_a_known_shape_is_cut_into_its_signals(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(b"[" + LOGS + b"," + METRIC.replace(b",", b",\n") + b"]")
    signals, refused = read(path)
    assert [signal.position for signal in signals] == [1, 2, 3]
    assert len(refused) == 1


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_file_of_another_kind_is_read_plain_or_packed(tmp_path: Path, is_packed: bool) -> None:
    text, rows = tmp_path / "flow", tmp_path / "rows"
    sink = BytesIO()
    pq.write_table(pa.table({"user": ["ben", "eve"]}), sink)
    for path, body in ((text, FLOW + b"odd\n"), (rows, sink.getvalue())):
        path.write_bytes(gzip.compress(body) if is_packed else body)
    signals, refused = read(text, form="vpc-flow")
    assert ([signal.record["dstport"] for signal in signals], len(refused)) == ([22], 1)
    signals, refused = read(rows)
    assert ([signal.record["user"] for signal in signals], refused) == (["ben", "eve"], [])


def test_a_packed_file_of_another_kind_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bytes] = []

    def streamed(found: Format) -> Any:
        return lambda opened: iter([given.append(opened.read()) or b"{}"])

    monkeypatch.setattr(files, "streamer", streamed)
    path = tmp_path / "log.evtx.gz"
    path.write_bytes(gzip.compress(b"ElfFile\0 and more"))
    assert len(read(path)[0]) == 1
    assert given == [b"ElfFile\0 and more"]


def test_a_file_of_another_kind_may_come_by_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = BytesIO()
    pq.write_table(pa.table({"user": ["ben"]}), sink)
    sink.seek(0)
    sink.seekable = lambda: False  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=sink))
    signals, _ = read(STDIN)
    assert [signal.record["user"] for signal in signals] == ["ben"]


def test_a_file_that_is_not_of_the_format_named_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(FLOW)
    signals, refused = read(path, form="evtx")
    assert (signals, [part.is_unread for part in refused]) == ([], [True])
    monkeypatch.setattr(files, "LONGEST_LINE_BYTES", 10)
    signals, refused = read(path, form="vpc-flow")
    assert (signals, [part.is_unread for part in refused]) == ([], [True])
    with pytest.raises(UnknownFormat):
        read(path, form="xls")
