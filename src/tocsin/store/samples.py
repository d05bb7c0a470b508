"""Keeps samples of metrics: a log that is fsynced, sealed hour by hour into columns, for a bounded time."""

from __future__ import annotations

import fcntl
import json
import logging
import sqlite3
import struct
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tocsin.detection.promql.labels import NAME, acceptance, label
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Overloaded
from tocsin.domain.sample import LabelMatcher, Labels, MatchOp, Sample, Series
from tocsin.store.columns_of_samples import Column, merged, packed, unpacked

log = logging.getLogger("tocsin.store")

BLOCK_MS = 3_600_000
LATE_MS = 600_000
"""How long after its end an hour stays open for samples that come late; later ones are merged in."""
AHEAD_MS = 600_000
"""How far a sender's clock may run ahead; what lies beyond is left out, or it would stay the newest."""
RETENTION = timedelta(days=14)
MOST_SERIES = 200_000
WAIT_S = 7.0

_TABLES = """
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, time INTEGER NOT NULL, value NOT NULL
);
CREATE TABLE IF NOT EXISTS chunks (
    series INTEGER NOT NULL, block INTEGER NOT NULL, times BLOB NOT NULL, vals BLOB NOT NULL,
    PRIMARY KEY (series, block)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS memories (group_key TEXT PRIMARY KEY, state BLOB NOT NULL);
"""
_NAN = struct.Struct(">d")
_Row = tuple[int, int, float | bytes]


