"""The store over SQLite or PostgreSQL: transactions, and whose turn it is to write."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic
from django.db.utils import Error

from tocsin.store.databases import WAIT_S
from tocsin.store.faults import is_read_only, overload_from, turn_never_came
from tocsin.store.jobs import DjangoJobs
from tocsin.store.locks import lock, lock_all
from tocsin.store.shelves.alerts import DjangoAlerts
from tocsin.store.shelves.arrivals import DjangoArrivals, DjangoQuarantine
from tocsin.store.shelves.detector import DjangoDetector
from tocsin.store.shelves.exhibits import DjangoExhibits
from tocsin.store.shelves.groups import DjangoGroups
from tocsin.store.shelves.incidents import DjangoIncidents
from tocsin.store.shelves.log import DjangoLog
from tocsin.store.shelves.marks import DjangoMarks
from tocsin.store.shelves.overrides import DjangoOverrides
from tocsin.store.shelves.oversight import DjangoOversight
from tocsin.store.shelves.pages import DjangoInbox, DjangoPages
from tocsin.store.shelves.response import DjangoActions, DjangoBags, DjangoRuns
from tocsin.store.shelves.silences import DjangoSilences
from tocsin.store.shelves.timeline import DjangoTimeline
from tocsin.store.shelves.tokens import DjangoTokens
from tocsin.store.turns import Turns
from tocsin.store.writers import begin, committed

SHORT_WAIT_S = 0.01
# libpq's number of a transaction that failed (PQTRANS_INERROR).
_IN_ERROR = 3
# One queue a database file and process, however many stores are made for it.
_TURNS: dict[str, Turns] = {}


class DjangoShelves:
    """All shelves of one database."""

    def __init__(self, alias: str, entry_key: bytes) -> None:
        self._alias = alias
        self.arrivals = DjangoArrivals(alias)
        self.quarantine = DjangoQuarantine(alias)
        self.alerts = DjangoAlerts(alias)
        self.incidents = DjangoIncidents(alias)
        self.timeline = DjangoTimeline(alias)
        self.pages = DjangoPages(alias)
        self.silences = DjangoSilences(alias)
        self.overrides = DjangoOverrides(alias)
        self.groups = DjangoGroups(alias)
        self.inbox = DjangoInbox(alias)
        self.oversight = DjangoOversight(alias)
        self.jobs = DjangoJobs(alias)
        self.log = DjangoLog(alias, entry_key)
        self.exhibits = DjangoExhibits(alias)
        self.actions = DjangoActions(alias)
        self.runs = DjangoRuns(alias)
        self.bags = DjangoBags(alias)
        self.detector = DjangoDetector(alias)
        self.marks = DjangoMarks(alias)
        self.tokens = DjangoTokens(alias)

    def lock(self, name: str) -> None:
        lock(name, self._alias)

    def lock_all(self, names: Sequence[str]) -> None:
        lock_all(names, self._alias)


class DjangoStore:
    """A database behind one of Django's aliases. Each thread has its own connection.

    Transactions do not nest: a `RuntimeError` says so. Raises `Overloaded` when the database is in trouble;
    the thread's connection is then dropped and made anew by the next transaction.
    """

    def __init__(self, alias: str = "default", *, entry_key: bytes = b"") -> None:
        """Take the key that shows which log entries are ours; who writes none needs none."""
        self._alias = alias
        self._shelves = DjangoShelves(alias, entry_key)

    @contextmanager
    def transaction(self) -> Iterator[DjangoShelves]:
        """Write all or nothing. A PostgreSQL transaction reads what others have committed meanwhile."""
        connection = self._free_connection()
        begin(self._alias)
        with _explained(connection), _turn(connection), self._atomic():
            yield self._shelves
            if connection.needs_rollback or _is_aborted(connection):
                # It would now be rolled back without a word, and the caller would believe it was kept.
                raise RuntimeError("an error of the database was swallowed inside a transaction")
        committed(self._alias)

    @contextmanager
    def reading(self) -> Iterator[DjangoShelves]:
        """Look at one snapshot; a write is an error of the database, and a mistake of the caller."""
        connection = self._free_connection()
        with _explained(connection, reads_only=True), _snapshot(connection), self._atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield self._shelves

    def hang_up(self) -> None:
        """Close this thread's connection. A thread that used the store calls it before it ends."""
        connections[self._alias].close()

    def _free_connection(self) -> BaseDatabaseWrapper:
        connection = connections[self._alias]
        if connection.in_atomic_block:
            raise RuntimeError("a transaction of the store was opened inside another one of the same thread")
        _drop_if_cut(connection)
        return connection

    def _atomic(self) -> Atomic:
        return Atomic(self._alias, savepoint=False, durable=True)


@contextmanager
def _explained(connection: BaseDatabaseWrapper, *, reads_only: bool = False) -> Iterator[None]:
    """Turn the database's own trouble into `Overloaded` and drop the connection that met it."""
    try:
        yield
    except Error as error:
        trouble = overload_from(error, connection.vendor)
        if trouble is None or (reads_only and is_read_only(error)):
            raise
        connection.close()
        raise trouble from error


@contextmanager
def _turn(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Wait for this process's turn to write, where the database takes one writer at a time."""
    if connection.vendor != "sqlite":
        yield
        return
    settings: dict[str, Any] = connection.settings_dict
    turns = _TURNS.setdefault(str(settings["NAME"]), Turns())
    wait_s = float(settings["OPTIONS"].get("timeout", WAIT_S))
    asked = time.monotonic()
    if not turns.take(wait_s):
        raise turn_never_came()
    try:
        with _patience(connection, wait_s, waited_s=time.monotonic() - asked):
            yield
    finally:
        turns.give()


@contextmanager
def _patience(connection: BaseDatabaseWrapper, wait_s: float, *, waited_s: float) -> Iterator[None]:
    """Take what was waited for the turn off the wait for SQLite's own lock: both together are bounded."""
    if waited_s < SHORT_WAIT_S:
        yield
        return
    connection.ensure_connection()
    _set_busy_timeout(connection, max(wait_s - waited_s, 0.0))
    try:
        yield
    finally:
        if connection.connection is not None:
            _set_busy_timeout(connection, wait_s)


def _set_busy_timeout(connection: BaseDatabaseWrapper, seconds: float) -> None:
    connection.connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")


@contextmanager
def _snapshot(connection: Any) -> Iterator[None]:
    """Let the next SQLite transaction begin without the write lock, and refuse writes in it."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    usual = connection.transaction_mode
    connection.transaction_mode = "DEFERRED"
    connection.connection.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        connection.transaction_mode = usual
        if connection.connection is not None:
            connection.connection.execute("PRAGMA query_only=OFF")


def _drop_if_cut(connection: BaseDatabaseWrapper) -> None:
    """Drop a PostgreSQL connection that the server has ended while it was idle.

    A server that goes away says so; the socket can then be read, which costs no round trip to find out.
    """
    raw = connection.connection
    if raw is None or connection.vendor != "postgresql":
        return
    if raw.closed or (_has_news(raw.fileno()) and not connection.is_usable()):
        connection.close()


def _is_aborted(connection: BaseDatabaseWrapper) -> bool:
    """Say whether PostgreSQL has given the transaction up; a COMMIT would then be a ROLLBACK and no error."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return False
    return bool(connection.connection.pgconn.transaction_status == _IN_ERROR)


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
