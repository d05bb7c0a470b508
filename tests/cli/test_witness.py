from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from served import START_WITHIN_S, free_port, wait_for
from tocsin.audit.note import VerifierKey
from tocsin.cli.witness import main

LOG = VerifierKey(
    "tocsin.example/audit",
    Ed25519PrivateKey.from_private_bytes(b"\x01" * 32).public_key().public_bytes_raw(),
)


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {LOG.text}\nquorum none\n", encoding="utf-8")
    return ["--home", str(tmp_path / "home"), "--name", "w1", "--policy", str(policy)]


def test_the_program_prints_its_vkeys(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main([*words, "--keys"])
    first = capsys.readouterr().out
    assert [line.partition("+")[0] for line in first.splitlines()] == ["w1", "w1"]
    main([*words, "--keys"])
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    ("bad", "reason"), [(["--name", "w 2"], "holds a space"), (["--policy", "/nowhere"], "No such file")]
)
def test_whatever_is_wrong_goes_to_stderr(
    words: list[str], bad: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, *bad])
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert (reason in told.err, told.out) == (True, "")


def test_the_program_needs_no_database_of_ours() -> None:
    script = "import sys, tocsin.cli.witness; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_the_program_answers_until_it_is_stopped(words: list[str]) -> None:
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-c", "from tocsin.cli.witness import main; main()", *words, "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        keys = [running.stdout.readline() for _ in range(2)] if running.stdout else []
        assert [key.partition("+")[0] for key in keys] == ["w1", "w1"]
        answer = wait_for(lambda: _asked(port), START_WITHIN_S, "an answer of the witness")
        assert (answer.status_code, "server" in answer.headers) == (404, False)
    finally:
        running.terminate()
        running.communicate(timeout=START_WITHIN_S)


def _asked(port: int) -> httpx.Response | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/00/checkpoint", timeout=5)
    except httpx.TransportError:
        return None
