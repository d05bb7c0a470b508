"""Starting: what is missing is made, and a second start fails at once and harms nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

RUN = "from tocsin.cli.main import main; main()"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server(tmp_path, port):
    """Return a server with a drill, once it says that it is up and that the drill was played."""
    words = ["up", "--home", str(tmp_path / "home"), "--port", str(port), "--drill", "credential-stuffing"]
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, *words],
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert running.stderr is not None
    said = []
    for line in running.stderr:
        said.append(line)
        if "played" in line:
            break
    yield running, said
    if running.poll() is None:
        running.send_signal(signal.SIGTERM)
    running.stderr.read()
    running.wait(timeout=30)


def command(home, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "TOCSIN_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False, env=env
    )


def test_one_command_makes_a_home_serves_and_plays_the_drill(server, tmp_path, port) -> None:
    running, said = server
    home = tmp_path / "home"
    assert said[0] == f"Tocsin is up at http://127.0.0.1:{port}\n"
    assert sum("Sign in" in line for line in said) == 3
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=5) as answer:
        assert answer.status == 200
    # The drill was accepted; what comes of it is written by the loops within moments.
    for _ in range(50):
        incidents = json.loads(command(home, "incident", "list", "--json").stdout)["data"]
        if len(incidents) >= 3:
            break
    assert {each["severity"] for each in incidents} >= {"P1", "P2"}
    assert all(each["drill"] for each in incidents)
    assert json.loads(command(home, "audit", "verify", "--json").stdout)["data"]["sound"] is True
    second = command(home, "up", "--port", str(port))
    assert second.returncode == 1
    assert "cannot be listened on" in second.stderr
    running.send_signal(signal.SIGTERM)
    # It ends its work and then by the signal it was sent, which supervisors count as a clean stop.
    assert running.wait(timeout=30) in (0, -signal.SIGTERM)


def test_migrate_may_be_repeated(typed, home, answer) -> None:
    assert answer("migrate") == {"home": str(home)}
    assert typed("migrate").stderr == f"The database of {home} is up to date.\n"


def test_a_home_that_cannot_be_made_is_said(typed) -> None:
    result = typed("migrate", "--home", "/proc/none")
    assert result.exit_code == 1
    assert "[misconfigured]" in result.stderr
