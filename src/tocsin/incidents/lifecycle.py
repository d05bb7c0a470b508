"""The one table of moves between the states of an incident, and everything else a person may do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tocsin.domain.alert import Alert
from tocsin.domain.errors import Explained
from tocsin.domain.incident import ClockKind, Incident, Status
from tocsin.domain.person import Permission, is_username
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.incidents import clocks
from tocsin.incidents.changed import TOCSIN, Changed, line
from tocsin.incidents.clock_policy import ClockPolicy

MAX_TEXT_CHARACTERS = 20_000
"""The most a note or a reason may hold."""
ONE_BY_ONE = 3
"""Up to so many alerts at once have a line each; more are told in one, or a burst would bury the rest."""
MOST_SPANS = 20
_COMMAND_LINE = "cli:"


class MoveRefused(Explained):
    """The incident's state does not allow what was asked for."""

    code = "move_refused"


class ReasonMissing(MoveRefused):
    """This change must be explained by the person who makes it."""

    code = "reason_missing"


class TextTooLong(MoveRefused):
    """A note or a reason is longer than a timeline can hold; it is refused whole rather than cut."""

    code = "text_too_long"


class UnknownCommander(MoveRefused):
    """An incident cannot be given to somebody who cannot sign in and respond."""

    code = "unknown_commander"

    def __init__(self, username: str) -> None:
        super().__init__(
            f"Nobody who may respond has the username {username[:80]!r}.",
            means="The incident stays with whom it was.",
            next_step="Choose somebody whom `tocsin person list` shows as commander, responder or admin.",
        )


class OnlyPeopleClose(MoveRefused):
    """A token, an integration or Tocsin itself wanted to end an incident that only a person may end."""

    code = "only_people_close"

    def __init__(self, incident: Incident, to: Status, by: str) -> None:
        super().__init__(
            f"{incident.short_name} is of type {incident.type}, and {by[:80]} is no person.",
            means=f"It does not become {to}: only a person ends an incident of this type.",
            next_step="Sign in to the console, or use `tocsin incident move` on the server.",
        )


def is_by_person(actor: str) -> bool:
    """Say whether a person acts: somebody signed in, or whoever has a shell as Tocsin's user (`cli:ada`)."""
    return actor.startswith(_COMMAND_LINE) or (is_username(actor) and actor != TOCSIN)


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move: who may make it, and whether they must say why."""

    origin: Status
    to: Status
    permission: Permission = Permission.RESPOND
    needs_reason: bool = False


MOVES = (
    Move(Status.OPEN, Status.INVESTIGATING),
    Move(Status.OPEN, Status.MITIGATED),
    Move(Status.OPEN, Status.RESOLVED, needs_reason=True),
    Move(Status.INVESTIGATING, Status.MITIGATED),
    Move(Status.INVESTIGATING, Status.RESOLVED),
    Move(Status.MITIGATED, Status.INVESTIGATING, needs_reason=True),
    Move(Status.MITIGATED, Status.RESOLVED),
    Move(Status.RESOLVED, Status.INVESTIGATING, needs_reason=True),
    Move(Status.RESOLVED, Status.CLOSED, permission=Permission.COMMAND),
)
"""Resolved may be opened again with a reason; closed is final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a new incident is made of. `reasons` are triage's sentences; `by` is a person or `tocsin`."""

    incident_id: UUID
    number: int
    title: str
    severity: Severity
    type: str
    group_key: str
    detected_at: datetime
    description: str = ""
    services: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    drill: bool = False
    by: str = TOCSIN


def moves_from(status: Status) -> tuple[Move, ...]:
    """Return the moves that lead out of a status, as buttons may show them."""
    return tuple(move for move in MOVES if move.origin is status)


def allowed_move(incident: Incident, to: Status) -> Move:
    """Return the move to `to`, with the permission it needs. Raises `MoveRefused`."""
    possible = moves_from(incident.status)
    for one in possible:
        if one.to is to:
            return one
    names = ", ".join(one.to for one in possible)
    raise MoveRefused(
        f"{incident.short_name} is {incident.status} and cannot become {to}.",
        means="Nothing was changed.",
        next_step=f"From here it can become: {names}." if names else "Open a new incident; closed is final.",
    )


def open_incident(opening: Opening, now: datetime, policy: ClockPolicy) -> Changed:
    """Open an incident: its first line says what and why, and its clocks start."""
    incident = Incident(
        incident_id=opening.incident_id,
        number=opening.number,
        title=opening.title,
        severity=opening.severity,
        type=opening.type,
        status=Status.OPEN,
        group_key=opening.group_key,
        detected_at=opening.detected_at,
        opened_at=now,
        description=opening.description,
        services=opening.services,
        clocks=clocks.started(opening.severity, now, policy),
        drill=opening.drill,
    )
    practice = "This is a drill. " if opening.drill else ""
    said = f"{practice}Opened as {opening.severity.label}, type {opening.type}: {opening.title}"
    text = "\n".join((said, *opening.reasons))
    return Changed(
        incident=incident, entries=(line(incident, Happening.OPENED, text, by=opening.by, now=now),)
    )


