from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.note import (
    MAX_NOTE_BYTES,
    KeyRefused,
    NoteRefused,
    NoteSignature,
    TypedKey,
    VerifierKey,
    format_note,
    key_id,
    parse_note,
    parse_vkey,
    verify_note,
)

LOG_VKEY = "tocsin.example/audit+e3a36f0a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
LOG = parse_vkey(LOG_VKEY)
TEXT = "tocsin.example/audit\n7\nju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n"
LOG_LINE = (
    "— tocsin.example/audit "
    "46NvCum6JN/CpLb60yNI18UG1To23KxU2VidEA8X31e06GZRtel4ZZc6WJ6TfFJzYiatzTBTbMNIDQXP3OcIBUHuCgI=\n"
)
WITNESS_LINE = (
    "— witness.example/w1 3xwKNQAAAABpVbkAq/8FmMLQBNdZ5zJiwKUq/vWNwP1ss4EmHIHf+phpXYG5FeiGfCgZay6Te"
    "+29vpNrHnfR7zB8EeyadGx22g7CDQ==\n"
)
NOTE = TEXT + "\n" + LOG_LINE + WITNESS_LINE


def test_the_published_note_verifies_and_the_witness_line_is_ignored() -> None:
    verified = verify_note(NOTE, (LOG,))
    assert verified.text == TEXT
    assert [line.name for line in verified.signatures] == ["tocsin.example/audit"]


def test_the_published_note_is_reproduced_from_its_private_key() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    assert VerifierKey("tocsin.example/audit", private.public_key().public_bytes_raw()).text == LOG_VKEY
    line = NoteSignature(LOG.name, LOG.key_id, private.sign(TEXT.encode()))
    assert format_note(TEXT, (line,)) == TEXT + "\n" + LOG_LINE


def test_a_key_id_depends_on_the_type() -> None:
    witness = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32).public_key().public_bytes_raw()
    assert key_id("witness.example/w1", 0x04, witness).hex() == "df1c0a35"


def test_parsing_and_formatting_are_inverse() -> None:
    parsed = parse_note(NOTE)
    assert format_note(parsed.text, parsed.signatures) == NOTE


def test_a_text_with_empty_lines_keeps_them() -> None:
    assert parse_note("a\n\nb\n\n" + LOG_LINE).text == "a\n\nb\n"


def test_twenty_signatures_are_read() -> None:
    assert len(parse_note(TEXT + "\n" + WITNESS_LINE * 20).signatures) == 20


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        pytest.param("", "empty line", id="nothing"),
        pytest.param(TEXT, "empty line", id="no signatures"),
        pytest.param(TEXT + "\n", "empty line", id="no signature line"),
        pytest.param("\n\n" + LOG_LINE, "empty line", id="no text"),
        pytest.param(NOTE[:-1], "empty line", id="no newline at the end"),
        pytest.param(TEXT + "\n" + LOG_LINE[2:], "signature line", id="no dash"),
        pytest.param(TEXT + "\n- " + LOG_LINE[2:], "signature line", id="a hyphen for the dash"),
        pytest.param(TEXT + "\n—  AAAAAAA=\n", "signature line", id="no name"),
        pytest.param(TEXT + "\n— a+b AAAAAAA=\n", "signature line", id="a plus in the name"),
        pytest.param(TEXT + "\n— a\u00a0b AAAAAAA=\n", "signature line", id="a space in the name"),
        pytest.param(TEXT + "\n— name AAAA AAA=\n", "signature line", id="a space in the base64"),
        pytest.param(TEXT + "\n— name AAAAAAA\n", "signature line", id="no padding"),
        pytest.param(TEXT + "\n— name AAAAAAB=\n", "signature line", id="base64 with stray bits"),
        pytest.param(TEXT + "\n— name ÄAAAAAA=\n", "signature line", id="base64 beyond ASCII"),
        pytest.param(TEXT + "\n— name AAAAAA==\n", "no signature", id="only a key id"),
        pytest.param("a\tb\n\n" + LOG_LINE, "control character", id="a tab"),
        pytest.param("a\r\n\n" + LOG_LINE, "control character", id="a carriage return"),
        pytest.param("a\ud800\n\n" + LOG_LINE, "UTF-8", id="a lone surrogate"),
        pytest.param("a" * MAX_NOTE_BYTES + "\n\n" + LOG_LINE, "longer", id="a giant"),
    ],
)
def test_a_malformed_note_is_refused(note: str, reason: str) -> None:
    with pytest.raises(NoteRefused, match=reason):
        verify_note(note, (LOG,))


def test_a_note_of_unknown_keys_only_is_refused() -> None:
    with pytest.raises(NoteRefused, match="known key"):
        verify_note(TEXT + "\n" + WITNESS_LINE, (LOG,))
    with pytest.raises(NoteRefused, match="known key"):
        verify_note(NOTE, ())


def test_one_failing_signature_of_a_known_key_refuses_the_whole_note() -> None:
    false_line = format_note("", (NoteSignature(LOG.name, LOG.key_id, b"\0" * 64),))[1:]
    for lines in (LOG_LINE + false_line, false_line + LOG_LINE):
        with pytest.raises(NoteRefused, match="does not fit"):
            verify_note(TEXT + "\n" + lines, (LOG,))


def test_a_line_of_the_logs_name_with_another_key_id_is_ignored() -> None:
    other = format_note("", (NoteSignature(LOG.name, b"\0\0\0\0", b"\0" * 2420),))[1:]
    assert len(verify_note(TEXT + "\n" + other + LOG_LINE, (LOG,)).signatures) == 1


@given(st.integers(0, len(TEXT + "\n" + LOG_LINE) - 1), st.characters())
def test_any_changed_character_is_refused(at: int, character: str) -> None:
    note = TEXT + "\n" + LOG_LINE
    changed = note[:at] + character + note[at + 1 :]
    if changed != note:
        with pytest.raises(NoteRefused):
            verify_note(changed, (LOG,))


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        pytest.param("", "form", id="nothing"),
        pytest.param("tocsin.example/audit", "form", id="a name only"),
        pytest.param("+e3a36f0a+AYqI", "form", id="no name"),
        pytest.param("a b+e3a36f0a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c", "form", id="a space"),
        pytest.param("\ud800+e3a36f0a+AYqI", "form", id="a lone surrogate in the name"),
        pytest.param("log+e3a36f0a+!!", "form", id="not base64"),
        pytest.param(TypedKey("log", 1, b"short").text, "Ed25519", id="a short key"),
        pytest.param(TypedKey("log", 4, bytes(32)).text, "Ed25519", id="another type"),
        pytest.param(LOG_VKEY.replace("e3a36f0a", "e3a36f0b"), "e3a36f0a", id="another id"),
        pytest.param(LOG_VKEY.replace("e3a36f0a", "E3A36F0A"), "e3a36f0a", id="an id in capitals"),
        pytest.param(LOG_VKEY.replace("tocsin", "toscin"), "its own id", id="another name"),
    ],
)
def test_a_malformed_vkey_is_refused(vkey: str, reason: str) -> None:
    with pytest.raises(KeyRefused, match=reason) as refused:
        parse_vkey(vkey)
    assert "NAME+8 hex digits+base64" in refused.value.explain()


def test_a_vkey_with_the_newline_of_its_file_is_read() -> None:
    assert parse_vkey(LOG_VKEY + "\n") == LOG
