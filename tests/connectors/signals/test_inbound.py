"""Posted signals: each good record is kept with its bytes, each bad one is refused with line and reason."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.refusal import BodyRefused, BodyTooLarge, NotJson, Refused, WrongContentType
from tocsin.connectors.signals import inbound
from tocsin.connectors.signals.inbound import TIME_FIELDS, event_time, read_signals, signal_of

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
LINES = (b'{"a":1}', b'{"b": "two"}', b'{"c":[3]}')

FORMS = [
    pytest.param(b"\n".join(LINES), id="NDJSON"),
    pytest.param(b"\n".join(LINES) + b"\n", id="NDJSON with a last newline"),
    pytest.param(b"\r\n".join(LINES) + b"\r\n\r\n", id="CRLF"),
    pytest.param(b"\n\n  \n" + b"\n\n\n".join(LINES), id="blank lines"),
    pytest.param(b"\xef\xbb\xbf" + b"\n".join(LINES), id="byte order mark"),
    pytest.param(b"".join(LINES), id="one after the other, as Firehose writes them"),
    pytest.param(LINES[0] + b"\n" + b" ".join(LINES[1:]), id="several on a line"),
    pytest.param(b"[" + b",".join(LINES) + b"]", id="array on one line"),
    pytest.param(b"\xef\xbb\xbf \n[\n" + b",\n".join(LINES) + b"\n]\n", id="array of lines"),
    pytest.param(b'{"Records":[' + b",".join(LINES) + b"]}", id="Records"),
    pytest.param(b'{\n"Records": [' + b",\n".join(LINES) + b"]\n}\n", id="Records over lines"),
    pytest.param(b'{"Records":[' + LINES[0] + b"]}\n" + b"\n".join(LINES[1:]), id="Records among lines"),
]


@pytest.mark.parametrize("body", FORMS)
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_every_form_gives_the_same_records_plain_and_packed(body: bytes, layers: int) -> None:
    for _ in range(layers):
        body = gzip.compress(body)
    read = read_signals(body, content_encoding="gzip" if layers else "")
    assert (read.lines, read.refused) == (LINES, ())


def test_one_object_may_stand_alone_on_one_line_or_several() -> None:
    assert read_signals(b'{"a":1}').lines == (b'{"a":1}',)
    assert read_signals(b'{\n  "a": 1\n}\n').lines == (b'{"a":1}',)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"[]", b'{"Records":[]}', gzip.compress(b"", mtime=0)])
def test_nothing_is_nothing(body: bytes) -> None:
    read = read_signals(body)
    assert (read.lines, read.refused) == ((), ())


def test_a_bad_line_is_refused_with_its_number_and_the_rest_goes_on() -> None:
    read = read_signals(b'{"a":1}\n\n{"a":NaN}\n{"b": "two"}\n7\n{"c":[3]}\n{"d":')
    assert read.lines == LINES
    assert [part.body for part in read.refused] == [b'{"a":NaN}', b"7", b'{"d":']
    assert [part.reason.partition(":")[0] for part in read.refused] == [
        "line 3 is not JSON",
        "line 5 is not a JSON object but a number",
        "line 7 is not JSON",
    ]


def test_a_damaged_first_line_does_not_hide_the_others() -> None:
    assert read_signals(b'{"cut\n' + b"\n".join(LINES)).lines == LINES
    assert read_signals(b'{"cut\n{"cut\n' + b"\n".join(LINES)).lines == LINES


@pytest.mark.parametrize(
    "body", [b'[{"a":1},7,{"b": "two"},{"x":NaN},{"c":[3]}]', b'{"Records":[{"a":1},7]}']
)
def test_a_bad_record_of_an_array_is_refused_by_number(body: bytes) -> None:
    read = read_signals(body)
    assert read.refused[0].body == b"7"
    assert read.refused[0].reason.endswith("record 2 is not a JSON object but a number")
    assert all(orjson.loads(line) for line in read.lines)


def test_a_refused_line_can_be_replayed_alone() -> None:
    refused = read_signals(b'{"a":1}\n{"a":NaN}').refused[0]
    assert [part.body for part in read_signals(refused.body).refused] == [refused.body]


@pytest.mark.parametrize(
    "body", [b'[{"a":1},{"b":', b'[{"a":1}', b'{"Records":\n[{"a":1},\n{"b":', b"[" * 100_000]
)
def test_half_a_document_is_refused_whole(body: bytes) -> None:
    read = read_signals(body)
    assert (read.lines, [part.body for part in read.refused]) == ((), [body])


def test_half_a_gzip_is_refused_whole_and_nothing_of_it_is_taken() -> None:
    packed = gzip.compress(b"\n".join(b'{"n":%d}' % n for n in range(50_000)))
    half = packed[: len(packed) // 2]
    assert read_signals(half).lines == ()
    assert read_signals(half).refused == (Refused(half, "gzip ended early."),)


def test_a_gzip_bomb_is_refused_with_413() -> None:
    with pytest.raises(BodyTooLarge) as refused:
        read_signals(gzip.compress(bytes(5_000_000)), max_decoded=1_000_000)
    assert refused.value.status == 413


def test_a_gzip_bomb_inside_a_gzip_is_refused_too() -> None:
    with pytest.raises(BodyTooLarge):
        read_signals(gzip.compress(gzip.compress(bytes(5_000_000))), max_decoded=1_000_000)


def test_another_encoding_is_refused_and_a_wrong_gzip_header_is_forgiven() -> None:
    with pytest.raises(WrongContentType):
        read_signals(b"", content_encoding="br")
    assert read_signals(LINES[0], content_encoding="gzip").lines == LINES[:1]


def test_too_many_records_are_refused_before_they_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbound, "MOST_RECORDS", 100)
    assert len(read_signals(b"{}\n\n" * 100).lines) == 100
    for body in (b"{}\n" * 101, b"7\n" * 101):
        with pytest.raises(BodyTooLarge):
            read_signals(body)


def test_very_many_bad_lines_are_kept_together_and_can_be_replayed() -> None:
    read = read_signals(b'{"a":1}\n' + b"7\n" * 1500)
    assert (len(read.lines), len(read.refused)) == (1, 1001)
    assert len(read_signals(read.refused[-1].body).refused) == 500


def test_utf_16_is_refused_with_advice() -> None:
    assert "send UTF-8" in read_signals('{"a":1}'.encode("utf-16")).refused[0].reason


def test_cloudtrail_records_keep_numbers_that_no_float_holds() -> None:
    read = read_signals((PAYLOADS / "cloudtrail_records.json").read_bytes())
    assert b"100000000000000000001" in read.lines[0]
    first, second = (signal_of(line, "trail", n, NOW) for n, line in enumerate(read.lines))
    assert (first.time, first.record["eventName"]) == (
        datetime(2026, 11, 20, 20, 36, 54, tzinfo=UTC),
        "CreateAccessKey",
    )
    assert (second.source, second.position, second.raw) == ("trail", 1, read.lines[1])


def test_a_signal_without_a_time_of_its_own_has_the_time_of_its_arrival() -> None:
    assert signal_of(b'{"time":"noon","ts":0}', "lab", 1, NOW).time == NOW


def test_a_line_that_was_never_accepted_makes_no_signal() -> None:
    with pytest.raises(NotJson, match="signal at 9 of lab"):
        signal_of(b"rotten", "lab", 9, NOW)


@pytest.mark.parametrize("name", TIME_FIELDS)
def test_each_time_field_is_found(name: str) -> None:
    assert event_time({"x": 1, name: "2026-11-20T20:36:54Z"}) == datetime(
        2026, 11, 20, 20, 36, 54, tzinfo=UTC
    )


def test_the_first_readable_field_counts() -> None:
    record = {"EventTime": "2026-11-20 16:00:00", "UtcTime": "2026-11-20 20:00:00.5", "time": "?"}
    assert event_time(record) == datetime(2026, 11, 20, 20, 0, 0, 500_000, tzinfo=UTC)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["Records", "time", "a"]), inner)
    ),
)
BODIES = st.one_of(
    st.binary(),
    st.lists(st.one_of(st.binary(), ANY_JSON.map(lambda found: json.dumps(found).encode()))).map(b"\n".join),
    ANY_JSON.map(lambda found: json.dumps(found, indent=1).encode()),
)


@settings(deadline=None)
@given(BODIES, st.booleans(), st.integers(0, 10))
def test_no_bytes_raise_anything_but_an_explained_refusal(body: bytes, is_packed: bool, cut: int) -> None:
    if is_packed:
        packed = gzip.compress(body)
        body = packed[: len(packed) - cut]
    try:
        read = read_signals(body, max_decoded=100_000)
    except BodyRefused as refused:
        refused.explain()
        return
    for number, line in enumerate(read.lines):
        assert b"\n" not in line
        assert signal_of(line, "fuzz", number, NOW).time.tzinfo is UTC


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.integers(0, 9)), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_line_of_ndjson_is_kept_in_order(records: list[dict[str, Any]], end: str) -> None:
    lines = [json.dumps(record).encode() for record in records]
    assert read_signals(end.encode().join(lines)).lines == tuple(lines)


PARTS = st.sampled_from(
    (b'{"a":1}', b"", b" \r", b'{"b":"\xc3\xa9"}\r', b"[1]", b'{"Records":[{"c":1},2]}', b"{")
)


@settings(deadline=None)
@given(st.lists(PARTS, max_size=40), st.integers(1, 12))
def test_it_does_not_matter_how_many_lines_are_looked_at_together(parts: list[bytes], size: int) -> None:
    body = b'{"first":1}\n' + b"\n".join(parts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(inbound, "_LINES_AT_ONCE", size)
        in_blocks = read_signals(body)
    lines, refused = [b'{"first":1}'], []
    for number, part in enumerate(parts, 2):
        alone = read_signals(b'{"first":1}\n' + b"\n" * (number - 2) + part)
        lines += alone.lines[1:]
        refused += alone.refused
    assert (in_blocks.lines, in_blocks.refused) == (tuple(lines), tuple(refused))
