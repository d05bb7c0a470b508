"""Strangers check our proofs with none of our code, and let no changed one pass.

    .venv/bin/python proofs/foreign.py [--mutated 100000] [--shell 40] [--ours 0]

A real server writes a log; the command line proves its entries. Go's own `sumdb/note` and `tlog` (Debian's
golang-golang-x-mod-dev) and a POSIX sh script with openssl accept every proof; Go refuses `--mutated` changed
ones, sh `--shell`, our own verifier `--ours`. Ends with 1 when a changed proof passed or a true one did not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin.audit.checkpoint import CheckpointRefused
from tocsin.audit.note import NoteRefused, parse_note, parse_vkey
from tocsin.audit.proof import ProofRefused, check_proof, parse_proof

HERE = Path(__file__).parent / "foreign"
TOCSIN = str(Path(sys.executable).with_name("tocsin"))
DEBIANS_GO_CODE = Path("/usr/share/gocode")
SIGNED_WITHIN_S = 60.0
ENTRIES = 5


@dataclass(frozen=True)
class Proven:
    """A proof, the entry it is about, and the key that checks it."""

    proof: Path
    entry: Path
    vkey: str


def main() -> int:
    """Return 0 when strangers accept what is true and refuse what is not."""
    wanted = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wanted.add_argument("--mutated", type=int, default=100_000, help="changed proofs for Go")
    wanted.add_argument("--shell", type=int, default=40, help="changed proofs for sh and openssl")
    wanted.add_argument("--ours", type=int, default=0, help="changed proofs for our own verifier")
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-foreign-") as folder:
        proven = proofs(Path(folder))
        passed = [shell(proven, asked.shell)]
        go = built(Path(folder))
        passed.append(bool(go) and go_accepts(go, proven, asked.mutated))
        passed.append(ours(proven[-1], asked.ours))
    return 0 if all(passed) else 1


def proofs(folder: Path) -> tuple[Proven, ...]:
    """Let a server write a log, and prove entries of it, the first and the last among them."""
    home = folder / "home"
    with served(home):
        size = int(told(home, "audit", "head")["size"])
    vkey = str(told(home, "audit", "vkey")["ed25519"])
    made = []
    for index in sorted({size * part // (ENTRIES - 1) for part in range(ENTRIES - 1)} | {size - 1}):
        proof, entry = folder / f"{index}.tlog-proof", folder / f"{index}.entry"
        told(home, "audit", "proof", str(index), "-o", str(proof), "--entry", str(entry))
        made.append(Proven(proof, entry, vkey))
    print(f"a log of {size} entries, {len(made)} proofs, {made[-1].proof.stat().st_size} bytes the last")
    return tuple(made)


@contextmanager
def served(home: Path) -> Iterator[None]:
    """Run a server with a drill until its log is signed and has been quiet for a moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    words = [TOCSIN, "up", "--home", str(home), "--port", port, "--drill", "credential-stuffing"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SIGNED_WITHIN_S
        while _signed(home) < ENTRIES * 2:
            if time.monotonic() > deadline:
                raise SystemExit("the server signed no head in time")
            time.sleep(1.0)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _signed(home: Path) -> int:
    done = _tocsin(home, "audit", "head", "--json")
    return int(json.loads(done.stdout)["data"]["size"]) if done.returncode == 0 else 0


def told(home: Path, *words: str) -> dict[str, object]:
    """Return what a verb says in JSON."""
    done = _tocsin(home, *words, "--json")
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout)["data"])


def _tocsin(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "TOCSIN_HOME": str(home)}
    return subprocess.run([TOCSIN, *words], capture_output=True, text=True, check=False, env=environ)


def built(folder: Path) -> str:
    """Build the Go program; return its path, empty when Go or its code is not here."""
    go = shutil.which("go")
    if go is None or not (DEBIANS_GO_CODE / "src/golang.org/x/mod").is_dir():
        print("Go: left out; install golang-go and golang-golang-x-mod-dev")
        return ""
    program = str(folder / "verify")
    environ = {**os.environ, "GO111MODULE": "off", "GOPATH": str(DEBIANS_GO_CODE), "GOFLAGS": ""}
    subprocess.run([go, "build", "-o", program, str(HERE / "verify.go")], check=True, env=environ)
    return program


def go_accepts(program: str, proven: tuple[Proven, ...], mutated: int) -> bool:
    """Have Go accept each proof and refuse changed ones, as many of each."""
    each_of = -(-mutated // len(proven))
    refused = True
    for seed, each in enumerate(proven):
        words = ["-mutate", str(each_of), "-seed", str(seed), str(each.proof), str(each.entry), each.vkey]
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        print(f"Go, {each.proof.name}: {' '.join((done.stdout + done.stderr).split())}")
        refused &= done.returncode == 0
    return refused


def shell(proven: tuple[Proven, ...], mutated: int) -> bool:
    """Have sh and openssl accept each proof and refuse changed ones."""
    accepted = [_says_yes(each.proof, each.entry, each.vkey) for each in proven]
    print(f"sh: {sum(accepted)} of {len(proven)} proofs accepted")
    passed = 0
    for proof, content in changed(proven[-1], mutated):
        other = proven[-1].proof.with_suffix(".changed")
        entry = proven[-1].entry.with_suffix(".changed-entry")
        other.write_bytes(proof)
        entry.write_bytes(content)
        passed += _says_yes(other, entry, proven[-1].vkey)
    print(f"sh: {passed} of {mutated} changed proofs accepted")
    return all(accepted) and passed == 0


def _says_yes(proof: Path, entry: Path, vkey: str) -> bool:
    words = ["sh", str(HERE / "verify.sh"), str(proof), str(entry), vkey]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def ours(proven: Proven, mutated: int) -> bool:
    """Have our own verifier refuse changed proofs."""
    if not mutated:
        return True
    key, passed, began = parse_vkey(proven.vkey), 0, time.monotonic()
    for proof, content in changed(proven, mutated):
        try:
            check_proof(proof.decode("utf-8", "surrogateescape"), content, key)
        except (ProofRefused, NoteRefused, CheckpointRefused):
            continue
        passed += 1
    took = time.monotonic() - began
    print(f"ours: {passed} of {mutated} changed proofs accepted, in {took:.0f} s")
    return passed == 0


def changed(proven: Proven, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield proofs and entries with one change each in what a verifier of the log's Ed25519 line relies on.

    Another spelling of the same bytes is no change: bits that base64 leaves unused, or that no decoder reads.
    """
    chosen = random.Random(7)
    text, content = proven.proof.read_bytes(), proven.entry.read_bytes()
    note = parse_proof(text.decode()).note
    key = parse_vkey(proven.vkey)
    line = next(each for each in parse_note(note).signatures if each.key_id == key.key_id)
    checked = text.index(b"\n\n", text.index(b"\n\n") + 2) + 2 + len(f"— {line.name} ".encode())
    # The signature's last character has unused bits, and then comes the padding.
    checked += (4 + len(line.signature)) * 4 // 3
    while count:
        if chosen.randrange(8) == 0:
            at = chosen.randrange(len(content))
            yield text, content[:at] + bytes((content[at] ^ 1 << chosen.randrange(8),)) + content[at + 1 :]
        else:
            at = chosen.randrange(checked)
            one = bytes((text[at] ^ 1 << chosen.randrange(8),))
            yield text[:at] + chosen.choice((one, b"", one + text[at : at + 1])) + text[at + 1 :], content
        count -= 1


if __name__ == "__main__":
    sys.exit(main())
