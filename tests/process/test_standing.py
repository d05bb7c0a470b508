"""Other packs are taken while it serves: no request is lost, and bad packs change nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import httpx
import pytest
from starlette.testclient import TestClient

from recorded_month import NEW, NOISE, OLD, write_pack
from tocsin.app.renewing import renew
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app, current_app, install
from tocsin.domain.pack_file import PackProblem
from tocsin.process.asgi import build_asgi

PROGRAM = """
import sys
from pathlib import Path
from tocsin.process.preparing import Stand, listen, prepare, settings_for
stand = Stand("127.0.0.1", 0, None)
listening = listen(stand)
stand = Stand("127.0.0.1", listening.getsockname()[1], None)
settings = settings_for(stand, Path(sys.argv[1]))
prepare(settings)
from tocsin.process.serving import serve
serve(settings, stand, listening, lambda line: print(line, flush=True))
"""
TOCSIN = [sys.executable, "-c", "from tocsin.cli.main import main; main()"]
OURS = ("TOCSIN_", "DJANGO_")
SOON_S = 60.0


@pytest.fixture
def app(sqlite_store, tmp_path):
    write_pack(tmp_path / "packs" / "team", OLD)
    app = build_app(load_settings({}, home=tmp_path))
    install(app)
    return app


def renewed() -> None:
    """Wait for the thread that lets another application take the place."""
    for thread in threading.enumerate():
        if thread.name == "tocsin-renewal":
            thread.join(SOON_S)


def test_another_application_takes_the_place_behind_the_same_door(app, tmp_path):
    with TestClient(build_asgi(app)) as client:
        assert client.get("/-/healthy").status_code == 200
        write_pack(tmp_path / "packs" / "team", NEW, NOISE)
        assert renew(app) is True
        renewed()
        assert current_app() is not app
        assert "payments" in current_app().policies.roster.policies
        assert client.get("/-/healthy").status_code == 200
        assert renew(current_app()) is False


def test_packs_that_cannot_be_read_change_nothing(app, tmp_path):
    with TestClient(build_asgi(app)) as client:
        write_pack(tmp_path / "packs" / "team", "people: {}\n")
        with pytest.raises(PackProblem):
            renew(app)
        assert current_app() is app
        assert client.get("/-/healthy").status_code == 200


class Server:
    """A server of its own process, and the lines it has said."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        )
        self._said: Queue[str] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.url = self.heard("Tocsin is up at").rpartition(" ")[2].strip()

    def heard(self, words: str) -> str:
        seen: list[str] = []
        try:
            while words not in (line := self._said.get(timeout=SOON_S)):
                seen.append(line)
        except Empty:
            raise AssertionError(f"{words!r} was not said: {seen}") from None
        return line

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(line)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    write_pack(tmp_path / "home" / "packs" / "team", OLD)
    served = Server(tmp_path / "home")
    yield served
    served.process.kill()
    served.process.wait()


def test_a_server_takes_applied_packs_within_ten_seconds_and_answers_all_the_while(server, tmp_path):
    write_pack(tmp_path / "git" / "team", NEW, NOISE)
    answers: list[tuple[int, float]] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=SOON_S) as client:
            while not stop.is_set():
                began = time.monotonic()
                answers.append((client.get(f"{server.url}/-/ready").status_code, time.monotonic() - began))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        words = [*TOCSIN, "apply", str(tmp_path / "git"), "--yes", "--home", str(tmp_path / "home")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        applied = time.monotonic()
        server.heard("the packs in force were exchanged")
        assert time.monotonic() - applied < 20.0
    finally:
        stop.set()
        asking.join()
    assert {status for status, _ in answers} == {200}
    assert max(took for _, took in answers) < 5.0

    (tmp_path / "home" / "packs" / "team" / "oncall.yml").write_text("people: {}\n")
    server.process.send_signal(signal.SIGHUP)
    server.heard("Packs and alertmanager.yml stay as they were")
    assert httpx.get(f"{server.url}/-/ready").status_code == 200
    write_pack(tmp_path / "home" / "packs" / "team", OLD)
    server.process.send_signal(signal.SIGHUP)
    server.heard("the packs in force were exchanged")