def join(
    incident: Incident,
    alerts: Sequence[Alert],
    now: datetime,
    policy: ClockPolicy,
    raise_to: Severity | None = None,
) -> Changed:
    """Add alerts to the incident; its severity rises to `raise_to`, and never falls this way."""
    texts = [f"{each.short_name} from {each.source} joined: {each.title}" for each in alerts]
    if len(alerts) > ONE_BY_ONE:
        texts = [f"{len(alerts)} alerts joined at once, {spans(alerts)}. The first: {alerts[0].title}"]
    joined = _lines(incident, Happening.ALERT_JOINED, texts, now)
    if raise_to is None or not raise_to.is_worse_than(incident.severity):
        return joined
    because = alerts[0].short_name if len(alerts) == 1 else f"{len(alerts)} alerts that joined"
    return joined.then(_rated(incident, raise_to, f"because of {because}", TOCSIN, now, policy))


def alerts_resolved(incident: Incident, alerts: Sequence[Alert], now: datetime) -> Changed:
    """Write down that some of the incident's alerts are over."""
    texts = [
        f"{each.short_name} from {each.source} ended at {each.ends_at:%Y-%m-%d %H:%M:%S} UTC: {each.title}"
        for each in alerts
    ]
    if len(alerts) > ONE_BY_ONE:
        texts = [f"{len(alerts)} alerts ended, {spans(alerts)}."]
    return _lines(incident, Happening.ALERT_RESOLVED, texts, now)


def spans(alerts: Sequence[Alert]) -> str:
    """Return the names of alerts, runs of numbers as `ALR-3 to ALR-66`, at most `MOST_SPANS` of them."""
    runs: list[list[int]] = []
    for number in sorted(each.number for each in alerts):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told = [f"ALR-{first}" if first == last else f"ALR-{first} to ALR-{last}" for first, last in runs]
    more = f" and {len(told) - MOST_SPANS} more runs" if len(told) > MOST_SPANS else ""
    return ", ".join(told[:MOST_SPANS]) + more


def _lines(incident: Incident, kind: Happening, texts: Sequence[str], now: datetime) -> Changed:
    entries = tuple(line(incident, kind, text, by=TOCSIN, now=now) for text in texts)
    return Changed(incident=incident, entries=entries)


def acknowledge(incident: Incident, person: str, now: datetime, via: str = "") -> Changed:
    """A person says that they have it: open becomes investigating, and they command it if nobody does.

    An actor with a colon (`cli:root`, `token:4`) is no person: it stops the calls and commands nothing.
    A second acknowledgement changes nothing, whoever sends it. `via` says by which way it came
    (`the link in the page`). Raises `MoveRefused` for a closed incident that nobody had acknowledged.
    """
    if incident.acknowledged_at is not None:
        return Changed(incident=incident)
    _refuse_closed(incident, "acknowledged")
    takes_command = incident.commander is None and ":" not in person
    status = Status.INVESTIGATING if incident.status is Status.OPEN else incident.status
    now_theirs = replace(
        incident,
        acknowledged_at=now,
        acknowledged_by=person,
        status=status,
        commander=person if takes_command else incident.commander,
    )
    text = f"Acknowledged by {person}" + (f" through {via}." if via else ".")
    if takes_command:
        text += f" {person} commands it."
    entry = line(incident, Happening.ACKNOWLEDGED, text, by=person, now=now)
    acknowledged = Changed(incident=now_theirs, entries=(entry,))
    return acknowledged.then(clocks.met(now_theirs, ClockKind.ACKNOWLEDGE, now, person))


def assign(incident: Incident, to: str, *, by: str, now: datetime) -> Changed:
    """Give the command to a person; nothing changes if they have it.

    Whether the person has an account is for the caller to check. Raises `MoveRefused` when closed,
    `UnknownCommander` for what cannot be anybody's username.
    """
    if not is_username(to):
        raise UnknownCommander(to)
    if incident.commander == to:
        return Changed(incident=incident)
    _refuse_closed(incident, "assigned")
    before = f", before {incident.commander}" if incident.commander else ""
    entry = line(incident, Happening.ASSIGNED, f"{to} commands it{before}.", by=by, now=now)
    return _worked_on(Changed(incident=replace(incident, commander=to), entries=(entry,)), by, now)


def change_severity(
    incident: Incident, severity: Severity, *, by: str, now: datetime, policy: ClockPolicy, reason: str = ""
) -> Changed:
    """Rate the incident anew; its clocks follow. Lowering needs a reason.

    Raises `MoveRefused` when closed, `ReasonMissing`, `TextTooLong`.
    """
    _refuse_long(reason)
    if incident.severity is severity:
        return Changed(incident=incident)
    _refuse_closed(incident, "rated anew")
    if incident.severity.is_worse_than(severity):
        _demand_reason(incident, reason, f"lowered to {severity.label}")
    because = f"because: {reason.strip()}" if reason.strip() else ""
    return _worked_on(_rated(incident, severity, because, by, now, policy), by, now)


