"""Keeps the lake: ends and seals hot files, moves and deletes by policy, holds, and proves what is there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

from tocsin.app.wiring import App
from tocsin.audit import leaf
from tocsin.connectors.refusal import NotJson
from tocsin.connectors.signals.inbound import signal_of
from tocsin.domain.clock import Clock
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.store.lake import SegmentLake, hot, retention, sealing
from tocsin.store.lake.durable import digest_of, made
from tocsin.store.lake.hot import HotFile, hot_files
from tocsin.store.lake.manifest import Act, Hold, Listing, Manifest, Segment, hold_record
from tocsin.store.lake.policy import LakePolicy, parse_lake
from tocsin.store.lake.refusals import HoldRefused
from tocsin.store.lake.retention import Due, Fate
from tocsin.store.lake.sealing import Sealed

MARK, HEAD = "lake", "head"
_LOCK = "_keeping"
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_LEAVES_AT_ONCE = 5000
_LOGGED = b'"lake.'
_NOTED = {
    Act.SEALED: Happening.LAKE_SEALED,
    Act.COOLED: Happening.LAKE_COOLED,
    Act.DELETED: Happening.LAKE_DELETED,
    Act.HELD: Happening.LAKE_HELD,
    Act.RELEASED: Happening.LAKE_RELEASED,
}


_KINDS = frozenset(_NOTED.values())


def keeping_of(app: App) -> Lakekeeping:
    """Return what keeps an application's lake. Raises `PackProblem`, `Misconfigured`."""
    file = app.packs.file("lake.yml")
    policy = parse_lake(file.text, file.path)
    return Lakekeeping(app.store, SegmentLake(app.settings.home / "lake"), policy, app.clock)


def time_of(line: bytes) -> datetime | None:
    """Return when a record happened by its own account, as judging reads it; None where it does not say."""
    try:
        found = signal_of(line, "", 0, _UNDATED).time
    except NotJson:
        return None
    return None if found is _UNDATED else found


