"""Proofs of single entries: written on a home, checked without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def policy(firing, answer, tmp_path: Path) -> Path:
    keys = answer("audit", "vkey")
    path = tmp_path / "policy.txt"
    path.write_text(f"log {keys['ed25519']}\nlog {keys['ml_dsa_44']}\nquorum none\n", encoding="utf-8")
    return path


@pytest.fixture
def proof(policy, answer, tmp_path: Path) -> tuple[Path, Path]:
    out, entry = tmp_path / "a.tlog-proof", tmp_path / "a.entry"
    told = answer("audit", "proof", "0", "-o", str(out), "--entry", str(entry))
    assert (told["index"], told["log"], told["path"]) == (0, 1, str(out))
    return out, entry


def test_a_proof_is_checked_without_a_home(proof, policy, typed, tmp_path: Path) -> None:
    words = ["audit", "verify-proof", str(proof[0]), str(proof[1]), "--policy", str(policy)]
    elsewhere = {"TOCSIN_HOME": str(tmp_path / "nowhere")}
    result = typed(*words, "--json", env=elsewhere)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["data"]
    assert (told["proven"], told["origin"], told["cosigned"]) == (True, "tocsin.local/audit", {})
    assert "nobody" in typed(*words, env=elsewhere).stdout
    assert not (tmp_path / "nowhere").exists()


def test_an_exhibit_is_proven_by_its_name(policy, answer, tmp_path: Path) -> None:
    out, entry = tmp_path / "e.tlog-proof", tmp_path / "e.entry"
    answer("audit", "proof", "EX-1", "-o", str(out), "--entry", str(entry))
    assert json.loads(entry.read_bytes())["facts"]["exhibit"] == "EX-1"
    answer("audit", "verify-proof", str(out), str(entry), "--policy", str(policy))
    name = json.loads(entry.read_bytes())["id"]
    told = answer("audit", "proof", name, "-o", str(tmp_path / "again.tlog-proof"))
    assert out.read_text(encoding="utf-8") == (tmp_path / "again.tlog-proof").read_text(encoding="utf-8")
    assert told["entry_path"] is None


def test_what_proves_nothing_ends_with_6(proof, policy, typed, tmp_path: Path) -> None:
    out, entry = proof
    changed = tmp_path / "changed"
    changed.write_bytes(entry.read_bytes() + b" ")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff")
    for files in ((out, changed), (entry, entry), (binary, entry)):
        result = typed("audit", "verify-proof", *map(str, files), "--policy", str(policy))
        assert result.exit_code == 6, result.output
    demanding = tmp_path / "demanding.txt"
    witness = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
    demanding.write_text(
        policy.read_text(encoding="utf-8").replace("quorum none", f"witness w {witness}\nquorum w"),
        encoding="utf-8",
    )
    result = typed("audit", "verify-proof", str(out), str(entry), "--policy", str(demanding))
    assert result.exit_code == 6
    assert "no quorum" in result.stderr


def test_what_is_not_there_ends_with_3(policy, typed, tmp_path: Path) -> None:
    out = str(tmp_path / "x.tlog-proof")
    for entry in ("99999", "EX-99", "EX-", "nonsense", "00000000-0000-0000-0000-000000000000"):
        assert typed("audit", "proof", entry, "-o", out).exit_code == 3
    assert typed("audit", "verify-proof", out, out, "--policy", str(policy)).exit_code == 3
    assert not Path(out).exists()


def test_a_process_of_its_own_proves_too(policy, tmp_path: Path) -> None:
    program = "import sys; sys.argv[0] = 'tocsin'; from tocsin.cli.main import main; main()"
    words = ["audit", "proof", "999999", "-o", str(tmp_path / "x")]
    environ = {**os.environ, "TOCSIN_HOME": str(tmp_path / "another")}
    made = [sys.executable, "-c", program, "migrate"]
    assert subprocess.run(made, check=False, env=environ, capture_output=True).returncode == 0
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, env=environ
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr


def test_a_proof_overwrites_nothing(proof, typed) -> None:
    before = proof[0].read_bytes()
    assert typed("audit", "proof", "1", "-o", str(proof[0])).exit_code == 1
    assert proof[0].read_bytes() == before