def note(incident: Incident, text: str, *, by: str, now: datetime) -> Changed:
    """Write a line of a person into the timeline, of at most 20,000 characters; allowed in every state.

    Raises `ReasonMissing` for an empty one, `TextTooLong`.
    """
    _refuse_long(text)
    if not text.strip():
        raise ReasonMissing(
            "The note is empty.", means="Nothing was written.", next_step="Write at least a word."
        )
    entry = line(incident, Happening.NOTE, text.strip(), by=by, now=now)
    return _worked_on(Changed(incident=incident, entries=(entry,)), by, now)


def move(
    incident: Incident, to: Status, *, by: str, now: datetime, policy: ClockPolicy, reason: str = ""
) -> Changed:
    """Move the incident along the table. A person who moves it has acknowledged it by that.

    Resolving starts the review clocks; opening again ends them. Raises `MoveRefused`, `ReasonMissing`,
    `TextTooLong`.
    """
    _refuse_long(reason)
    chosen = allowed_move(incident, to)
    if chosen.needs_reason:
        _demand_reason(incident, reason, f"moved from {incident.status} to {to}")
    before = Changed(incident=incident)
    if by != TOCSIN and (incident.status.is_active or to.is_active):
        before = acknowledge(incident, by, now)
    because = f": {reason.strip()}" if reason.strip() else "."
    entry = line(incident, Happening.MOVED, f"{incident.status} → {to}{because}", by=by, now=now)
    moved = Changed(incident=replace(before.incident, status=to), entries=(entry,))
    worked = before.then(_worked_on(moved, by, now))
    return worked.then(_after_move(worked.incident, incident.status, now, policy))


def quiet(
    incident: Incident, *, all_alerts_over: bool, resolve_when_quiet: bool, now: datetime, policy: ClockPolicy
) -> Changed:
    """Resolve an active incident whose alerts are all over, if its type may end by itself."""
    if not (all_alerts_over and resolve_when_quiet and incident.status.is_active):
        return Changed(incident=incident)
    return move(
        incident, Status.RESOLVED, by=TOCSIN, now=now, policy=policy, reason="all its alerts are over"
    )


def _after_move(incident: Incident, origin: Status, now: datetime, policy: ClockPolicy) -> Changed:
    if incident.status is Status.RESOLVED:
        ended = clocks.missed(incident, now)
        rest = clocks.without_running(ended.incident, ClockKind.ACKNOWLEDGE, ClockKind.ENGAGE)
        due = clocks.reviews(incident.severity, now, policy)
        return ended.then(Changed(incident=replace(rest, resolved_at=now, clocks=(*rest.clocks, *due))))
    if incident.status is Status.CLOSED:
        return Changed(incident=replace(incident, closed_at=now))
    if origin is Status.RESOLVED:
        again = clocks.without_running(incident, ClockKind.REVIEW)
        return Changed(incident=replace(again, resolved_at=None))
    return Changed(incident=incident)


def _rated(
    incident: Incident, severity: Severity, because: str, by: str, now: datetime, policy: ClockPolicy
) -> Changed:
    rated = replace(incident, severity=severity)
    text = f"{incident.severity.label} → {severity.label} {because}".strip()
    if incident.status.is_active:
        asked = incident
        if clocks.asks_again(incident, severity, policy):
            asked = replace(incident, acknowledged_at=None, acknowledged_by=None)
            text += f"\n{incident.acknowledged_by} had acknowledged it at {incident.severity.label} only."
        rated = replace(clocks.restarted(asked, severity, now, policy), severity=severity)
    return Changed(
        incident=rated, entries=(line(incident, Happening.SEVERITY_CHANGED, text, by=by, now=now),)
    )


def _worked_on(changed: Changed, by: str, now: datetime) -> Changed:
    """A person's act on an acknowledged incident shows that work has begun."""
    if by == TOCSIN or changed.incident.acknowledged_at is None:
        return changed
    return changed.then(clocks.met(changed.incident, ClockKind.ENGAGE, now, by))


def _refuse_closed(incident: Incident, done: str) -> None:
    if incident.status is Status.CLOSED:
        raise MoveRefused(
            f"{incident.short_name} is closed and cannot be {done}.",
            means="Nothing was changed.",
            next_step="Write a note on it, or open a new incident; closed is final.",
        )


def _refuse_long(text: str) -> None:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TextTooLong(
            f"The text has {len(text):,} characters; the timeline takes {MAX_TEXT_CHARACTERS:,}.",
            means="Nothing was written or changed.",
            next_step="Shorten it, or keep the long text as an exhibit and point to that.",
        )


def _demand_reason(incident: Incident, reason: str, done: str) -> None:
    if not reason.strip():
        raise ReasonMissing(
            f"{incident.short_name} cannot be {done} without a reason.",
            means="Nothing was changed.",
            next_step="Say in one sentence why; it is kept in the timeline.",
        )
