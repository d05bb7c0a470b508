from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nouns import NOON
from tocsin.audit.breach import Break, unless_frozen
from tocsin.audit.export import MAX_LINE_BYTES, ExportUnreadable, export_lines, read_export
from tocsin.audit.note import KeyRefused
from tocsin.audit.trust import Reached, trust_of
from tocsin.audit.verify import Damaged, Verdict, interleaved, verify, verify_records
from tocsin.domain.entry import Stretch

settings_with_book = partial(settings, suppress_health_check=[HealthCheck.function_scoped_fixture])


def exported(book: Any) -> list[bytes]:
    return list(export_lines(book.leaves, book.checkpoints, book.key))


def verdict_of(content: bytes) -> Verdict:
    export = read_export(BytesIO(content))
    return verify_records(export.records, export.key)


def test_an_export_is_one_line_a_record_between_header_and_count(book: Any) -> None:
    lines = exported(book)
    assert lines[0] == (
        b'{"schema":"tocsin.audit-export/1",'
        b'"vkey":"tocsin.example/audit+e3a36f0a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"}\n'
    )
    assert lines[5] == (
        b'{"record":"leaf","index":3,"content":"eyJuIjozfQ==",'
        b'"leaf_hash":"10otHyrxwcrWxeiob8hpFi59HqAecpq/8XhR0QlI+ZQ="}\n'
    )
    assert lines[4].startswith(b'{"record":"checkpoint","note":"tocsin.example/audit\\n3\\n')
    assert lines[-1] == b'{"record":"end","leaves":10,"checkpoints":3}\n'
    assert len(lines) == 15


def test_an_export_is_read_back_and_verifies_like_the_log(book: Any) -> None:
    export = read_export(exported(book))
    assert export.key == book.key
    assert list(export.records) == list(interleaved(book.leaves, book.checkpoints))
    assert verdict_of(b"".join(exported(book))) == verify(
        [Stretch.of(book.leaves)], book.checkpoints, book.key
    )


def test_the_level_of_trust_is_a_claim_in_the_header(book: Any) -> None:
    trust = trust_of(Reached(signed_at=NOON, anchored_at=None, cosigned_at=None), NOON)
    lines = list(export_lines(book.leaves, book.checkpoints, book.key, trust))
    assert b'"trust":"L1","believed":"signed, by a key outside' in lines[0]
    assert lines[1:] == exported(book)[1:]
    assert verdict_of(b"".join(lines)).sound


def test_an_export_of_an_empty_log_is_sound(books: Any) -> None:
    assert verdict_of(b"".join(exported(books(0)))).sound


def test_a_broken_log_stays_broken_in_its_export(book: Any) -> None:
    leaves = (*book.leaves[:6], replace(book.leaves[6], content=b"changed"), *book.leaves[7:])
    assert verdict_of(b"".join(export_lines(leaves, book.checkpoints, book.key))).first_broken == 6


def test_the_export_of_a_frozen_log_carries_its_break_also_when_its_tables_were_put_right(book: Any) -> None:
    broken = Break(
        number=1,
        origin="tocsin.example/audit",
        kind="log_forked",
        reason="Entry 6 was changed.",
        first_broken=6,
        found_at=NOON,
        size=9,
        sealed_size=7,
        signed_size=9,
    )
    lines = list(export_lines(book.leaves, book.checkpoints, book.key, broken=broken))
    export = read_export(lines)
    assert export.broken == broken
    verdict = unless_frozen(verify_records(export.records, export.key), export.broken)
    assert (verdict.sound, verdict.first_broken) == (False, 6)
    assert read_export(exported(book)).broken is None


def test_a_break_in_the_header_that_cannot_be_read_is_no_export(book: Any) -> None:
    header = exported(book)[0].replace(b"}\n", b',"broken":{"number":1}}\n')
    with pytest.raises(ExportUnreadable, match="tells of a break"):
        read_export([header])


@settings_with_book(max_examples=300)
@given(data=st.data())
def test_any_one_byte_changed_in_an_entrys_line_names_that_entry(book: Any, data: st.DataObject) -> None:
    lines = exported(book)
    index = data.draw(st.integers(0, 9))
    at = next(n for n, line in enumerate(lines) if line.startswith(b'{"record":"leaf","index":%d,' % index))
    line = bytearray(lines[at])
    position = data.draw(st.integers(0, len(line) - 1))
    line[position] = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[position]))
    lines[at] = bytes(line)
    verdict = verdict_of(b"".join(lines))
    assert (verdict.sound, verdict.first_broken) == (False, index)


