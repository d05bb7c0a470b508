"""Many short-lived servers: a loaded parent forks each in a fraction of a second; run as a program by tests.

`python brood.py HOME` loads everything once, with the packs of HOME, and then forks a server for each line of
JSON on its input: `{"environ", "argv", "log", "point", "armed"}`. It answers a line for each birth and death.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

import mortal

BORN_WITHIN_S = 60.0


@dataclass
class Hatchling:
    """A forked server, with as much of `Popen` as `Served` uses."""

    pid: int
    returncode: int | None = None
    _is_over: threading.Event = field(default_factory=threading.Event)

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, within_s: float | None = None) -> int:
        if not self._is_over.wait(within_s) or self.returncode is None:
            raise subprocess.TimeoutExpired(f"the server {self.pid}", within_s or 0)
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def ended(self, status: int) -> None:
        self.returncode = status
        self._is_over.set()


class Brood:
    """The parent, seen from the test."""

    def __init__(self, home: Path) -> None:
        self._alive: dict[int, Hatchling] = {}
        self._born: Queue[Hatchling] = Queue()
        self._one_at_a_time = threading.Lock()
        self._parent = subprocess.Popen(
            [sys.executable, __file__, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def hatch(
        self, environ: Mapping[str, str], argv: Sequence[str], log: Path, point: str, armed: Path
    ) -> Hatchling:
        """Fork a server."""
        asked = {"environ": dict(environ), "argv": list(argv), "log": str(log)}
        asked |= {"point": point, "armed": str(armed)}
        assert self._parent.stdin is not None
        with self._one_at_a_time:
            self._parent.stdin.write(json.dumps(asked) + "\n")
            self._parent.stdin.flush()
            return self._born.get(timeout=BORN_WITHIN_S)

    def close(self) -> None:
        for each in tuple(self._alive.values()):
            each.kill()
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(30)

    def _listen(self) -> None:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            told = json.loads(line)
            if "status" in told:
                self._alive.pop(told["pid"]).ended(told["status"])
            else:
                self._alive[told["pid"]] = Hatchling(told["pid"])
                self._born.put(self._alive[told["pid"]])


def _load(home: Path) -> None:
    """Import everything and parse the policies; a fork has only its own work to do."""
    os.environ["TOCSIN_HOME"] = str(home)
    from tocsin.app.settings import load_settings  # noqa: PLC0415
    from tocsin.process.preparing import prepare  # noqa: PLC0415

    settings = load_settings(home=home)
    prepare(settings)
    from django.db import connections  # noqa: PLC0415

    from tocsin.app import hooks, wiring  # noqa: PLC0415
    from tocsin.app.packs import packs_of  # noqa: PLC0415
    from tocsin.cli import up  # noqa: F401, PLC0415
    from tocsin.connectors.trust import system_trust  # noqa: PLC0415
    from tocsin.connectors.webhook import notifier  # noqa: F401, PLC0415
    from tocsin.process import asgi, serving  # noqa: F401, PLC0415
    from tocsin.worker.staff import staff  # noqa: PLC0415

    policies = wiring.build_policies(packs_of(settings))
    plan = wiring.plan_of(policies.rules, policies.words)
    wiring.build_policies = lambda packs: policies
    wiring.plan_of = lambda *_: plan  # type: ignore[assignment]
    hooks.parse_intake = functools.cache(hooks.parse_intake)  # type: ignore[assignment]
    app = wiring.build_app(settings)
    asgi.build_asgi(app)
    staff(app)
    system_trust()
    connections["default"].close()
    gc.collect()
    gc.freeze()


def _live(asked: Mapping[str, Any]) -> None:
    """Be a server."""
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, target in ((log, 1), (log, 2), (os.open(os.devnull, os.O_RDONLY), 0)):
        os.dup2(descriptor, target)
    os.environ.clear()
    os.environ.update(asked["environ"], DJANGO_SETTINGS_MODULE="tocsin.app.django_settings")
    sys.argv[:] = asked["argv"]
    from django.db import connections  # noqa: PLC0415

    from tocsin.cli.main import main as tocsin  # noqa: PLC0415
    from tocsin.store.databases import database_settings  # noqa: PLC0415

    home = Path(sys.argv[sys.argv.index("--home") + 1])
    entry = database_settings(os.environ.get("TOCSIN_DATABASE_URL", ""), home)
    # Verbs of the command line work in this thread, whose connection is the parent's.
    del connections["default"]
    connections.databases["default"] = connections.configure_settings({"default": entry})["default"]
    mortal.wrap(asked["point"], Path(asked["armed"]))
    tocsin()


def _say(told: Mapping[str, int]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def main() -> None:
    _load(Path(sys.argv[1]))
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0.02)
        _reap()
        if not readable:
            continue
        line = sys.stdin.readline()
        if not line:
            return
        pid = os.fork()
        if pid == 0:
            try:
                _live(json.loads(line))
            finally:
                sys.stderr.flush()
                os._exit(1)
        _say({"pid": pid})


if __name__ == "__main__":
    main()
