"""The short form of proofs/foreign.py: sh with openssl, and Go, check proofs that our own code has made."""

from __future__ import annotations

import os
import shutil
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tocsin.audit.checkpoint import Head, body
from tocsin.audit.merkle import inclusion_path, leaf_hash, root_of
from tocsin.audit.note import NoteSignature, VerifierKey, format_note

sys.path.insert(0, str(Path(__file__).parents[2] / "proofs"))
import foreign

pytestmark = pytest.mark.real
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
KEY = VerifierKey("tocsin.example/audit", PRIVATE.public_key().public_bytes_raw())
ENTRIES = [b'{"n":%d}' % number for number in range(7)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


def need(program: str) -> None:
    if shutil.which(program) is None:
        if os.environ.get("TOCSIN_REQUIRE_REAL") == "1":
            pytest.fail(f"TOCSIN_REQUIRE_REAL=1 forbids to skip the check by {program}.")
        pytest.skip(f"{program} is not installed")


def proof_of(tmp_path: Path, *, first: bool) -> foreign.Proven:
    """Return the proof of entry 4 of 7; the line to be checked is the first of the log's name or the last."""
    text = body(Head(KEY.name, 7, root_of(HASHES)))
    lines = [
        NoteSignature(KEY.name, KEY.key_id, PRIVATE.sign(text.encode())),
        NoteSignature(KEY.name, b"\0\0\0\0", b"another kind of key" * 100),
    ]
    path = [b64encode(each).decode() for each in inclusion_path(4, 7, HASHES)]
    extra = [] if first else ["extra AAAA"]
    note = format_note(text, lines if first else lines[::-1])
    proof = "\n".join(["c2sp.org/tlog-proof@v1", *extra, "index 4", *path, "", note])
    (tmp_path / "4.tlog-proof").write_text(proof, encoding="utf-8")
    (tmp_path / "4.entry").write_bytes(ENTRIES[4])
    return foreign.Proven(tmp_path / "4.tlog-proof", tmp_path / "4.entry", KEY.text)


def test_sh_and_openssl_refuse_changed_proofs_and_another_entry(tmp_path: Path) -> None:
    need("openssl")
    proven = proof_of(tmp_path, first=True)
    assert foreign.shell((proven,), 12)
    proven.entry.write_bytes(ENTRIES[5])
    assert not foreign.shell((proven,), 0)


def test_sh_and_openssl_choose_the_line_by_its_key_id(tmp_path: Path) -> None:
    need("openssl")
    assert foreign.shell((proof_of(tmp_path, first=False),), 0)


def test_our_own_verifier_refuses_changed_ones(tmp_path: Path) -> None:
    assert foreign.ours(proof_of(tmp_path, first=True), 1000)
