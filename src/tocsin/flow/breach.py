"""A log broke: it is frozen, people are called, evidence is kept, and a successor begins."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from tocsin.audit import leaf
from tocsin.audit.breach import Break, alarm, broken_at, succession, written
from tocsin.audit.checkpoint import Head
from tocsin.audit.verify import Verdict
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import Clock
from tocsin.domain.entry import Entry
from tocsin.domain.errors import Explained
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.respond import Respond
from tocsin.flow.take import Take
from tocsin.incidents.changed import TOCSIN
from tocsin.intake.lease import fingerprint_of

TOLD = "log-break"
"""The kind of mark that says of which broken logs people were told."""
KEPT = "log-break-kept"
SEQUENCER = "log"
"""The name of the lock under which the log grows, is signed, and is frozen."""


class Logs(Protocol):
    """The line of logs, kept outside the database."""

    @property
    def number(self) -> int: ...
    def origin_of(self, number: int) -> str: ...
    def last_signed(self, number: int) -> Head: ...
    def broken(self, number: int) -> Break | None: ...
    def freeze(self, broken: Break) -> None: ...


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What can be learnt of a log: its verdict, its export, its hashes outside, the state of the database."""

    verdict: Callable[[int], Verdict]
    export: Callable[[int], Iterable[bytes]]
    hashes: Callable[[int], Iterable[bytes]]
    database: Callable[[], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Breach:
    """The chapter of a broken log. Each step may be repeated; none of them changes the broken log."""

    store: Store
    clock: Clock
    logs: Logs
    take: Take
    respond: Respond
    witnesses: Witnesses

    def found(self, number: int, fault: Explained) -> None:
        """Sealing met a fault: freeze the log if verification names a broken entry, else raise the fault."""
        self.judged(number, self.witnesses.verdict(number), fault)

    def judged(self, number: int, verdict: Verdict, fault: Explained) -> None:
        """Do the same with a verdict that is known."""
        broken = broken_at(verdict, number, self.logs.origin_of(number), kind=fault.code, at=self.clock.now())
        if broken is None:
            raise fault
        self.freeze(broken, {"found_root": verdict.root.hex()})

    def freeze(self, broken: Break, proof: Mapping[str, str]) -> None:
        """Freeze a log that is not frozen yet, at its last good checkpoint."""
        with self.store.transaction() as shelves:
            # Who sequences or signs asks under the same lock which log is written to.
            shelves.lock(SEQUENCER)
            if self.logs.number != broken.number:
                return
            signed = self.logs.last_signed(broken.number)
            stated = {"signed_root": signed.root.hex(), **proof}
            self.logs.freeze(
                replace(
                    broken,
                    signed_size=signed.size,
                    checkpoint=_note_of(shelves, broken.number, signed),
                    proof=stated,
                )
            )

    def tell(self) -> None:
        """Call people to each broken log they were not called to yet, and keep its evidence."""
        for number in range(1, self.logs.number):
            broken = self.logs.broken(number)
            if broken is not None:
                self._call(broken)
                self._keep(broken)

    def _call(self, broken: Break) -> None:
        now, name = self.clock.now(), str(broken.number)
        with self.store.transaction() as shelves:
            shelves.lock(TOLD)
            if name in shelves.marks.of(TOLD, [name]):
                return
            shelves.marks.keep(TOLD, {name: now.isoformat().encode("ascii")}, now)
            self.take.own(shelves, [self._alarm(broken)])

    def _keep(self, broken: Break) -> None:
        name = str(broken.number)
        fingerprint = fingerprint_of(self._alarm(broken))
        with self.store.reading() as shelves:
            alert = shelves.alerts.latest(fingerprint)
            is_kept = name in shelves.marks.of(KEPT, [name])
        if is_kept or alert is None or alert.incident_id is None:
            return
        self._keep_all(broken, alert.incident_id)
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.marks.keep(KEPT, {name: now.isoformat().encode("ascii")}, now)

    def _keep_all(self, broken: Break, incident_id: UUID) -> None:
        with self.store.reading() as shelves:
            kept = {each.name for each in shelves.exhibits.of_incident(incident_id)}
        stem = f"log-{broken.number}"
        database = json.dumps(self.witnesses.database(), default=str, indent=1).encode()
        gathered: Sequence[tuple[str, str, str, Callable[[], Iterable[bytes]]]] = (
            (f"{stem}-database.json", "application/json", "State of the database", lambda: [database]),
            (f"{stem}-break.json", "application/json", "The break as found", lambda: [written(broken)]),
            (
                f"{stem}-hashes.bin",
                "application/octet-stream",
                "Hashes of its entries as kept outside the database",
                lambda: self.witnesses.hashes(broken.number),
            ),
            (
                f"{stem}-as-it-is.ndjson",
                "application/x-ndjson",
                "Export of the broken log as it is",
                lambda: self.witnesses.export(broken.number),
            ),
        )
        for name, media_type, what, parts in gathered:
            if name not in kept:
                self._deposit(incident_id, (name, media_type, f"{what}, log {broken.origin}"), parts)

    def _deposit(
        self, incident_id: UUID, words: tuple[str, str, str], parts: Callable[[], Iterable[bytes]]
    ) -> None:
        name, media_type, description = words
        with tempfile.TemporaryFile() as file:
            file.writelines(parts())
            if not file.tell():
                # The label must not promise what is not there, and no exhibit is empty.
                file.write(b"nothing was there\n")
            file.seek(0)
            self.respond.keep(
                incident_id,
                name=name,
                media_type=media_type,
                content=file,
                description=description,
                exported_by=TOCSIN,
                actor=TOCSIN,
            )

    def _alarm(self, broken: Break) -> AlertReport:
        return alarm(broken, self.logs.origin_of(broken.number + 1))


def first_entry(broken: Break, now: datetime) -> tuple[UUID, bytes]:
    """Return entry 0 of a successor: its id and its bytes."""
    entry = Entry(
        entry_id=uuid4(),
        at=now,
        actor=TOCSIN,
        kind=Happening.LOG_SUCCEEDED,
        subject="",
        facts=succession(broken),
    )
    return entry.entry_id, leaf.encode(entry)


def _note_of(shelves: Shelves, number: int, signed: Head) -> str:
    """Return the stored note of the last head that was signed, else of the last before it, else nothing."""
    stored = [each for each in shelves.log.of(number).checkpoints() if each.size <= signed.size]
    same = [each for each in stored if each.size == signed.size and each.root == signed.root]
    return (same or stored)[-1].note if stored else ""
