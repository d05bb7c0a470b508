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
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.respond import Respond
from tocsin.flow.take import Take
from tocsin.incidents.changed import TOCSIN
from tocsin.intake.lease import fingerprint_of

TOLD = "log-break"
"""The name of the lock under which people are called to a broken log."""
KEPT = "log-break-kept"
_BREAK = "log-{}-break.json"
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
        """Call people to each broken log that has no incident yet, and keep its evidence."""
        for broken in self.breaks():
            self._call(broken)
            self._keep(broken)

    def breaks(self) -> tuple[Break, ...]:
        """Return what is written outside the database of each log that broke."""
        found = (self.logs.broken(number) for number in range(1, self.logs.number))
        return tuple(broken for broken in found if broken is not None)

    def alarms(self) -> tuple[AlertReport, ...]:
        """Return the alert of each broken log: one that has no incident was told to nobody."""
        return tuple(self._alarm(broken) for broken in self.breaks())

    def _call(self, broken: Break) -> None:
        report = self._alarm(broken)
        with self.store.reading() as shelves:
            if incident_of(shelves, report) is not None:
                return
        with self.store.transaction() as shelves:
            shelves.lock(TOLD)
            # A mark that people were told could have been written by anybody; the incident is asked for.
            if incident_of(shelves, report) is None:
                begin_anew(shelves, report, self.clock.now())
                self.take.own(shelves, [report])

    def _keep(self, broken: Break) -> None:
        name = str(broken.number)
        with self.store.reading() as shelves:
            incident = incident_of(shelves, self._alarm(broken))
            if incident is None:
                return
            known = {each.name for each in shelves.exhibits.of_incident(incident.incident_id)}
            is_kept = name in shelves.marks.of(KEPT, [name]) and _BREAK.format(name) in known
        if is_kept:
            return
        self._keep_all(broken, incident.incident_id)
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
            (
                _BREAK.format(broken.number),
                "application/json",
                "The break as found",
                lambda: [written(broken)],
            ),
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


def incident_of(shelves: Shelves, report: AlertReport) -> Incident | None:
    """Return the incident that a report of ours about the log opened, None where it opened none.

    One that had ended before, or is of another type, was not opened by it: somebody put it there.
    """
    alert = shelves.alerts.latest(fingerprint_of(report))
    if alert is None or alert.incident_id is None:
        return None
    incident = shelves.incidents.get(alert.incident_id)
    if incident is None or incident.drill or incident.type != report.labels["incident_type"]:
        return None
    began, ended = report.starts_at, incident.resolved_at
    had_ended = began is not None and ended is not None and ended < began
    return None if had_ended else incident


def begin_anew(shelves: Shelves, report: AlertReport, now: datetime) -> None:
    """End an alert of ours that stands without its incident, so that the next report opens one."""
    alert = shelves.alerts.latest(fingerprint_of(report))
    if alert is not None and incident_of(shelves, report) is None:
        shelves.alerts.save(replace(alert, incident_id=None, ends_at=min(alert.ends_at, now), over=True))


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
