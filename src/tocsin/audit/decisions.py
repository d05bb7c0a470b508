"""Compares with the log what people decided: consents, stops, bags and legal holds, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.audit.leaf import EntryUnreadable, as_logged, decode, fact_digest
from tocsin.domain.action import Action, ActionState, StandingApproval
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.entry import Entry
from tocsin.domain.timeline import Happening

STANDING = "standing approval "
_HOLDS = (b'"evidence.held"', b'"evidence.released"')
_BEGUN = (ActionState.BEGUN, ActionState.DONE, ActionState.UNKNOWN, ActionState.UNDONE)
"""States that no action reaches but by its entry `action.begun`."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """One row that is not what the log says: `name` and `incident` are short names, `sentence` says how."""

    name: str
    incident: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Logged:
    """An entry with the SHA-256 of its facts."""

    index: int
    entry: Entry
    facts: Mapping[str, str]


@dataclass(slots=True)
class Decisions:
    """What people decided according to the log. Let it hear every entry, in order."""

    actions: dict[str, _Logged] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    consents: set[tuple[str, str, str]] = field(default_factory=set)
    standing: dict[str, _Logged] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    stops: dict[str, _Logged] = field(default_factory=dict)
    bags: dict[str, _Logged] = field(default_factory=dict)
    holds: dict[str, _Logged] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)

    def hear(self, index: int, entry: Entry, facts: Mapping[str, str]) -> None:
        """Take one entry; of a kind that decides nothing it takes nothing."""
        logged, told = _Logged(index, entry, facts), entry.facts
        if entry.kind == Happening.STANDING_GIVEN:
            self.standing[entry.subject] = logged
        elif entry.kind == Happening.STANDING_REVOKED:
            self.revoked.add(entry.subject)
        elif entry.kind == Happening.STOPPED:
            self.stops[entry.subject] = logged
        elif entry.kind == Happening.STARTED_AGAIN:
            self.stops.pop(entry.subject, None)
        elif entry.kind == Happening.BAG_PACKED:
            self.bags[told.get("bag", "")] = logged
        elif entry.kind == Happening.HELD:
            self.holds[told.get("hold", "")] = logged
            self.released.discard(told.get("hold", ""))
        elif entry.kind == Happening.RELEASED:
            self.released.add(told.get("hold", ""))
        elif "action" in told and "digest" in told:
            self._hear_action(logged)

    def _hear_action(self, logged: _Logged) -> None:
        entry, told = logged.entry, logged.entry.facts
        name, digest = told["action"], told["digest"]
        if entry.kind == Happening.ACTION_PROPOSED:
            self.actions[name] = logged
        elif entry.kind == Happening.ACTION_APPROVED:
            self.consents.add((name, told.get("person", entry.actor), digest))
        elif entry.kind == Happening.ACTION_BEGUN:
            self.begun.add(name)

    @property
    def in_force(self) -> dict[str, _Logged]:
        """Return the legal holds that the log knows and no entry released, by their short names."""
        return {name: held for name, held in self.holds.items() if name not in self.released}


def holds_of(contents: Iterable[bytes]) -> dict[str, str]:
    """Return the legal holds in force according to the log: for each its incident, empty for any.

    Only entries that speak of holds are read, so that a long log is gone through quickly.
    """
    told = Decisions()
    for index, content in enumerate(contents):
        if any(kind in content for kind in _HOLDS):
            try:
                told.hear(index, decode(content), {})
            except EntryUnreadable:
                continue
    return {name: held.entry.subject for name, held in told.in_force.items()}


def action_faults(told: Decisions, rows: Iterable[tuple[str, Action]]) -> tuple[RecordFault, ...]:
    """Compare actions, each with its incident's short name: none has come further than the log says."""
    missing, faults = dict(told.actions), []
    for incident, action in rows:
        name = action.short_name
        faults += [RecordFault(name, incident, f"{name}: {each}") for each in _overstated(told, action)]
        missing.pop(name, None)
    for name, logged in missing.items():
        sentence = f"{name} is missing: entry {logged.index} of the log says that it was proposed."
        faults.append(RecordFault(name, logged.entry.subject, sentence))
    return tuple(faults)


