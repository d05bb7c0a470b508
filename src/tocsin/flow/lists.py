"""Lists come by the calendar, and whoever comes on call is handed over what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from tocsin.domain.clock import Clock
from tocsin.domain.incident import Incident, Status
from tocsin.domain.person import Contact
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.flow.letters import Letter, post
from tocsin.flow.paging import Paging
from tocsin.flow.ready import Ready
from tocsin.oncall.lists import belongs, handover_text, incidents_text, latest, quiet_contact, taken_over
from tocsin.oncall.notices import Digest, DigestOf
from tocsin.oncall.readiness import digest_text
from tocsin.oncall.roster import Roster
from tocsin.oncall.schedules.duty import Turn
from tocsin.oncall.schedules.schedule import Schedule

LOOKED = "lists-looked"
REMEMBERED_EVERY = timedelta(minutes=10)
_ACTIVE = tuple(status for status in Status if status.is_active)
_MOST = 500
_LONGEST_SHIFT = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Lists:
    """Looks now and then; safe beside other processes: each list and each hand-over is posted once."""

    store: Store
    clock: Clock
    roster: Roster
    ready: Ready
    public_url: str
    interrupts: frozenset[str] = frozenset()

    def look(self) -> None:
        """Post what has become due since the last look. The first look ever only remembers the time."""
        now = self.clock.now()
        with self.store.reading() as shelves:
            before = _looked(shelves) or now
            changed = [one for one in self.roster.schedules.values() if self._turn(shelves, one, before, now)]
            is_new = _looked(shelves) is None
        due = [digest for digest in self.roster.digests if before < latest(digest, now)]
        if not (due or changed or is_new) and now - before < REMEMBERED_EVERY:
            return
        with self.store.transaction() as shelves:
            for digest in due:
                self._digest(shelves, digest, now)
            for schedule in changed:
                self._hand_over(shelves, schedule, before, now)
            Paging(self.roster).forget_old(shelves, now)
            shelves.marks.keep(LOOKED, {LOOKED: now.isoformat().encode()}, now)

    @staticmethod
    def _turn(shelves: Shelves, schedule: Schedule, before: datetime, now: datetime) -> Turn | None:
        overrides = shelves.overrides.between(before, now + _LONGEST_SHIFT, schedule.name)
        return taken_over(schedule, overrides, before, now)

    def _digest(self, shelves: Shelves, digest: Digest, now: datetime) -> None:
        at = latest(digest, now)
        if digest.of is DigestOf.READINESS:
            subject, text = "Who can be reached", digest_text(self.ready.standing(shelves))
        else:
            named = ", ".join(sorted(digest.severities))
            since = latest(digest, at - timedelta(seconds=1))
            incidents = shelves.incidents.listed(severities=tuple(sorted(digest.severities)), limit=_MOST)
            subject = f"Incidents of {named}"
            text = incidents_text(digest.severities, incidents, since)
        letter = Letter(event="digest", subject=subject, text=text, link=f"{self.public_url}/incidents")
        for contact in digest.tell:
            post(shelves, letter, contact, now, _name("digest", digest.name, contact, at))

    def _hand_over(self, shelves: Shelves, schedule: Schedule, before: datetime, now: datetime) -> None:
        turn = self._turn(shelves, schedule, before, now)
        contact = quiet_contact(self.roster, turn.person, self.interrupts) if turn else None
        incidents = self._open(shelves, schedule.name)
        if turn is None or contact is None or not incidents:
            return
        letter = Letter(
            event="handover",
            subject=f"You are on call: {len(incidents)} open incidents",
            text=handover_text(schedule, turn, incidents),
            link=f"{self.public_url}/incidents",
            person=turn.person,
        )
        post(shelves, letter, contact, now, _name("handover", schedule.name, contact, turn.until))

    def _open(self, shelves: Shelves, schedule: str) -> tuple[Incident, ...]:
        listed = shelves.incidents.listed(statuses=_ACTIVE, limit=_MOST)
        return tuple(each for each in listed if not each.drill and belongs(self.roster, each, schedule))


def _looked(shelves: Shelves) -> datetime | None:
    written = shelves.marks.of(LOOKED, [LOOKED]).get(LOOKED)
    return None if written is None else datetime.fromisoformat(written.decode())


def _name(kind: str, what: str, contact: Contact, at: datetime) -> str:
    """Return the name under which a letter is posted once, whoever looks."""
    whole = f"{what}|{contact.channel}|{contact.address}|{at.isoformat()}"
    return f"{kind}-{sha256(whole.encode()).hexdigest()[:32]}"