@dataclass(frozen=True, slots=True)
class Lakekeeping:
    """What keeps one lake. Safe beside servers that append and judge; only one process seals or deletes."""

    store: Store
    lake: SegmentLake
    policy: LakePolicy
    clock: Clock

    def end_due(self) -> tuple[HotFile, ...]:
        """End the hot files that are large enough or of a day that is over; return those ended."""
        ended = []
        today = self.clock.now().date()
        for source in self.lake.sources():
            folder = self.lake.root / source
            newest = hot_files(folder)[-1]
            if newest.size() >= self.policy.seal_bytes or _is_of_the_past(newest, self.clock.now()):
                ended.append(hot.roll(folder, today))
        return tuple(each for each in ended if each is not None)

    def sealable(self) -> tuple[tuple[str, HotFile], ...]:
        """Return the ended hot files, with their sources, whose signals are all judged."""
        with self.store.reading() as shelves:
            progress = shelves.detector.progress()
        found = []
        for source in self.lake.sources():
            judged = progress[source].position if source in progress else 0
            files = hot_files(self.lake.root / source)
            found += [(source, each) for each, after in pairwise(files) if after.start <= judged]
        return tuple(found)

    def seal(self) -> tuple[Sealed, ...]:
        """Seal what can be sealed, each file with an entry in the log. Raises `LakeExtraMissing`."""
        done = []
        with self._alone() as is_mine:
            if not is_mine:
                return ()
            self._catch_up()
            for source, file in self.sealable():
                if file.start >= Manifest(self.lake.root).listing().sealed_to.get(source, 0):
                    sealed = sealing.seal(self.lake.root, source, file, time_of, self.clock.now())
                    facts = {"rows": str(sealed.rows), "segments": str(len(sealed.segments))}
                    self._note(Act.SEALED, sealed.head, source, facts)
                    done.append(sealed)
                hot.drop(file)
        return tuple(done)

    def due(self) -> tuple[Due, ...]:
        """Return what the policy asks for now."""
        return retention.due(Manifest(self.lake.root).listing(), self.policy, self.clock.now())

    def retain(self) -> tuple[Due, ...]:
        """Move and delete what is due, each with an entry in the log; return what was done or is held."""
        with self._alone() as is_mine:
            if not is_mine:
                return ()
            self._catch_up()
            retention.tidy(self.lake.root, Manifest(self.lake.root).listing())
            return tuple(each for each in self.due() if self._retained(each))

    def _retained(self, each: Due) -> bool:
        root, segment, now = self.lake.root, each.segment, self.clock.now()
        facts = {"path": segment.path, "sha256": segment.sha256, "rows": str(segment.rows)}
        if each.fate is Fate.COOL:
            self._note(Act.COOLED, retention.cool(root, segment, now), segment.source, facts)
        elif each.fate is Fate.DELETE:
            head = retention.delete(root, segment, now, "older than the policy keeps")
            if head is None:
                return False
            self._note(Act.DELETED, head, segment.source, facts)
        return True

    def hold(self, hold: Hold) -> Hold:
        """Place a legal hold and return it with its name. Raises `HoldRefused`."""
        if not hold.reason.strip():
            raise _refused("A legal hold needs a reason.", "Say with --reason who asks for what.")
        if hold.since is not None and hold.until is not None and hold.since >= hold.until:
            raise _refused("The hold would end before it begins.", "Give an --until after --since.")
        placed = {
            **hold_record(hold),
            "hold_id": f"H-{uuid4().hex[:8]}",
            "placed_at": self.clock.now().isoformat(),
        }
        head = self._written(Act.HELD, {"hold": placed})
        facts = {"hold": placed["hold_id"], "reason": hold.reason, "incident": hold.incident}
        self._note(Act.HELD, head, hold.source, facts, actor=hold.placed_by)
        return Hold(**placed)

    def release(self, hold_id: str, reason: str, actor: str) -> None:
        """Lift a legal hold. Raises `HoldRefused`."""
        if hold_id not in {each.hold_id for each in Manifest(self.lake.root).listing().holds}:
            raise _refused(
                f"There is no hold {hold_id[:40]!r}.", "`tocsin lake hold list` names those there are."
            )
        if not reason.strip():
            raise _refused("To lift a hold needs a reason.", "Say with --reason who allowed it.")
        head = self._written(Act.RELEASED, {"hold_id": hold_id, "reason": reason, "by": actor})
        self._note(Act.RELEASED, head, "", {"hold": hold_id, "reason": reason}, actor=actor)

    def faults(self) -> tuple[str, ...]:
        """Return everything in the lake that is not what was written, as sentences.

        Checked are the manifest's chain, the heads that the log remembers, each segment's bytes and that no
        offset is missing. Raises `LakeBroken` where the manifest cannot even be read.
        """
        manifest = Manifest(self.lake.root)
        chain = manifest.faults()
        if chain:
            return chain
        listing = manifest.listing()
        return (*self._against_log(manifest.hashes()), *self._segments(listing), *self._gaps(listing))

    def _segments(self, listing: Listing) -> Iterator[str]:
        for each in listing.segments:
            fault = _fault(self.lake.root, each)
            if fault:
                yield fault

    def _gaps(self, listing: Listing) -> Iterator[str]:
        for source, stop in listing.sealed_to.items():
            files = [each for each in hot_files(self.lake.root / source) if each.start >= stop]
            if not files or files[0].start != stop:
                yield f"Signals of {source} are missing from byte {stop} on: they are neither sealed nor hot."

    def _against_log(self, hashes: tuple[str, ...]) -> Iterator[str]:
        known = set(hashes)
        with self.store.reading() as shelves:
            for head, at in _logged_heads(shelves):
                if head not in known:
                    yield f"The log knows a line of the manifest ({head[:12]}…, {at}) that is gone."

    def _written(self, act: Act, what: Mapping[str, object]) -> str:
        with Manifest(self.lake.root).writing() as add:
            return add(act, self.clock.now(), what)

    def _note(
        self, act: Act, head: str, source: str, facts: Mapping[str, str], *, actor: str | None = None
    ) -> None:
        named = {} if actor is None else {"actor": actor}
        with self.store.transaction() as shelves:
            told = {"source": source, "head": head, **facts}
            note(shelves, _NOTED[act], at=self.clock.now(), subject=source, facts=told, **named)
            shelves.marks.keep(MARK, {HEAD: head.encode()}, self.clock.now())

    def _catch_up(self) -> None:
        """Log the manifest's head if a crash came between its line and our entry."""
        listing = Manifest(self.lake.root).listing()
        with self.store.reading() as shelves:
            noted = shelves.marks.of(MARK, [HEAD]).get(HEAD)
        if listing.lines and noted != listing.head.encode():
            self._note(Act.SEALED, listing.head, "", {"lines": str(listing.lines)})

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Say whether we are the only process that keeps the lake, and stay so."""
        path = self.lake.root / _LOCK
        if not path.exists():
            made(path)
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_mine = False
        else:
            is_mine = True
        try:
            yield is_mine
        finally:
            os.close(file)


def _is_of_the_past(file: HotFile, now: datetime) -> bool:
    """Say whether a hot file was begun on an earlier day, by its name or else by its first line."""
    if file.begun is not None:
        return file.begun < now.date() and file.size() > 0
    first = next(iter(hot.lines(file)), None)
    at = None if first is None else time_of(first[1])
    return at is not None and at.date() < now.date()


def _fault(root: Path, segment: Segment) -> str | None:
    try:
        same = digest_of(root / segment.path) == segment.sha256
    except FileNotFoundError:
        return f"The segment {segment.path} is gone: {segment.rows} signals of {segment.source}."
    return (
        None
        if same
        else f"The segment {segment.path} was changed: {segment.rows} signals of {segment.source}."
    )


def _logged_heads(shelves: Shelves) -> Iterator[tuple[str, str]]:
    """Yield the heads of the manifest that the log remembers, and when it wrote each down."""
    for start in range(0, shelves.log.size(), _LEAVES_AT_ONCE):
        leaves = shelves.log.leaves(start, min(start + _LEAVES_AT_ONCE, shelves.log.size()))
        # Only what may be about the lake is decoded: a log has millions of other entries.
        entries = (leaf.decode(each.content) for each in leaves if _LOGGED in each.content)
        yield from ((each.facts["head"], each.at.isoformat()) for each in entries if each.kind in _KINDS)


def _refused(happened: str, next_step: str) -> HoldRefused:
    return HoldRefused(
        happened, means="Nothing was changed; holds that are in force stay so.", next_step=next_step
    )
