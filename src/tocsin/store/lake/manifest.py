"""The list of all segments, and of what became of them: one line an act, each bound to the one before."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from tocsin.store.lake.durable import append_synced, last_break, made, opened, whole_end
from tocsin.store.lake.refusals import broken

NAME = "_manifest.ndjson"
NO_LINE = "0" * 64
"""What the first line is bound to."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(time: datetime) -> int:
    """Return an aware instant in microseconds since 1970, exactly."""
    return (time - EPOCH) // _MICROSECOND


class Act(StrEnum):
    """What a line of the manifest says was done."""

    SEALED = "sealed"
    COOLED = "cooled"
    DELETED = "deleted"
    HELD = "held"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One sealed file. Times are microseconds since 1970, None where no record named one; `size` in bytes.

    Its records stand at positions from `first` up to but not including `stop`, among those of other segments
    of the same sealing. `columns` are the native fields with a column of their own; a field in `dropped` has
    none though records have it; `complete` is False when more were dropped than are named. A field in `maps`
    holds a map in some records, whose parts have columns under dotted names. `odd` records have no columns.
    """

    path: str
    source: str
    sha256: str
    size: int
    rows: int
    first: int
    stop: int
    first_time: int | None
    last_time: int | None
    undated: int = 0
    odd: int = 0
    columns: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    complete: bool = True
    sealed_at: str = ""
    cold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold: nothing it covers is deleted. Empty `source` means all; times in microseconds."""

    hold_id: str
    source: str
    since: int | None
    until: int | None
    incident: str
    reason: str
    placed_by: str
    placed_at: str

    def covers(self, segment: Segment) -> bool:
        """Say whether a record of the segment may be under the hold; undated records always may."""
        if self.source and self.source != segment.source:
            return False
        if segment.undated or segment.first_time is None or segment.last_time is None:
            return True
        starts_in_time = self.until is None or segment.first_time < self.until
        return starts_in_time and (self.since is None or segment.last_time >= self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the manifest says now. `sealed_to` tells up to which offset each source was sealed."""

    lines: int = 0
    head: str = NO_LINE
    segments: tuple[Segment, ...] = ()
    deleted: tuple[Segment, ...] = ()
    moved_from: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()
    sealed_to: Mapping[str, int] = field(default_factory=dict)


class Manifest:
    """The manifest of one lake; any number of processes may read and write it at once."""

    def __init__(self, root: Path) -> None:
        self._path = root / NAME

    def listing(self) -> Listing:
        """Return what the manifest says now. Raises `LakeBroken` for lines that nobody could have written."""
        return _told(self._lines())

    def listing_held(self) -> Listing:
        """Return what the manifest says to somebody who is `writing` and so holds it against himself too."""
        return _told(_whole_lines(self._path))

    def hashes(self) -> tuple[str, ...]:
        """Return the hash of every line, in order."""
        return tuple(sha256(line).hexdigest() for line in self._lines())

    @contextmanager
    def writing(self) -> Iterator[Callable[[Act, datetime, Mapping[str, Any]], str]]:
        """Hold the manifest against other writers and hand out what adds a line and returns its hash."""
        if not self._path.exists():
            made(self._path)
        with opened(self._path, os.O_RDWR, fcntl.LOCK_EX) as file:

            def add(act: Act, at: datetime, what: Mapping[str, Any]) -> str:
                number, before = _tail(file)
                line = orjson.dumps(
                    {"line": number + 1, "before": before, "act": act, "at": at.isoformat(), **what}
                )
                append_synced(file, [line + b"\n"])
                return sha256(line).hexdigest()

            yield add

    def faults(self) -> tuple[str, ...]:
        """Return what is wrong with the chain itself, as sentences; nothing when it holds."""
        before = NO_LINE
        for number, line in enumerate(self._lines(), 1):
            try:
                told = orjson.loads(line)
                sound = told["line"] == number and told["before"] == before
            except (orjson.JSONDecodeError, KeyError, TypeError):
                sound = False
            if not sound:
                return (f"Line {number} of the manifest is not bound to the line before it.",)
            before = sha256(line).hexdigest()
        return ()

    def _lines(self) -> list[bytes]:
        try:
            with opened(self._path, os.O_RDONLY, fcntl.LOCK_SH):
                return _whole_lines(self._path)
        except FileNotFoundError:
            return []


def _whole_lines(path: Path) -> list[bytes]:
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return whole.split(b"\n") if whole else []


def record_of(segment: Segment) -> dict[str, Any]:
    """Return a segment as a line of the manifest holds it."""
    return asdict(segment)


def hold_record(hold: Hold) -> dict[str, Any]:
    """Return a hold as a line of the manifest holds it."""
    return asdict(hold)


def _tail(file: int) -> tuple[int, str]:
    """Return the number and the hash of the last line."""
    end = whole_end(file)
    if not end:
        return 0, NO_LINE
    start = last_break(file, end - 1) + 1
    line = os.pread(file, end - 1 - start, start)
    try:
        return int(orjson.loads(line)["line"]), sha256(line).hexdigest()
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise broken("The last line of the lake's manifest cannot be read.") from error


class _Told:
    """The lines read so far, applied one after the other."""

    def __init__(self) -> None:
        self.live: dict[str, Segment] = {}
        self.deleted: dict[str, Segment] = {}
        self.moved_from: list[str] = []
        self.holds: dict[str, Hold] = {}
        self.sealed_to: dict[str, int] = {}

    def take(self, told: Mapping[str, Any]) -> None:
        match told["act"]:
            case Act.SEALED:
                for each in told["segments"]:
                    self.live[each["path"]] = _segment(each)
                self.sealed_to[told["source"]] = told["stop"]
            case Act.COOLED:
                moved = self.live.pop(told["path"])
                self.live[told["to"]] = replace(moved, path=told["to"], cold=True)
                self.moved_from.append(told["path"])
            case Act.DELETED:
                self.deleted[told["path"]] = self.live.pop(told["path"])
            case Act.HELD:
                self.holds[told["hold"]["hold_id"]] = Hold(**told["hold"])
            case Act.RELEASED:
                # Two people may lift the same hold at once.
                self.holds.pop(told["hold_id"], None)


def _segment(told: Mapping[str, Any]) -> Segment:
    lists = {name: tuple(told[name]) for name in ("columns", "dropped", "maps")}
    return Segment(**{**told, **lists})


def _told(lines: Iterable[bytes]) -> Listing:
    found = _Told()
    number, last = 0, b""
    for number, last in enumerate(lines, 1):
        try:
            found.take(orjson.loads(last))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise broken(f"Line {number} of the lake's manifest cannot be read.") from error
    return Listing(
        lines=number,
        head=sha256(last).hexdigest() if number else NO_LINE,
        segments=tuple(found.live.values()),
        deleted=tuple(found.deleted.values()),
        moved_from=tuple(found.moved_from),
        holds=tuple(found.holds.values()),
        sealed_to=found.sealed_to,
    )
