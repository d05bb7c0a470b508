from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.checkpoint import CheckpointRefused, Head, body, claimed, opened, parse_body, signed
from tocsin.audit.merkle import EMPTY_ROOT
from tocsin.audit.note import NoteRefused, NoteSignature, format_note, parse_note, parse_vkey

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = b64decode("ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=")
TEXT = "tocsin.example/audit\n7\nju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n"


def test_the_published_checkpoint_is_written_and_read() -> None:
    head = Head("tocsin.example/audit", 7, ROOT)
    assert body(head) == TEXT
    assert parse_body(TEXT) == head


def test_a_signed_checkpoint_opens_with_the_logs_key(book: Any) -> None:
    checkpoint = signed(7, ROOT, book.signer, NOW)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == ("tocsin.example/audit", 7, ROOT)
    assert checkpoint.signed_at == NOW
    assert checkpoint.note.endswith(
        "46NvCum6JN/CpLb60yNI18UG1To23KxU2VidEA8X31e06GZRtel4ZZc6WJ6TfFJzYiatzTBTbMNIDQXP3OcIBUHuCgI=\n"
    )
    assert opened(checkpoint.note, book.key) == claimed(checkpoint.note) == Head(checkpoint.origin, 7, ROOT)


def test_a_checkpoint_of_another_key_is_refused(book: Any, eve: Any) -> None:
    with pytest.raises(NoteRefused, match="known key"):
        opened(signed(7, ROOT, eve, NOW).note, book.key)


def test_a_checkpoint_of_another_log_signed_by_our_key_is_refused(book: Any) -> None:
    text = body(Head("tocsin.example/audit/2", 7, ROOT))
    line = NoteSignature(book.key.name, book.key.key_id, book.signer.sign(text.encode()))
    with pytest.raises(CheckpointRefused, match=r"is of .*/2"):
        opened(format_note(text, (line,)), book.key)


def test_a_log_of_two_keys_signs_with_both(signers: Any, book: Any) -> None:
    signer = signers(two=True)
    note = signed(7, ROOT, signer, NOW).note
    assert [line.name for line in parse_note(note).signatures] == [signer.origin] * 2
    assert opened(note, book.key) == opened(note, signer.cosigner) == opened(note, book.key, signer.cosigner)


@given(st.integers(0, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_every_head_is_read_back(size: int, root: bytes) -> None:
    head = Head("log", size, root)
    assert parse_body(body(head)) == head


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "origin, a size", id="nothing"),
        pytest.param(TEXT[:-1], "origin, a size", id="no newline at the end"),
        pytest.param(TEXT + "extension\n", "origin, a size", id="an extension line"),
        pytest.param(TEXT.replace("tocsin.example/audit", ""), "origin, a size", id="no origin"),
        pytest.param(TEXT.replace("7\n", "07\n"), "size", id="a leading zero"),
        pytest.param(TEXT.replace("7\n", "-7\n"), "size", id="a negative size"),
        pytest.param(TEXT.replace("7\n", "\u0667\n"), "size", id="a digit of another script"),
        pytest.param(TEXT.replace("7\n", "9" * 19 + "\n"), "size", id="a size no column holds"),
        pytest.param(TEXT.replace("=\n", "\n"), "root", id="no padding"),
        pytest.param("log\n7\nAAAA\n", "root", id="a short root"),
    ],
)
def test_a_malformed_body_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CheckpointRefused, match=reason):
        parse_body(text)


@pytest.fixture
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        if os.environ.get("TOCSIN_REQUIRE_REAL") == "1":
            pytest.fail("TOCSIN_REQUIRE_REAL=1 forbids to skip the check by openssl.")
        pytest.skip("openssl is not installed")
    return found


@pytest.mark.real
def test_openssl_accepts_our_checkpoint_and_refuses_a_changed_one(
    book: Any, openssl: str, tmp_path: Path
) -> None:
    witness = NoteSignature(book.key.name, b"\0\0\0\0", b"another line of the same name")
    checkpoint = signed(0, EMPTY_ROOT, book.signer, NOW)
    parsed = parse_note(checkpoint.note)
    note = parse_note(format_note(parsed.text, (witness, *parsed.signatures)))
    # Two lines bear the log's name, so the one to be checked is found by its key id.
    (signature,) = (line.signature for line in note.signatures if line.key_id == book.key.key_id)
    (tmp_path / "key.pem").write_bytes(
        book.signer.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (tmp_path / "signature").write_bytes(signature)
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "text"]
    for text, status in ((note.text, 0), (note.text.replace("\n0\n", "\n1\n"), 1)):
        (tmp_path / "text").write_text(text, encoding="utf-8")
        run = subprocess.run(
            [*command, "-sigfile", "signature"], cwd=tmp_path, capture_output=True, check=False
        )
        assert run.returncode == status, run.stderr


def test_the_key_of_the_book_is_the_published_one(book: Any) -> None:
    assert book.key == parse_vkey(
        "tocsin.example/audit+e3a36f0a+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
    )
    assert replace(book.key, name="other").key_id != book.key.key_id