class DiskSamples:
    """The samples under one folder. Any number of threads and processes may use it at once.

    What is younger than about an hour is also held in memory, 16 bytes a sample; older hours are read from
    disk when an expression reaches back so far.
    """

    def __init__(self, folder: Path, clock: Clock, *, retention: timedelta = RETENTION) -> None:
        self._folder = folder
        self._clock = clock
        self._retention_ms = int(retention.total_seconds() * 1000)
        self._mutex = threading.RLock()
        self._opened: sqlite3.Connection | None = None
        self._ids: dict[Labels, int] = {}
        self._labels: dict[int, Labels] = {}
        self._named: dict[str, list[int]] = {}
        self._head: dict[int, Column] = {}
        self._last_id = 0
        self._sealed_ms = 0

    def append(self, samples: Sequence[Sample]) -> int:
        """Store samples durably, all or none, and return how many were new.

        Left out are those of a series and millisecond that is here already, those older than the retention,
        and those more than ten minutes ahead. Raises `Overloaded` when the disk refuses.
        """
        now_ms = self._now_ms()
        with self._mutex, self._told():
            connection = self._connection()
            with _transaction(connection):
                self._refresh()
                rows = [
                    (series, sample.time_ms, _stored(sample.value))
                    for sample in self._wanted(samples, now_ms)
                    if (series := self._series(sample.labels)) is not None
                ]
                fresh = self._unknown(rows)
                connection.executemany("INSERT INTO log (series, time, value) VALUES (?, ?, ?)", fresh)
            self._refresh()
            self._seal_if_due(now_ms)
        return len(fresh)

    def select(self, matchers: Sequence[LabelMatcher], start_ms: int, end_ms: int) -> tuple[Series, ...]:
        """Return matching series with samples from start to end, both inclusive, as they first came."""
        with self._mutex, self._told():
            self._refresh()
            found = []
            for series in self._matching(matchers):
                times, values = self._between(series, start_ms, end_ms)
                if times:
                    found.append(Series(self._labels[series], times, values))
            return tuple(found)

    def remembered(self, group: str) -> bytes:
        """Return what a rule group remembers, nothing at first."""
        with self._mutex, self._told():
            row = self._connection().execute("SELECT state FROM memories WHERE group_key = ?", (group,))
            found = row.fetchone()
        return bytes(found[0]) if found else b""

    def remember(self, group: str, state: bytes) -> None:
        """Keep what a rule group remembers, durably."""
        with self._mutex, self._told():
            connection = self._connection()
            with _transaction(connection):
                connection.execute("INSERT OR REPLACE INTO memories VALUES (?, ?)", (group, state))

    @contextmanager
    def evaluating(self) -> Generator[bool, None, None]:
        """Hold the right to evaluate rules; False when another process holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "rules.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            opened = sqlite3.connect(
                self._folder / "samples.db", timeout=WAIT_S, isolation_level=None, check_same_thread=False
            )
            opened.execute("PRAGMA journal_mode = WAL")
            # In this mode a commit has reached the disk when it returns.
            opened.execute("PRAGMA synchronous = FULL")
            opened.executescript(_TABLES)
            self._opened = opened
        return self._opened

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            # What memory holds may be ahead of the disk now; it is read anew.
            self._forget()
            reason = getattr(error, "sqlite_errorname", type(error).__name__)
            raise Overloaded(
                f"The store of samples cannot be used now ({reason}).",
                means="Nothing of this request was kept; the sender should try again.",
                next_step="Free space on the disk, and see that the home folder can be written to.",
            ) from error

    def _forget(self) -> None:
        self._ids, self._labels, self._named, self._head = {}, {}, {}, {}
        self._last_id = 0

    def _refresh(self) -> None:
        """Read what was logged since, by us or by another process."""
        connection = self._connection()
        mark = connection.execute("SELECT value FROM marks WHERE name = 'sealed'").fetchone()
        sealed_ms = mark[0] if mark else 0
        if sealed_ms != self._sealed_ms:
            self._sealed_ms = sealed_ms
            self._forget()
        rows = connection.execute(
            "SELECT id, series, time, value FROM log WHERE id > ? ORDER BY id", (self._last_id,)
        )
        for number, series, time_ms, value in rows:
            self._last_id = number
            if series not in self._labels:
                self._read_series()
            self._head.setdefault(series, Column()).add(time_ms, _loaded(value))

    def _read_series(self) -> None:
        for number, text in self._connection().execute("SELECT id, labels FROM series ORDER BY id"):
            if number not in self._labels:
                self._know(number, tuple((name, value) for name, value in json.loads(text)))

    def _know(self, number: int, labels: Labels) -> None:
        self._ids[labels] = number
        self._labels[number] = labels
        self._named.setdefault(label(labels, NAME), []).append(number)

    def _wanted(self, samples: Iterable[Sample], now_ms: int) -> list[Sample]:
        oldest, newest = now_ms - self._retention_ms, now_ms + AHEAD_MS
        return [sample for sample in samples if oldest <= sample.time_ms <= newest]

    def _series(self, labels: Labels) -> int | None:
        """Return a series' number, None when there are too many series for a new one."""
        if not self._labels:
            self._read_series()
        if labels in self._ids:
            return self._ids[labels]
        if len(self._ids) >= MOST_SERIES:
            log.warning("a sample is left out: there are %s series, and no more are kept", MOST_SERIES)
            return None
        text = json.dumps(labels, ensure_ascii=False, separators=(",", ":"))
        connection = self._connection()
        connection.execute("INSERT OR IGNORE INTO series (labels) VALUES (?)", (text,))
        (number,) = connection.execute("SELECT id FROM series WHERE labels = ?", (text,)).fetchone()
        self._know(number, labels)
        return int(number)

    def _unknown(
        self, rows: Iterable[tuple[int, int, float | bytes]]
    ) -> list[tuple[int, int, float | bytes]]:
        """Return each row once, without those that memory already has."""
        fresh: dict[tuple[int, int], _Row] = {}
        for row in rows:
            column = self._head.get(row[0])
            if column is None or not column.holds(row[1]):
                fresh.setdefault(row[:2], row)
        return list(fresh.values())

    def _matching(self, matchers: Sequence[LabelMatcher]) -> list[int]:
        if not self._labels:
            self._read_series()
        numbers: Iterable[int] = self._labels
        for matcher in matchers:
            if matcher.name == NAME and matcher.op is MatchOp.EQUAL:
                numbers = self._named.get(matcher.value, ())
        tests: list[tuple[str, Callable[[str], bool]]] = [(each.name, acceptance(each)) for each in matchers]
        return [
            number
            for number in numbers
            if all(accepts(label(self._labels[number], name)) for name, accepts in tests)
        ]

    def _between(self, series: int, start_ms: int, end_ms: int) -> tuple[Sequence[int], Sequence[float]]:
        column = self._head.get(series, Column())
        if start_ms < self._sealed_ms:
            chunks = self._connection().execute(
                "SELECT times, vals FROM chunks WHERE series = ? AND block BETWEEN ? AND ? ORDER BY block",
                (series, start_ms // BLOCK_MS, end_ms // BLOCK_MS),
            )
            column = merged([*(unpacked(times, values) for times, values in chunks), column])
        first, stop = bisect_left(column.times, start_ms), bisect_right(column.times, end_ms)
        if stop - first == len(column.times) and start_ms < self._sealed_ms:
            return column.times, column.values
        return column.times[first:stop], column.values[first:stop]

    def _seal_if_due(self, now_ms: int) -> None:
        until_ms = (now_ms - LATE_MS) // BLOCK_MS * BLOCK_MS
        if until_ms <= self._sealed_ms:
            return
        connection = self._connection()
        with _transaction(connection):
            for series, column in self._head.items():
                self._seal(connection, series, column, until_ms)
            connection.execute("DELETE FROM log WHERE time < ?", (until_ms,))
            oldest = (now_ms - self._retention_ms) // BLOCK_MS
            connection.execute("DELETE FROM chunks WHERE block < ?", (oldest,))
            connection.execute(
                "DELETE FROM series WHERE id NOT IN (SELECT series FROM chunks) "
                "AND id NOT IN (SELECT series FROM log)"
            )
            connection.execute("INSERT OR REPLACE INTO marks VALUES ('sealed', ?)", (until_ms,))
        self._refresh()

    def _seal(self, connection: sqlite3.Connection, series: int, column: Column, until_ms: int) -> None:
        """Put a series' samples before a time into its hours; what an hour has already is kept."""
        for block, part in column.blocks(until_ms, BLOCK_MS):
            old = connection.execute(
                "SELECT times, vals FROM chunks WHERE series = ? AND block = ?", (series, block)
            ).fetchone()
            whole = merged([unpacked(*old), part]) if old else part
            connection.execute(
                "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?)", (series, block, *packed(whole))
            )


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None, None, None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


def _stored(value: float) -> float | bytes:
    """Return a value as SQLite keeps it; it knows no NaN, and there are two kinds of it here."""
    return value if value == value else _NAN.pack(value)


def _loaded(value: float | bytes) -> float:
    if isinstance(value, bytes):
        (number,) = _NAN.unpack(value)
        return float(number)
    return value
