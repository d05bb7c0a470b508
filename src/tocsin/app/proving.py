"""Proves what is kept: the whole log against its signed heads, every exhibit against its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from uuid import UUID

from django.db import Error

from tocsin.audit.agreement import account_of, custody_faults, exhibit_faults, line_faults
from tocsin.audit.breach import Break, unless_frozen
from tocsin.audit.decisions import (
    Decisions,
    RecordFault,
    action_faults,
    bag_faults,
    hold_faults,
    standing_faults,
    stop_faults,
)
from tocsin.audit.export import export_lines
from tocsin.audit.note import parse_vkey
from tocsin.audit.trust import Trust
from tocsin.audit.verify import Verdict, unless_forged, verify
from tocsin.domain.entry import Checkpoint, Leaf, Stretch
from tocsin.domain.errors import Misconfigured
from tocsin.domain.incident import Incident
from tocsin.domain.ports.proof import LogShelf
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import TimelineEntry
from tocsin.flow.act_waits import STOP
from tocsin.store.lineage import Lineage
from tocsin.store.signer import FileSigner

LEAVES_AT_ONCE = 5000
# As many leaves of the greatest length stay below 100 MB.
_STRETCH = 1000
# The signer remembers a head a moment before it is stored.
INCIDENTS_AT_ONCE = 500
STORED_AFTER_S = 1.0


_UNREADABLE = (
    "The tables of incidents, timelines and exhibits cannot be read as Tocsin wrote them: one is missing, or "
    "holds a value of another type."
)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """Rows that are not what the sound log says: exhibits, and lines of timelines."""

    exhibits: tuple[RecordFault, ...]
    records: tuple[RecordFault, ...]

    @property
    def unreadable(self) -> tuple[RecordFault, ...]:
        """Return the fault of tables that cannot be read at all, which concerns every exhibit."""
        return tuple(each for each in self.records if not each.name)

    def of_exhibits(self, *, incident: str = "", name: str = "") -> tuple[RecordFault, ...]:
        """Return faults of exhibits, of one incident or one exhibit if it is named."""
        return tuple(
            each for each in self.exhibits if incident in ("", each.incident) and name in ("", each.name)
        )


@dataclass(frozen=True, slots=True)
class Proven:
    """What was found of one log of the line: where it was frozen, if it was, and whether it is sound."""

    number: int
    origin: str
    frozen: Break | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proving:
    """Reads only; nothing here can change the log."""

    store: Store
    logs: Lineage
    pause: Callable[[float], object] = sleep

    def verify(self) -> Verdict:
        """Verify all logs of the line; return the verdict on the first that is broken, else on the last."""
        return first_unsound(self.verify_all())

    def verify_all(self) -> tuple[Proven, ...]:
        """Verify each log of the line, the first one first; a frozen one is never sound again."""
        return tuple(self._proven(number) for number in range(1, self.logs.number + 1))

    def _proven(self, number: int) -> Proven:
        broken = self.logs.broken(number)
        verdict = unless_frozen(self.verdict(number), broken)
        if number == self.logs.number:
            with self.store.reading() as shelves:
                verdict = unless_forged(verdict, shelves.log.of(number).forged_waiting())
        return Proven(number, self.logs.origin_of(number), broken, verdict)

    def verdict(self, number: int) -> Verdict:
        """Verify one log as one consistent state, also against what its signer remembers.

        A line in the inbox that is not ours is no entry yet: it breaks nothing, and gets no place.
        """
        signer = self.logs.signer_of(number)
        if self._is_storing(number, signer):
            self.pause(STORED_AFTER_S)
        # Remembered before the look: whatever was signed by then is in the state that is read.
        kept = signer.last_signed
        is_last = number == self.logs.number
        with self.store.reading() as shelves:
            ours = shelves.log.of(number)
            forged: list[int] = []
            verdict = verify(
                _stretches(ours, forged),
                ours.checkpoints(),
                parse_vkey(signer.verifier_key),
                kept=kept,
                hashes=signer.hashes(),
                unsequenced=ours.waiting() if is_last else 0,
            )
            return unless_forged(verdict, min(forged, default=None))

    def disagreements(self) -> Disagreements:
        """Compare exhibits and timelines with the log, which must have been verified before."""
        try:
            with self.store.reading() as shelves:
                account = account_of(_contents(shelves))
                incidents = {each.incident_id: each.short_name for each in _incidents(shelves)}
                known = shelves.exhibits.all()
                places = {each.number: incidents.get(each.incident_id, "") for each in known}
                rows = ((places[each.number], each) for each in known)
                held = ((places.get(each.exhibit, ""), each) for each in shelves.exhibits.custody())
                exhibits = exhibit_faults(account, rows) + custody_faults(account, held)
                records = line_faults(account, _lines(shelves, incidents))
                records += _decision_faults(account.decisions, shelves, incidents)
        except (AttributeError, TypeError, ValueError, Error):
            # A table is gone, or whoever writes around us left a value of another type in one: a time that
            # SQLite lets be any text is read as none at all.
            return Disagreements((), (RecordFault("", "", _UNREADABLE),))
        return Disagreements(exhibits, records)

    def _is_storing(self, number: int, signer: FileSigner) -> bool:
        """Say whether the last checkpoint is remembered and not yet stored, as it is for a moment."""
        kept = signer.last_signed
        with self.store.reading() as shelves:
            stored = shelves.log.of(number).last_checkpoint()
        return kept.size > (stored.size if stored else 0)

    def export(self, number: int | None = None, trust: Trust | None = None) -> Iterator[bytes]:
        """Yield the lines of a file that verifies elsewhere, without our database.

        It is of the log that is written to, or of the one of this number, as it is. `trust` is how far the
        log that is written to can be believed now; of no other is it told.
        """
        chosen = self.logs.number if number is None else number
        vkey = parse_vkey(self.logs.signer_of(chosen).verifier_key)
        with self.store.reading() as shelves:
            ours = shelves.log.of(chosen)
            checkpoints: Iterable[Checkpoint] = ours.checkpoints()
            told = trust if chosen == self.logs.number else None
            broken = self.logs.broken(chosen)
            yield from export_lines(leaves_of(ours), checkpoints, vkey, told, broken)


def first_unsound(proven: Sequence[Proven]) -> Verdict:
    """Return the verdict on the first log of a line that is broken, else on the last one."""
    broken = (each.verdict for each in proven if not each.verdict.sound)
    return next(broken, proven[-1].verdict)


def demand_keys(store: Store, *paths: Path) -> None:
    """Let missing keys be made only for a log without entries; `Misconfigured` says which key is gone."""
    if all(path.exists() for path in paths):
        return
    with store.reading() as shelves:
        entries = shelves.log.size() + shelves.log.waiting()
    # Asked again after the look: another process may just have made the keys, and then written.
    gone = [path for path in paths if not path.exists()]
    if entries and gone:
        raise Misconfigured(
            f"The key {gone[0]} is gone, although the log has {entries} entries.",
            means="No new key is made: under it everything that was signed so far would look forged.",
            next_step=(
                f"Restore the folder {gone[0].parent} from its backup. Without one, keep this home and its "
                "database as they are, and begin a new log in a new home with another TOCSIN_LOG_ORIGIN."
            ),
        )


def _contents(shelves: Shelves) -> Iterator[bytes]:
    yield from (leaf.content for leaf in leaves_of(shelves.log))
    yield from shelves.log.waiting_contents()


def _incidents(shelves: Shelves) -> Iterator[Incident]:
    for offset in range(0, shelves.incidents.count(), INCIDENTS_AT_ONCE):
        yield from shelves.incidents.listed(limit=INCIDENTS_AT_ONCE, offset=offset)


def _decision_faults(
    told: Decisions, shelves: Shelves, incidents: Mapping[UUID, str]
) -> tuple[RecordFault, ...]:
    """Compare what people decided: actions with their consents, consents in advance, stops, bags, holds."""
    bags = [(name, bag) for known, name in incidents.items() for bag in shelves.bags.of_incident(known)]
    actions = [
        (name, each) for known, name in incidents.items() for each in shelves.actions.of_incident(known)
    ]
    return (
        *action_faults(told, actions),
        *standing_faults(told, shelves.actions.standing_for()),
        *stop_faults(told, shelves.marks.all(STOP)),
        *bag_faults(told, bags),
        *hold_faults(told, shelves.bags.holds()),
    )


def _lines(shelves: Shelves, incidents: Mapping[UUID, str]) -> Iterator[tuple[str, TimelineEntry]]:
    for incident_id, name in incidents.items():
        yield from ((name, line) for line in shelves.timeline.of_incident(incident_id))


def _stretches(log: LogShelf, forged: list[int]) -> Iterator[Stretch]:
    """Yield the whole log; put the indexes of forged entries into `forged`, of each stretch the first."""
    for start in range(0, max(log.size(), 0), _STRETCH):
        stretch = log.stretch(start, start + _STRETCH)
        if stretch.forged is not None:
            forged.append(stretch.forged)
        yield stretch


def leaves_of(log: LogShelf) -> Iterator[Leaf]:
    """Yield every leaf by index, also those that stand behind a gap."""
    stop = max(log.size(), 0)
    for start in range(0, stop, LEAVES_AT_ONCE):
        yield from log.leaves(start, start + LEAVES_AT_ONCE)
