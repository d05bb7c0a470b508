"""A real server that kills itself with SIGKILL when it passes a named point; run as a program by tests.

`python mortal.py POINT ARMED up ...` runs `tocsin up ...` and dies at the first passing of POINT once the
file ARMED exists. The product knows nothing of this: its public functions are wrapped here. Points that are
passed inside a transaction are also passed just after its commit, when ARMED holds the word "after".
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AFTER_INTAKE_COMMIT = "after the intake's commit"
AFTER_STEP_COMMIT = "after a step's messages are committed"
AFTER_LEASE = "after the job is claimed"
AFTER_CLAIM = "after the job is claimed, before it is sent"
DURING_SEND = "while the receiver holds the request"
AFTER_SEND = "after it is sent, before that is written down"
AFTER_MARK = "after it is written down as sent"
DURING_WAIT = "between two steps of the escalation"
DURING_MIGRATION = "during a migration"
DURING_OVERRIDE = "while an override is written"
DURING_SILENCE = "while a silence is written"
DURING_APPEND = "while the log is appended to"
DURING_SEAL = "while the log is sealed"
AFTER_GROUPED = "after an alert is put into its group"
AFTER_FLUSH = "after a flush, before the receiver is told"
AFTER_TOLD = "after the receiver is told, before that is written down"
NAMES = {
    "ingest": AFTER_INTAKE_COMMIT,
    "step": AFTER_STEP_COMMIT,
    "lease": AFTER_LEASE,
    "before-send": AFTER_CLAIM,
    "held": DURING_SEND,
    "after-send": AFTER_SEND,
    "marked": AFTER_MARK,
    "between": DURING_WAIT,
    "migration": DURING_MIGRATION,
    "override": DURING_OVERRIDE,
    "silence": DURING_SILENCE,
    "append": DURING_APPEND,
    "seal": DURING_SEAL,
    "grouped": AFTER_GROUPED,
    "flushed": AFTER_FLUSH,
    "told": AFTER_TOLD,
}
"""Short names for the command line."""
POINTS = tuple(NAMES.values())
FROM_OUTSIDE = (DURING_SEND, DURING_WAIT)
"""Points at which the test itself kills, because it sees them from outside."""
OF_GROUPS = (AFTER_GROUPED, AFTER_FLUSH, AFTER_TOLD)
"""Points on the way of an `alertmanager.yml`."""

_here = threading.local()


def _die_if(armed: Path) -> None:
    if armed.exists():
        os.kill(os.getpid(), signal.SIGKILL)


def _is_armed(armed: Path, word: str) -> bool:
    return armed.exists() and (armed.read_text() == "after") == (word == "after")


def _die_if_for(armed: Path, word: str) -> None:
    if _is_armed(armed, word):
        _die_if(armed)


def _wrap(owner: type, name: str, after: Callable[[Any], None]) -> None:
    """Call `after` with what a method has returned."""
    inner = getattr(owner, name)

    def wrapped(self: Any, *args: Any, **named: Any) -> Any:
        found = inner(self, *args, **named)
        after(found)
        return found

    setattr(owner, name, wrapped)


def _die_after_intake_commit(armed: Path) -> None:
    from tocsin.app.bell import Bell  # noqa: PLC0415 - only the child loads the server
    from tocsin.app.hearing import Hearing  # noqa: PLC0415

    hearing = threading.local()
    hear, ring = Hearing.api_alerts, Bell.ring

    def heard(self: Hearing, *args: Any, **named: Any) -> Any:
        hearing.now = True
        try:
            return hear(self, *args, **named)
        finally:
            hearing.now = False
            _die_if(armed)

    def rung(self: Bell) -> None:
        # The store rings once a transaction is durable, and before anything is done about it.
        if getattr(hearing, "now", False):
            _die_if(armed)
        ring(self)

    Hearing.api_alerts, Bell.ring = heard, rung  # type: ignore[method-assign]


def _die_around_send(armed: Path, *, before: bool) -> None:
    from tocsin.connectors.webhook.channel import WebhookChannel  # noqa: PLC0415

    send = WebhookChannel.send

    def sent(self: WebhookChannel, message: Any, address: str) -> Any:
        if before and message.is_page:
            _die_if(armed)
        receipt = send(self, message, address)
        if message.is_page:
            _die_if(armed)
        return receipt

    WebhookChannel.send = sent  # type: ignore[method-assign]


def _die_after_commit(armed: Path, owner: type, name: str, *, counts: Callable[[Any], bool]) -> None:
    """Die once the transaction is committed in which a method returned what counts."""
    from tocsin.store.django_store import DjangoStore  # noqa: PLC0415

    def passed(found: Any) -> None:
        _here.passed = getattr(_here, "passed", False) or counts(found)

    _wrap(owner, name, passed)
    transaction = DjangoStore.transaction

    @contextmanager
    def watched(self: DjangoStore) -> Iterator[Any]:
        _here.passed = False
        with transaction(self) as shelves:
            yield shelves
        if _here.passed:
            _die_if(armed)

    DjangoStore.transaction = watched  # type: ignore[method-assign]


def _die_while_written(armed: Path, *methods: tuple[type, str]) -> None:
    """Die before a write is committed, or after that where `armed` says so."""
    for owner, name in methods:
        _wrap(owner, name, lambda _: _die_if_for(armed, "before"))
        _die_after_commit(armed, owner, name, counts=lambda _: _is_armed(armed, "after"))


def _die_during_migration(armed: Path) -> None:
    """Add as many migrations as the file `probes` beside `armed` says; each dies in its middle."""
    from django.db import migrations  # noqa: PLC0415
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    load = MigrationLoader.load_disk
    probes = armed.with_name("probes")

    def die(*_: object) -> None:
        _die_if(armed)

    def loaded(self: MigrationLoader) -> None:
        load(self)
        last = max(name for label, name in self.disk_migrations if label == "store")
        for number in range(int(probes.read_text()) if probes.exists() else 0):
            probe = migrations.Migration(f"9{number:03}_probe", "store")
            probe.dependencies = [("store", last)]
            probe.operations = [
                migrations.RunSQL(f"CREATE INDEX probe_{number} ON store_alert (fingerprint)"),
                migrations.RunPython(die),
                migrations.RunSQL(f"CREATE TABLE probe_table_{number} (number integer)"),
            ]
            last = probe.name
            self.disk_migrations["store", last] = probe

    MigrationLoader.load_disk = loaded


def wrap(point: str, armed: Path) -> None:
    """Wrap the server's functions so that it dies at a point once `armed` exists."""
    if point == AFTER_INTAKE_COMMIT:
        _die_after_intake_commit(armed)
    elif point in (AFTER_CLAIM, AFTER_SEND):
        _die_around_send(armed, before=point == AFTER_CLAIM)
    elif point == DURING_MIGRATION:
        _die_during_migration(armed)
    else:
        _wrap_the_store(point, armed)


