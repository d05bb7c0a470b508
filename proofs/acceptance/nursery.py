"""Starts Tocsins for Alertmanager's acceptance suite in a fraction of a second: a loaded parent that forks.

    python proofs/acceptance/nursery.py FOLDER

Listens at FOLDER/nursery.sock until it is ended. Each connection is one server (see shim.go): its flags are
mapped to settings, and nodes that name the same peers share one home folder and so one database.
"""

# The settings must stand in the environment before Django is imported, so imports wait inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

import fcntl
import functools
import gc
import hashlib
import json
import os
import selectors
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
WARMING = """
route: {receiver: nobody, group_wait: 0s}
receivers: [{name: nobody, webhook_configs: [{url: "http://127.0.0.1:9/"}]}]
"""


@dataclass(frozen=True)
class Flags:
    """What the suite asks of one server."""

    config: str
    host: str
    port: int
    prefix: str = ""
    peers: tuple[str, ...] = ()
    cluster: str = ""

    @property
    def node_set(self) -> str:
        """Return a name that all nodes of one cluster share."""
        named = " ".join(sorted(self.peers)) or f"{self.host}:{self.port}"
        return hashlib.sha256(named.encode()).hexdigest()[:24]


def read_flags(words: Sequence[str]) -> Flags:
    """Map Alertmanager's flags."""
    given: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        name, has_value, value = rest.pop(0).partition("=")
        given.setdefault(name, []).append(value if has_value else rest.pop(0))
    host, _, port = given["--web.listen-address"][-1].rpartition(":")
    return Flags(
        config=given["--config.file"][-1],
        host=host or "127.0.0.1",
        port=int(port),
        prefix=given.get("--web.route-prefix", [""])[-1],
        peers=tuple(given.get("--cluster.peer", ())),
        cluster=given.get("--cluster.listen-address", [""])[-1],
    )


