from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from tocsin.audit.checkpoint import Head, body
from tocsin.audit.cosignature import (
    ED25519_COSIGNATURE,
    ML_DSA_44,
    CosignerKey,
    cosigned_at_s,
    cosigned_message,
    cosigner_key,
    with_cosignatures,
)
from tocsin.audit.note import KeyRefused, NoteRefused, TypedKey, parse_note, verify_note

WITNESS_VKEY = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
TEXT = "tocsin.example/audit\n7\nju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n"
LOG_LINE = (
    "— tocsin.example/audit "
    "46NvCum6JN/CpLb60yNI18UG1To23KxU2VidEA8X31e06GZRtel4ZZc6WJ6TfFJzYiatzTBTbMNIDQXP3OcIBUHuCgI=\n"
)
WITNESS_LINE = (
    "— witness.example/w1 3xwKNQAAAABpVbkAq/8FmMLQBNdZ5zJiwKUq/vWNwP1ss4EmHIHf+phpXYG5FeiGfCgZay6Te"
    "+29vpNrHnfR7zB8EeyadGx22g7CDQ==\n"
)
NOTE = TEXT + "\n" + LOG_LINE
AT_S = 1_767_225_600


def test_the_published_cosignature_is_made_and_verified(witnesses: Any) -> None:
    witness = witnesses()
    assert witness.key.text == WITNESS_VKEY
    assert cosigner_key(WITNESS_VKEY) == witness.key
    assert witness.cosign(NOTE, AT_S) == NOTE + WITNESS_LINE
    (line,) = verify_note(NOTE + WITNESS_LINE, (witness.key,)).signatures
    assert cosigned_at_s(line.signature) == AT_S


def test_ml_dsa_signs_the_bytes_of_its_structure(witnesses: Any) -> None:
    root = b64decode("ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=")
    expected = (
        b"subtree/v1\n\0"
        + (b"\x02w1" + bytes.fromhex("000000006955b900"))
        + (b"\x14tocsin.example/audit" + bytes(8) + bytes(7) + b"\x07" + root)
    )
    assert cosigned_message("w1", ML_DSA_44, TEXT, AT_S) == expected
    witness = witnesses("w1", 2, True)
    (line,) = verify_note(witness.cosign(NOTE, AT_S), (witness.key,)).signatures
    assert len(line.signature) == 8 + 2420
    assert cosigner_key(witness.key.text) == witness.key


@pytest.mark.parametrize("two", [False, True])
def test_another_time_text_or_name_is_refused(witnesses: Any, two: bool) -> None:
    witness = witnesses("w1", 2, two)
    (line,) = verify_note(witness.cosign(NOTE, AT_S), (witness.key,)).signatures
    later = (AT_S + 1).to_bytes(8, "big") + line.signature[8:]
    never = bytes(8) + line.signature[8:]
    beyond = b"\xff" * 8 + line.signature[8:]
    for changed in (later, never, beyond, line.signature[:-1], b"", line.signature + b"\0"):
        assert not witness.key.holds(TEXT, changed)
    assert not witness.key.holds(TEXT.replace("\n7\n", "\n8\n"), line.signature)
    assert not witness.key.holds("no checkpoint\n", line.signature)


def test_only_ml_dsa_signs_the_name(witnesses: Any) -> None:
    for two in (False, True):
        witness = witnesses("w1", 2, two)
        (line,) = verify_note(witness.cosign(NOTE, AT_S), (witness.key,)).signatures
        other = CosignerKey("w2", witness.key.algorithm, witness.key.public_key)
        assert other.holds(TEXT, line.signature) is not two


def test_a_name_longer_than_its_length_byte_has_no_ml_dsa_form() -> None:
    assert cosigned_message("n" * 255, ML_DSA_44, TEXT, 1)
    with pytest.raises(ValueError, match="255"):
        cosigned_message("n" * 256, ML_DSA_44, TEXT, 1)
    with pytest.raises(ValueError, match="255"):
        cosigned_message("n", ML_DSA_44, body(Head("o" * 256, 1, bytes(32))), 1)


@pytest.mark.parametrize("time_s", [0, -1, 2**63])
def test_a_time_that_is_none_is_not_signed(time_s: int) -> None:
    with pytest.raises(ValueError, match="time"):
        cosigned_message("w1", ED25519_COSIGNATURE, TEXT, time_s)


@pytest.mark.parametrize(
    ("algorithm", "length"), [(1, 32), (4, 31), (4, 1312), (6, 32), (6, 1313), (5, 32), (255, 40)]
)
def test_a_key_of_another_type_or_length_is_no_cosigners(algorithm: int, length: int) -> None:
    with pytest.raises(KeyRefused, match="neither"):
        cosigner_key(TypedKey("w1", algorithm, bytes(length)).text)


def test_a_newer_cosignature_takes_the_place_of_the_same_keys_older_one(witnesses: Any) -> None:
    first, second = witnesses("w1", 2), witnesses("w2", 3)
    note = second.cosign(first.cosign(NOTE, AT_S), AT_S)
    renewed = first.cosign(note, AT_S + 60)
    assert [line.name for line in parse_note(renewed).signatures] == ["tocsin.example/audit", "w2", "w1"]
    assert cosigned_at_s(parse_note(renewed).signatures[2].signature) == AT_S + 60
    with pytest.raises(NoteRefused):
        with_cosignatures("no note", [])
