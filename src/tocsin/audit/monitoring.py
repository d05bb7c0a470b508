"""Judges each minute what can be seen of the log: is it guarded, does it grow, is anything missing?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from tocsin.audit.sealing import CHECKPOINT_EVERY, HEARTBEAT_EVERY
from tocsin.domain.alert import AlertReport

SOURCE = "audit"
STALE = 2 * HEARTBEAT_EVERY + CHECKPOINT_EVERY
"""A log that was not signed for so long has missed two heartbeats."""
SKEW = timedelta(seconds=30)
STUCK = timedelta(seconds=60)
LEASE = timedelta(minutes=10)
LATCHED = timedelta(days=3650)
_NONE: Mapping[str, str] = MappingProxyType({})


class Concern(StrEnum):
    """What may be wrong with a log of which no entry is broken."""

    UNGUARDED = "unguarded"
    REBUILT = "rebuilt"
    CHANGED = "changed"
    FORGED = "forged"
    MISSING = "missing"
    STRAY = "stray"
    UNVOUCHED = "unvouched"
    FOREIGN = "foreign"
    POISONED = "poisoned"
    REWRITTEN = "rewritten"
    UNSEEN = "unseen"
    STALE = "stale"
    SKEWED = "skewed"
    STUCK = "stuck"

    @property
    def is_tampering(self) -> bool:
        """Say whether somebody did it, as far as we know; the others may be mishaps."""
        return self not in (Concern.STALE, Concern.SKEWED, Concern.STUCK, Concern.UNSEEN)

    @property
    def passes(self) -> bool:
        """Say whether it is over once it is not seen any more; what somebody did stays done."""
        return not self.is_tampering


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one look saw of the log that is written to.

    `waiting` are the inbox's lines of ours. `missing_guards`, `tables`, `traces` and `rewritten` are as the
    database tells; `unseen` says in a sentence why it does not. `database_now` is its clock, if it has one.
    `forged` and `strays` count lines that are not ours, `gaps` are sentences on lines that vanished,
    `unvouched` one on a checkpoint that is damaged or gone. `strange_guards` and `gone_tables` are what sits
    on Tocsin's tables and is not ours, and tables that are not there. `poisoned` are sentences on what was
    remembered and cannot be as Tocsin wrote it. `begun_at` is when the log that is written to took over from
    one that broke, None for the first.
    """

    now: datetime
    log: int
    size: int
    waiting: int
    signed_at: datetime | None
    database_now: datetime | None = None
    missing_guards: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=lambda: _NONE)
    traces: tuple[str, ...] = ()
    rewritten: int | None = None
    unseen: str = ""
    is_forged: bool = False
    strays: int = 0
    gaps: tuple[str, ...] = ()
    unvouched: str = ""
    strange_guards: tuple[str, ...] = ()
    gone_tables: tuple[str, ...] = ()
    poisoned: tuple[str, ...] = ()
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is remembered from look to look; `since` is when the monitor began."""

    since: datetime
    log: int = 1
    size: int = 0
    stuck_since: datetime | None = None
    tables: Mapping[str, str] = field(default_factory=lambda: _NONE)
    traces: int = 0
    rewritten: int | None = None


def looked(watch: Watch, sight: Sight) -> tuple[Watch, dict[Concern, str]]:
    """Judge a look; return what to remember, and what is of concern, each in a sentence."""
    found = {**_of_guards(watch, sight), **_of_lines(sight), **_of_time(watch, sight)}
    moved = sight.log != watch.log or sight.size != watch.size or not sight.waiting
    stuck_since = None if moved else watch.stuck_since or sight.now
    if stuck_since is not None and sight.now - stuck_since >= STUCK:
        found[Concern.STUCK] = (
            f"{sight.waiting} lines wait for their place in the log, and none got one for "
            f"{(sight.now - stuck_since).total_seconds():.0f} s."
        )
    kept = replace(
        watch,
        log=sight.log,
        size=sight.size,
        stuck_since=stuck_since,
        tables=sight.tables or watch.tables,
        traces=max(watch.traces, len(sight.traces)),
        rewritten=watch.rewritten if sight.rewritten is None else sight.rewritten,
    )
    return kept, found


def must_verify(watch: Watch, sight: Sight) -> bool:
    """Say whether the whole log must be read at once: it shrank, or the database counted changed rows."""
    shrank = sight.log == watch.log and sight.size < watch.size
    counted = watch.rewritten is not None and sight.rewritten not in (None, watch.rewritten)
    return shrank or counted


def gaps(known: dict[int, int], stamps: Iterable[tuple[int, int]], *, is_whole: bool) -> tuple[str, ...]:
    """Count lines of each writer on (`known` is changed in place); return a sentence for each gap.

    `is_whole` says that `known` was counted from the first line of the first log on, so that a writer that is
    not in it must begin with 1.
    """
    found = []
    for writer, counter in stamps:
        expected = known[writer] + 1 if writer in known else (1 if is_whole else counter)
        if counter != expected:
            lost = f"line {expected}" if counter == expected + 1 else f"lines {expected} to {counter - 1}"
            found.append(
                f"Writer {writer:016x}: {lost} vanished before it got a place in the log."
                if counter > expected
                else f"Writer {writer:016x}: line {counter} stands behind line {expected - 1}."
            )
        known[writer] = max(counter, known.get(writer, 0))
    return tuple(found)


def report(concern: Concern, sentence: str, now: datetime, *, is_over: bool = False) -> AlertReport:
    """Return the alert of a concern, its renewal, or its end."""
    names = ("TocsinAuditTampering", "critical", "audit-integrity")
    if not concern.is_tampering:
        names = ("TocsinLogNotInOrder", "high", "service-degradation")
    alertname, severity, incident_type = names
    ends_at = now + (LEASE if concern.passes else LATCHED)
    return AlertReport(
        source=SOURCE,
        labels={
            "alertname": alertname,
            "severity": severity,
            "incident_type": incident_type,
            "service": "audit",
            "concern": concern.value,
        },
        annotations={"summary": f"The audit log: {concern.value}", "description": sentence},
        ends_at=now if is_over else ends_at,
    )


def _of_guards(watch: Watch, sight: Sight) -> dict[Concern, str]:
    found = {}
    if sight.unseen:
        found[Concern.UNSEEN] = sight.unseen
    if sight.missing_guards:
        names = ", ".join(sight.missing_guards)
        found[Concern.UNGUARDED] = f"Triggers that guard the log are gone, disabled or weakened: {names}."
    others = [name for name, which in watch.tables.items() if sight.tables.get(name, which) != which]
    gone = [name for name in watch.tables if sight.tables and name not in sight.tables]
    if lost := sorted({*others, *gone, *sight.gone_tables}):
        found[Concern.REBUILT] = f"Tables of Tocsin were replaced or removed: {', '.join(lost)}."
    if sight.strange_guards:
        found[Concern.FOREIGN] = (
            "Somebody put something on tables of Tocsin that can swallow or change what is written: "
            f"{', '.join(sight.strange_guards[:10])}."
        )
    if len(sight.traces) > watch.traces:
        found[Concern.CHANGED] = (
            f"Somebody changed the tables of the log: {'; '.join(sight.traces[watch.traces :][-5:])}."
        )
    return found


def _of_lines(sight: Sight) -> dict[Concern, str]:
    found = {}
    if sight.is_forged:
        found[Concern.FORGED] = (
            "A line that Tocsin did not write waits in the inbox of the log; it gets no place."
        )
    if sight.gaps:
        found[Concern.MISSING] = " ".join(sight.gaps[:5])
    if sight.strays:
        found[Concern.STRAY] = f"{sight.strays} lines stand where no log is that was ever opened."
    if sight.unvouched:
        found[Concern.UNVOUCHED] = sight.unvouched
    if sight.poisoned:
        found[Concern.POISONED] = " ".join(sight.poisoned[:5])
    return found


def _of_time(watch: Watch, sight: Sight) -> dict[Concern, str]:
    found = {}
    begun = sight.begun_at or watch.since
    signed = max(watch.since, begun, sight.signed_at or watch.since)
    if sight.now - signed > STALE:
        found[Concern.STALE] = f"The log was not signed since {signed:%Y-%m-%d %H:%M:%S} UTC."
    ahead = sight.signed_at is not None and sight.signed_at - sight.now > SKEW
    if sight.database_now is not None and abs(sight.database_now - sight.now) > SKEW:
        seconds = (sight.database_now - sight.now).total_seconds()
        found[Concern.SKEWED] = f"The clock of the database and ours differ by {seconds:.0f} s."
    elif ahead:
        found[Concern.SKEWED] = "The last checkpoint was signed at a time that is yet to come."
    return found