@dataclass
class Nursery:
    """The parent. `template` is a home folder that has been served from once."""

    folder: Path
    servers: dict[int, socket.socket] = field(default_factory=dict)

    @property
    def template(self) -> Path:
        return self.folder / "template"

    def make_template(self) -> None:
        """Serve once, so that keys, tables and compiled rules are there for every copy."""
        shutil.rmtree(self.template, ignore_errors=True)
        shutil.rmtree(self.folder / "homes", ignore_errors=True)
        (self.folder / "homes").mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [TOCSIN, "up", "--home", str(self.template), "--port", str(port)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as once:
            assert once.stderr is not None
            for line in once.stderr:
                if "is up at" in line:
                    break
            time.sleep(2)
            once.send_signal(signal.SIGTERM)
            once.communicate(timeout=30)
        with sqlite3.connect(self.template / "tocsin.db") as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def load(self) -> None:
        """Import all, parse the policies and take an alert once: a fork has only its own work to do."""
        warm = self.folder / "warm"
        shutil.rmtree(warm, ignore_errors=True)
        shutil.copytree(self.template, warm)
        (warm / "alertmanager.yml").write_text(WARMING)
        os.environ["TOCSIN_HOME"] = str(warm)
        os.environ["TOCSIN_ALERTMANAGER_OPEN"] = "loopback"
        os.environ["TOCSIN_ALERTMANAGER_AS_UPSTREAM"] = "true"
        os.environ["TOCSIN_ALERTMANAGER_FILE"] = str(warm / "alertmanager.yml")
        from tocsin.app.settings import load_settings
        from tocsin.process.preparing import prepare

        settings = load_settings()
        prepare(settings)
        import anyio
        import uvicorn.loops.asyncio
        import uvicorn.loops.auto
        from django.db import connections
        from django.test import Client

        from tocsin.app import alertmanager, hooks, wiring
        from tocsin.app.packs import packs_of
        from tocsin.connectors.trust import system_trust
        from tocsin.connectors.webhook import notifier  # noqa: F401
        from tocsin.process import asgi, serving  # noqa: F401
        from tocsin.worker.staff import lanes, staff

        policies = wiring.build_policies(packs_of(settings))
        plan = wiring.plan_of(policies.rules, policies.words)
        intake = hooks.parse_intake
        wiring.build_policies = lambda packs: policies
        wiring.plan_of = lambda *_: plan
        hooks.parse_intake = functools.cache(intake)
        app = wiring.build_app(settings)
        alertmanager.adopt(app)
        uvicorn.Config(asgi.build_asgi(app), log_config=None).load()
        anyio.run(anyio.sleep, 0)
        staff(app)
        self._take_one(app, lanes(app))
        wiring.install(app)
        # The suite of amtool asks for the first page, and waits until it is there.
        Client(HTTP_HOST="127.0.0.1").get("/", follow=True)
        system_trust()
        connections["default"].close()
        gc.collect()
        gc.freeze()

    @staticmethod
    def _take_one(app: Any, lanes: Sequence[Any]) -> None:
        """Let an alert go all the way in this thread, so that whatever is made at its first use is there."""
        from tocsin.connectors.alertmanager.inbound import read_api_alerts
        from tocsin.domain.arrival import Arrival
        from tocsin.worker.kernel import Kernel, Lane

        report = b'[{"labels": {"alertname": "warm"}}]'
        read = read_api_alerts(report, "application/json")
        arrival = Arrival(
            arrival_id=uuid4(),
            connector="alertmanager.api",
            source="prometheus",
            key="warm",
            received_at=app.clock.now(),
            body=report,
            sender="",
        )
        app.take.alerts(arrival, read.reports)
        Kernel(app.store, app.clock, [Lane(each.handlers) for each in lanes], owner="warm").run_due()

    def serve(self) -> None:
        """Fork a server for each connection, and tell each shim how its server ended."""
        path = self.folder / "nursery.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as waiting:
            listening.bind(str(path))
            listening.listen(64)
            waiting.register(listening, selectors.EVENT_READ)
            print("The nursery is ready.", flush=True)
            while True:
                for _ in waiting.select(timeout=0.05):
                    self._fork(listening)
                self._reap()

    def _fork(self, listening: socket.socket) -> None:
        shim, _ = listening.accept()
        message, descriptors, _, _ = socket.recv_fds(shim, 65_536, 3)
        length = int.from_bytes(message[:4], "big")
        while len(message) < 4 + length:
            message += shim.recv(65_536)
        server = os.fork()
        if server == 0:
            listening.close()
            for each in (shim, *self.servers.values()):
                each.close()
            os.dup2(descriptors[0], 1)
            os.dup2(descriptors[1], 2)
            os._exit(self._be_server(json.loads(message[4:])["flags"], descriptors[2]))
        for each in descriptors:
            os.close(each)
        self.servers[server] = shim
        shim.sendall(f"{server}\n".encode())

    def _reap(self) -> None:
        for server in list(self.servers):
            ended, status = os.waitpid(server, os.WNOHANG)
            if ended:
                shim = self.servers.pop(server)
                try:
                    shim.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                except OSError as gone:
                    print(f"a shim went away before its server: {gone}", flush=True)
                shim.close()

    def _be_server(self, words: Sequence[str], port: int) -> int:
        flags = read_flags(words)
        home = self._home(flags)
        os.environ["TOCSIN_HOME"] = str(home)
        os.environ["TOCSIN_ALERTMANAGER_FILE"] = flags.config
        os.environ["TOCSIN_ROUTE_PREFIX"] = flags.prefix
        os.environ["TOCSIN_CLUSTER_PEERS"] = ",".join(flags.peers)
        from django.db import connections

        from tocsin.process.preparing import Stand, settings_for
        from tocsin.process.serving import serve
        from tocsin.store.databases import database_settings

        stand = Stand(flags.host, flags.port, None)
        listening = socket.socket(fileno=port)
        settings = settings_for(stand, home)
        entry = database_settings(f"sqlite://{home / 'tocsin.db'}", home)
        connections.databases["default"] = connections.configure_settings({"default": entry})["default"]
        serve(settings, stand, listening, lambda text: print(text, file=sys.stderr, flush=True))
        return 0

    def _home(self, flags: Flags) -> Path:
        """Return the home of a node set, made from the template by whoever comes first."""
        home = self.folder / "homes" / flags.node_set
        with (self.folder / "homes" / f"{flags.node_set}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not home.exists():
                shutil.copytree(self.template, home)
        return home


if __name__ == "__main__":
    nursery = Nursery(Path(sys.argv[1]).resolve())
    nursery.make_template()
    nursery.load()
    nursery.serve()