def _wrap_the_store(point: str, armed: Path) -> None:
    from tocsin.connectors.webhook.notifier import WebhookNotifier  # noqa: PLC0415
    from tocsin.flow.call import Call  # noqa: PLC0415
    from tocsin.flow.deliver import Deliver  # noqa: PLC0415
    from tocsin.flow.flushing import Flush  # noqa: PLC0415
    from tocsin.flow.notify import Notify  # noqa: PLC0415

    commits: dict[str, tuple[type, str, Callable[[Any], bool]]] = {
        AFTER_STEP_COMMIT: (Call, "escalate", _always),
        AFTER_LEASE: (_shelf("jobs", "DjangoJobs"), "claim", _is_of_a_page),
        AFTER_MARK: (Deliver, "settle", _always),
        AFTER_GROUPED: (Notify, "heard", _always),
        AFTER_FLUSH: (Flush, "run", _always),
    }
    writes: dict[str, tuple[tuple[type, str], ...]] = {
        DURING_OVERRIDE: ((_shelf("shelves.overrides", "DjangoOverrides"), "add"),),
        DURING_SILENCE: ((_shelf("shelves.silences", "DjangoSilences"), "add"),),
        DURING_APPEND: ((_shelf("shelves.log", "DjangoLog"), "append"),),
    }
    if point in commits:
        owner, name, counts = commits[point]
        _die_after_commit(armed, owner, name, counts=counts)
    elif point in writes:
        _die_while_written(armed, *writes[point])
    elif point == DURING_SEAL:
        log = _shelf("shelves.log", "DjangoLog")
        _wrap(log, "sequence", lambda _: _die_if_for(armed, "before"))
        _wrap(log, "add_checkpoint", lambda _: _die_if_for(armed, "after"))
    elif point == AFTER_TOLD:
        _wrap(WebhookNotifier, "notify", lambda _: _die_if(armed))


def _always(_: object) -> bool:
    return True


def _is_of_a_page(claimed: Any) -> bool:
    return any(job.kind.startswith("deliver.") for job in claimed)


def _shelf(module: str, name: str) -> type:
    from importlib import import_module  # noqa: PLC0415

    found: type = getattr(import_module(f"tocsin.store.{module}"), name)
    return found


def main() -> None:
    point, armed = sys.argv[1], Path(sys.argv[2])
    del sys.argv[1:3]
    if point in (AFTER_INTAKE_COMMIT, AFTER_CLAIM, AFTER_SEND):
        wrap(point, armed)
    elif point not in FROM_OUTSIDE:
        raise SystemExit(f"{point!r} needs a server that was loaded before; see brood.py.")
    from tocsin.cli.main import main as tocsin  # noqa: PLC0415

    tocsin()


if __name__ == "__main__":
    main()