def _overstated(told: Decisions, action: Action) -> Iterator[str]:
    name = action.short_name
    if name not in told.actions:
        yield "it is not in the log; nobody proposed it by way of Tocsin."
        return
    if action.state in _BEGUN and name not in told.begun:
        yield f"its row says {action.state}, and no entry of the log says that it began."
    for each in action.approvals:
        if (name, as_logged(each.person), each.digest) not in told.consents:
            yield f"its row has the consent of {each.person}, of which no entry of the log knows."


def standing_faults(told: Decisions, rows: Iterable[StandingApproval]) -> tuple[RecordFault, ...]:
    """Compare consents in advance, both ways."""
    missing, faults = dict(told.standing), []
    for row in rows:
        name = f"{STANDING}{row.number}"
        logged = missing.pop(name, None)
        if logged is None:
            faults.append(RecordFault(name, "", f"The {name} is not in the log; nobody gave it."))
        elif (logged.entry.actor, logged.facts.get("action"), logged.facts.get("until")) != (
            as_logged(row.person),
            fact_digest(row.action),
            fact_digest(row.expires_at.isoformat()),
        ):
            faults.append(
                RecordFault(name, "", f"The {name} is not as entry {logged.index} of the log has it.")
            )
        elif name in told.revoked and row.revoked_at is None:
            faults.append(
                RecordFault(name, "", f"The {name} was revoked, says the log, and its row does not.")
            )
    for name, logged in missing.items():
        faults.append(RecordFault(name, "", f"The {name} is gone; entry {logged.index} of the log has it."))
    return tuple(faults)


def stop_faults(told: Decisions, scopes: Iterable[str]) -> tuple[RecordFault, ...]:
    """Compare what is stopped now, by scope, both ways."""
    now = set(scopes)
    lifted = [
        RecordFault(
            scope, "", f"{scope} is stopped, says entry {logged.index} of the log, and no row holds the stop."
        )
        for scope, logged in told.stops.items()
        if scope not in now
    ]
    made = [
        RecordFault(scope, "", f"{scope} is stopped, and no entry of the log says by whom.")
        for scope in sorted(now - told.stops.keys())
    ]
    return (*lifted, *made)


def bag_faults(told: Decisions, rows: Iterable[tuple[str, Bag]]) -> tuple[RecordFault, ...]:
    """Compare bags, each with its incident's short name, both ways."""
    missing, faults = dict(told.bags), []
    for incident, bag in rows:
        name = bag.short_name
        logged = missing.pop(name, None)
        if logged is None:
            faults.append(RecordFault(name, incident, f"{name} is not in the log; nobody packed it."))
        elif (logged.facts.get("digest"), logged.facts.get("archive"), logged.entry.subject) != (
            fact_digest(bag.digest),
            fact_digest(bag.archive),
            incident,
        ):
            sentence = f"{name} is not as entry {logged.index} of the log has it."
            faults.append(RecordFault(name, logged.entry.subject, sentence))
    for name, logged in missing.items():
        sentence = f"{name} is missing: entry {logged.index} of the log says that it was packed."
        faults.append(RecordFault(name, logged.entry.subject, sentence))
    return tuple(faults)


def hold_faults(told: Decisions, rows: Iterable[LegalHold]) -> tuple[RecordFault, ...]:
    """Compare legal holds: one that the log knows holds on, whatever its row says."""
    kept = {f"LH-{row.number}" for row in rows if row.released_at is None}
    lost = [
        RecordFault(
            name,
            held.entry.subject,
            f"Legal hold {name} is in force, says entry {held.index} of the log, and no row holds it.",
        )
        for name, held in told.in_force.items()
        if name not in kept
    ]
    made = [
        RecordFault(name, "", f"Legal hold {name} is not in the log; nobody placed it.")
        for name in sorted(kept - told.holds.keys())
    ]
    return (*lost, *made)
