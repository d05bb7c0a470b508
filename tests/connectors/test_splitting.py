"""Records are found in bytes without changing them, and a line is a line however the chunks fall."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.connectors.refusal import BodyTooLarge, NotJson
from tocsin.connectors.splitting import (
    LineRefused,
    are_single_records,
    bundled,
    decoded,
    is_bundle,
    is_row,
    lines_of,
    on_one_line,
    records_in,
    records_on,
    row_of,
    starts_document,
)


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=9), st.integers(1, 9)
)
def test_lines_do_not_depend_on_the_chunks(lines: list[bytes], size: int) -> None:
    whole = b"".join(line + b"\n" for line in lines)
    chunks = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert list(lines_of(chunks, longest=100)) == lines


def test_a_last_line_needs_no_newline() -> None:
    assert list(lines_of([b"a\nb", b"c"], longest=100)) == [b"a", b"bc"]


def test_an_endless_line_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(BodyTooLarge, match="longer than 1000 bytes"):
        list(lines_of((b"x" * 100 for _ in range(10**9)), longest=1000))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":NaN}', "not JSON: unexpected character"),
        (b'{"a":1', "not JSON"),
        (b'{"a":"\xff"}', "not JSON: str is not valid UTF-8"),
        (b'{"a":"\\ud800"}', "not JSON"),
        (b'{"a":' + b"9" * 400 + b"}", "not JSON: number is infinity"),
        (b'{"a":' + b"[" * 100_000, "not JSON: depth limit exceeded"),
        (b"[1]", "not a JSON object but a list"),
        (b"null", "not a JSON object but null"),
        (b"true", "not a JSON object but a boolean"),
        (b"1.5", "not a JSON object but a number"),
        (b'"x"', "not a JSON object but a text"),
    ],
)
def test_what_is_no_object_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    with pytest.raises(LineRefused, match=f"^{reason}"):
        decoded(line)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (b"[", b'{"a":1},', True),
        (b"{", b'"a": 1', True),
        (b'{"a":', None, True),
        (b'{"a":1}', b'{"a":2}', False),
        (b'{"a":1}', None, False),
        (b'{"a":', b'{"a":2}', False),
        (b"words", b"words", False),
        (b"", None, False),
    ],
)
def test_a_document_is_told_from_lines(first: bytes, second: bytes | None, expected: bool) -> None:
    assert starts_document(first, second) is expected


def test_records_keep_their_own_bytes() -> None:
    document = b'[ {"b" : 100000000000000000000000, "a":1,"a":2 , "c":"\\u00e9"},\n{"x":[1,\r\n 2]} ]'
    assert records_in(document) == (
        b'{"b" : 100000000000000000000000, "a":1,"a":2 , "c":"\\u00e9"}',
        b'{"x":[1,2]}',
    )


def test_one_faulty_element_costs_only_itself() -> None:
    document = b'[{"a":1}, {"b":NaN} ,{"c":"\\ud800"},{"d":"\xff"},\n{"e":\n2}]\n'
    assert records_in(document) == (b'{"a":1}', b'{"b":NaN}', b'{"c":"\\ud800"}', b'{"d":"\xff"}', b'{"e":2}')


@pytest.mark.parametrize(
    "document",
    [
        b'[{"a":1},{"b":',
        b'[{"a":1} {"b":2}]',
        b'[{"a":1}',
        b'[{"a":1}] x',
        b"[" * 100_000,
        b"[,]",
        b'{"a":',
        b"[",
    ],
)
def test_a_document_that_does_not_hold_together_is_refused_whole(document: bytes) -> None:
    with pytest.raises(NotJson):
        records_in(document)


def test_empty_documents_hold_no_records() -> None:
    assert records_in(b"[]") == ()
    assert records_in(b'{"Records":[]}') == ()


def test_only_a_bare_wrapping_is_a_bundle() -> None:
    assert is_bundle({"Records": []})
    assert not is_bundle({"Records": [], "time": "2026-11-20T20:36:54Z"})
    assert not is_bundle({"Records": "x"})


@pytest.mark.parametrize(
    "bundle",
    [
        b'{"Records":[{"a":1},{"b":"]"}]}',
        b'{"Records":[3],"Records":[{"a":1},{"b":"]"}]}',
        b'{"\\u0052ecords" :[{"a":1},{"b":"]"}]}',
    ],
)
def test_a_bundle_is_opened_however_it_is_written(bundle: bytes) -> None:
    assert bundled(bundle) == (b'{"a":1}', b'{"b":"]"}')


def test_a_bundle_nested_too_deeply_is_refused_with_its_reason() -> None:
    bundle = b'{"Records":[{"a":' + b"[" * 1000 + b"]" * 1000 + b"}]}"
    assert is_bundle(decoded(bundle))
    with pytest.raises(LineRefused, match="too deeply nested"):
        bundled(bundle)
    with pytest.raises(NotJson, match="too deeply nested"):
        records_in(bundle)


def test_a_record_of_several_lines_becomes_one_even_when_it_is_damaged() -> None:
    assert on_one_line(b'{"a":\n  [1,\r\n2]}') == b'{"a":[1,2]}'
    assert b"\n" not in on_one_line(b'{"a":\nNaN}')


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text(), st.integers(-(2**63), 2**63) | st.text() | st.none()), max_size=5))
def test_any_array_gives_back_its_records(records: list[dict[str, Any]]) -> None:
    for indent in (None, 2):
        found = records_in(json.dumps(records, indent=indent).encode())
        assert [orjson.loads(raw) for raw in found] == [json.loads(json.dumps(record)) for record in records]
        assert not any(b"\n" in raw for raw in found)


def test_objects_that_follow_each_other_are_cut_apart_byte_for_byte() -> None:
    assert row_of(b'{"a":1.0} {"b":"\xff"}{"c":[2]}') == (b'{"a":1.0}', b'{"b":"\xff"}', b'{"c":[2]}')
    assert (is_row(b'{"a":1}{}'), is_row(b'{"a":1}'), is_row(b'{"a":1}{"cut')) == (True, False, False)
    for bad in (b'{"a":1} 7', b"{" * 100_000, b'{"a":1}x'):
        with pytest.raises(LineRefused):
            row_of(bad)


def test_a_line_is_one_object_or_several() -> None:
    assert records_on(b'{"a":1}') == ({"a": 1}, None)
    assert records_on(b'{"a":1}{"b":2}') == ({}, (b'{"a":1}', b'{"b":2}'))
    assert records_on(b'{"Records":[{"a":1}]}')[1] == (b'{"a":1}',)
    for bad in (b"7", b'{"a":NaN}', b'{"a":1}{'):
        with pytest.raises(LineRefused):
            records_on(bad)


@pytest.mark.parametrize(
    "line",
    [b'{"a":1}', b"{}", b'{"Records":1}', b'{"Records":[]}', b"[]", b"1", b"{", b'{"a":1}{"b":2}', b""],
)
def test_lines_are_single_records_together_when_each_one_is(line: bytes) -> None:
    try:
        is_single = records_on(line)[1] is None
    except LineRefused:
        is_single = False
    assert are_single_records([b'{"a":1}', line, b'{"b":2}']) is is_single