@settings_with_book()
@given(data=st.data())
def test_any_one_byte_changed_elsewhere_is_never_sound(book: Any, data: st.DataObject) -> None:
    whole = bytearray(b"".join(exported(book)))
    # When a checkpoint was signed is our own remark: no signature covers it, and nothing is judged by it.
    times = [found.span() for found in re.finditer(rb'(?<="signed_at":)[^}]*', whole)]
    judged = [at for at in range(len(whole)) if not any(start <= at < stop for start, stop in times)]
    position = data.draw(st.sampled_from(judged))
    whole[position] = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[position]))
    try:
        assert not verdict_of(bytes(whole)).sound
    except (ExportUnreadable, KeyRefused):
        assert position < len(exported(book)[0])


def test_an_export_cut_off_between_lines_is_broken_at_its_end(book: Any) -> None:
    lines = exported(book)
    verdict = verdict_of(b"".join(lines[:8]))
    assert (verdict.sound, verdict.first_broken) == (False, 6)
    assert "cut off" in verdict.reason


def test_an_export_cut_off_within_a_line_is_broken_there(book: Any) -> None:
    lines = exported(book)
    verdict = verdict_of(b"".join(lines[:8]) + lines[8][:40])
    assert (verdict.sound, verdict.first_broken) == (False, 6)
    assert verdict.reason == "Line 9 of the export cannot be read as it was written."


def test_lines_removed_before_the_end_are_missed_by_its_count(books: Any) -> None:
    lines = exported(books(10, 3))
    verdict = verdict_of(b"".join([*lines[:-3], lines[-1]]))
    assert (verdict.sound, verdict.first_broken) == (False, 8)


def test_lines_after_the_end_are_not_ignored(book: Any) -> None:
    verdict = verdict_of(b"".join([*exported(book), b"\n"]))
    assert (verdict.sound, verdict.first_broken) == (False, 10)


def test_a_checkpoint_line_that_holds_no_note_is_broken(book: Any) -> None:
    lines = exported(book)
    lines[4] = b'{"record":"checkpoint","note":"nothing","signed_at":"2026-01-01T00:00:03Z"}\n'
    assert verdict_of(b"".join(lines)).reason.startswith("Line 5 ")


def test_a_giant_line_is_not_parsed(book: Any) -> None:
    lines = exported(book)
    lines[4] = b'{"record":"leaf","index":3,"content":"' + b"A" * MAX_LINE_BYTES + b'"}\n'
    assert verdict_of(b"".join(lines)).first_broken == 3


@given(st.lists(st.binary(max_size=60), max_size=4))
@example([b'{"record":"end","leaves":0,"checkpoints":0}\n'])
@example([b'{"record":"leaf","index":0,"content":"\xff"}\n'])
def test_no_bytes_after_the_header_raise_anything(lines: list[bytes]) -> None:
    header = b'{"schema":"tocsin.audit-export/1","vkey":"%s"}\n' % (
        b"tocsin.example/audit+e3a36f0a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
    )
    export = read_export([header, *lines])
    assert verify_records(export.records, export.key).size == 0


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        pytest.param(b"", "not a header", id="an empty file"),
        pytest.param(b"\x7fELF\xff\n", "not a header", id="a program"),
        pytest.param(b"{}\n", "not a header", id="another JSON file"),
        pytest.param(
            b'{"schema":"tocsin.audit-export/2","vkey":"x"}\n', "audit-export/2", id="a newer schema"
        ),
    ],
)
def test_what_is_no_export_is_explained(first: bytes, reason: str) -> None:
    with pytest.raises(ExportUnreadable, match=reason) as refused:
        read_export([first] if first else [])
    assert "neither that the log is sound nor that it is broken" in refused.value.means


def test_an_export_with_a_false_key_is_refused() -> None:
    with pytest.raises(KeyRefused):
        read_export([b'{"schema":"tocsin.audit-export/1","vkey":"log+00+"}\n'])


def test_nothing_is_read_beyond_an_unreadable_line(book: Any) -> None:
    lines = exported(book)
    records = list(read_export([*lines[:3], b"?\n", *lines[4:]]).records)
    assert records == [*book.leaves[:2], Damaged("Line 4 of the export cannot be read as it was written.")]
