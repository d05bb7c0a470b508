"""Somebody acts on an incident from a partner's side: who it is must be known here, or it is refused."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.incident import Incident, Status
from tocsin.domain.partner import ActKind, ActOutcome, PartnerAct
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.answers import answers_of
from tocsin.flow.call import Call
from tocsin.flow.record import held, note, record, tell
from tocsin.incidents import lifecycle
from tocsin.incidents.changed import Changed, line
from tocsin.incidents.clock_policy import ClockPolicy

LINK = "link"
CODE = "link-code"
CODE_LIVES = timedelta(minutes=30)
MOST_CODES = 1_000

_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_CODE_LENGTH = 10
_NUMBERED = re.compile(r"(?:tocsin-)?inc-([1-9][0-9]{0,8})", re.IGNORECASE)
_LONGEST_NAME = 120


class LinkCodeRefused(Explained):
    """A link code is unknown, was used before, or has expired (HTTP 410)."""

    code = "link_code_refused"
    status = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Somebody at a partner who is linked to an account, `who` being `slack:U024BE7LH`."""

    who: str
    username: str
    shown: str
    linked_at: str


@dataclass(frozen=True, slots=True)
class Partner:
    """The chapter of acts from outside. `may_respond` says whether a username may respond to incidents."""

    store: Store
    clock: Clock
    call: Call
    clocks: ClockPolicy
    may_respond: Callable[[str], bool]

    def perform(self, act: PartnerAct) -> ActOutcome:
        """Do what a person asks for, in a transaction of its own; see `perform_in`."""
        with self.store.transaction() as shelves:
            return self.perform_in(shelves, act)

    def perform_in(self, shelves: Shelves, act: PartnerAct) -> ActOutcome:
        """Do what a person asks for, or write down why not. Repeating an act changes nothing.

        Who is not linked is given a code, which a signed-in person confirms to be theirs.
        """
        now = self.clock.now()
        incident = named(shelves, act.incident)
        if incident is None:
            return self._refused(shelves, act, "There is no such incident here.", now)
        link = link_of(shelves, act.who)
        if link is None:
            code = make_code(shelves, act, now)
            told = f"You are not linked to an account yet, so {incident.short_name} was not changed."
            return self._refused(shelves, act, told, now, incident=incident.short_name, link_code=code)
        if not self.may_respond(link.username):
            told = f"{link.username} may not respond to incidents."
            return self._refused(shelves, act, told, now, incident=incident.short_name)
        incident = held(shelves, incident.incident_id)
        try:
            told = self._done(shelves, act, incident, link.username, now)
        except Explained as refusal:
            return self._refused(shelves, act, refusal.happened, now, incident=incident.short_name)
        return ActOutcome(act=act, is_done=True, told=told, incident=incident.short_name)

    def confirm(self, code: str, username: str) -> Linked:
        """A signed-in person says that a code was shown to them. Raises `LinkCodeRefused`."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(CODE)
            found = _asked(shelves, code, now)
            shelves.marks.drop(CODE, [found["who"]])
            return _linked(shelves, found["who"], found["shown"], username, username, now)

    def asked(self, code: str) -> tuple[str, str]:
        """Return (who, how the partner names them) behind a code, changing nothing. Raises as `confirm`."""
        with self.store.reading() as shelves:
            found = _asked(shelves, code, self.clock.now())
        return found["who"], found["shown"]

    def link(self, who: str, username: str, actor: str) -> Linked:
        """Link somebody at a partner to an account, by whoever administers this machine."""
        with self.store.transaction() as shelves:
            return _linked(shelves, who, "", username, actor, self.clock.now())

    def unlink(self, who: str, actor: str) -> None:
        """End a link. Raises `NotFound`."""
        with self.store.transaction() as shelves:
            if link_of(shelves, who) is None:
                raise NotFound(
                    f"Nobody is linked as {who[:_LONGEST_NAME]!r}.",
                    means="Nothing was changed.",
                    next_step="`tocsin person links` shows those who are.",
                )
            shelves.marks.drop(LINK, [who])
            facts = {"done": "partner unlinked"}
            note(shelves, Happening.ACCESS, at=self.clock.now(), actor=actor, subject=who, facts=facts)

    def links(self) -> tuple[Linked, ...]:
        """Return all links, by who."""
        with self.store.reading() as shelves:
            stored = shelves.marks.all(LINK)
        return tuple(_link(who, stored[who]) for who in sorted(stored))

    def _done(self, shelves: Shelves, act: PartnerAct, incident: Incident, by: str, now: datetime) -> str:
        """Return what to tell the person once it is done."""
        if act.kind is ActKind.ACKNOWLEDGE:
            acknowledged = self.call.acknowledge_in(shelves, incident, by, act.partner, now)
            answers = answers_of(shelves, acknowledged)
            if answers.still_needed:
                return f"{incident.short_name}: {answers.words}. The others are still called."
            return f"{incident.short_name} is acknowledged by {by}."
        if act.kind is ActKind.RESOLVE:
            if not incident.status.is_active:
                return f"{incident.short_name} is {incident.status} already."
            reason = act.text or f"resolved by {by} in {act.partner}"
            changed = lifecycle.move(
                incident, Status.RESOLVED, by=by, now=now, policy=self.clocks, reason=reason
            )
            self._record(shelves, incident, changed, now)
            return f"{incident.short_name} is resolved by {by}."
        if act.kind is ActKind.NOTE:
            record(shelves, lifecycle.note(incident, act.text, by=by, now=now))
            return f"Your note stands in {incident.short_name}."
        return self._escalated(shelves, act, incident, by, now)

    def _escalated(
        self, shelves: Shelves, act: PartnerAct, incident: Incident, by: str, now: datetime
    ) -> str:
        if not self.call.hasten(shelves, incident, now):
            raise NotFound(
                f"{incident.short_name} has no further step to escalate to.",
                means="Nobody more was called.",
                next_step="Call the next person directly, and write a note.",
            )
        text = f"{by} asked in {act.partner} for the next step of the escalation."
        tell(shelves, incident, line(incident, Happening.ESCALATED, text, by=by, now=now))
        return f"The next step of {incident.short_name} is called now."

    def _record(self, shelves: Shelves, before: Incident, changed: Changed, now: datetime) -> None:
        self.call.follow(shelves, before, record(shelves, changed), now)

    def _refused(
        self,
        shelves: Shelves,
        act: PartnerAct,
        told: str,
        now: datetime,
        *,
        incident: str = "",
        link_code: str = "",
    ) -> ActOutcome:
        facts = {"act": act.kind.value, "reason": told}
        note(shelves, Happening.REFUSED, at=now, actor=act.who[:_LONGEST_NAME], subject=incident, facts=facts)
        return ActOutcome(act=act, is_done=False, told=told, incident=incident, link_code=link_code)


def named(shelves: Shelves, name: str) -> Incident | None:
    """Return the incident that a partner names by its short name, its id, or our key of it; None for none."""
    numbered = _NUMBERED.fullmatch(name.strip())
    if numbered:
        return shelves.incidents.by_number(int(numbered.group(1)))
    try:
        incident_id = UUID(name.strip().removeprefix("tocsin-"))
    except ValueError:
        return None
    return shelves.incidents.get(incident_id)


def link_of(shelves: Shelves, who: str) -> Linked | None:
    """Return whom somebody at a partner is linked to, None for nobody."""
    stored = shelves.marks.of(LINK, [who]).get(who)
    return None if stored is None else _link(who, stored)


def make_code(shelves: Shelves, act: PartnerAct, now: datetime) -> str:
    """Make a code that links this person once, within 30 minutes, instead of any older one of theirs.

    Only its digest is kept. Empty when too many people wait: strangers may not fill the store.
    """
    shelves.marks.drop_older(CODE, now - CODE_LIVES)
    waiting = shelves.marks.all(CODE, MOST_CODES)
    if len(waiting) >= MOST_CODES and act.who not in waiting:
        return ""
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    until = (now + CODE_LIVES).isoformat()
    stored = {"who": act.who, "shown": act.shown[:_LONGEST_NAME], "until": until, "digest": _digest(code)}
    shelves.marks.keep(CODE, {act.who: json.dumps(stored).encode()}, now)
    return f"{code[:5]}-{code[5:]}"


def _asked(shelves: Shelves, code: str, now: datetime) -> Mapping[str, str]:
    digest = _digest(code)
    waiting = [json.loads(stored) for stored in shelves.marks.all(CODE, MOST_CODES).values()]
    found: dict[str, str] = next((each for each in waiting if each["digest"] == digest), {})
    if not found or datetime.fromisoformat(found["until"]) <= now:
        raise LinkCodeRefused(
            "This link code is unknown, was used before, or has expired.",
            means="Nobody was linked.",
            next_step="Act once more at the partner to be shown a new code; it lives for 30 minutes.",
        )
    return found


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter in _ALPHABET)
    return hashlib.sha256(plain.encode()).hexdigest()


def _linked(shelves: Shelves, who: str, shown: str, username: str, actor: str, now: datetime) -> Linked:
    stored = {"username": username, "shown": shown, "at": now.isoformat()}
    shelves.marks.keep(LINK, {who: json.dumps(stored).encode()}, now)
    facts = {"done": "partner linked", "to": username}
    note(shelves, Happening.ACCESS, at=now, actor=actor, subject=who, facts=facts)
    return Linked(who=who, username=username, shown=shown, linked_at=now.isoformat())


def _link(who: str, stored: bytes) -> Linked:
    found = json.loads(stored)
    return Linked(who=who, username=found["username"], shown=found["shown"], linked_at=found["at"])
