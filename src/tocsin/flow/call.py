"""People are called, step by step, until somebody acknowledges; others are told; why is written down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.domain.alert import AlertLine
from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident, Status
from tocsin.domain.job import Job, JobState
from tocsin.domain.page import Page
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.answers import answers_of, ask_for, forget_answers, keep_answers
from tocsin.flow.paging import Paging, withdraw
from tocsin.flow.record import held, record, tell
from tocsin.flow.telling import Telling
from tocsin.incidents import lifecycle
from tocsin.incidents.changed import TOCSIN, line
from tocsin.oncall import escalation, links
from tocsin.oncall.answers import Answers
from tocsin.oncall.escalation import At, Situation
from tocsin.oncall.follow_ups import Manners
from tocsin.oncall.notices import NoticeEvent
from tocsin.oncall.policies import Policy
from tocsin.oncall.roster import Roster
from tocsin.oncall.routing import policy_for

ESCALATE = "escalate"
_SHIFT_AT_MOST = timedelta(days=62)
"""How far ahead overrides are read, so that it can be told until when somebody is on call."""


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """What a page's link shows before anything is pressed."""

    page: Page
    incident: Incident


@dataclass(frozen=True, slots=True)
class Call:
    """The chapter of calling. `link_key` signs the links in pages."""

    store: Store
    clock: Clock
    roster: Roster
    link_key: bytes
    manners: Manners = field(default_factory=Manners)

    @property
    def paging(self) -> Paging:
        """Return what puts pages on their way."""
        return Paging(self.roster)

    @property
    def telling(self) -> Telling:
        """Return what puts notices on their way."""
        return Telling(self.paging, self.manners)

    def begin(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """An incident opened: its policy is found, the calls begin, and those who want to know are told."""
        if self.roster.routes:
            incident = self._routed(shelves, incident, now)
        self.telling.tell(shelves, incident, NoticeEvent.OPENED, now)
        if escalation.starts(self._policy(incident), incident.severity):
            self._first_step(shelves, incident, now)

    def follow(self, shelves: Shelves, before: Incident, after: Incident, now: datetime) -> None:
        """An incident changed: a worse severity calls anew, an end stops the calls and is told."""
        if self.roster.routes and before.severity is not after.severity:
            after = self._routed(shelves, after, now)
        is_taken = before.acknowledged_at is None and after.acknowledged_at is not None
        ends = before.status.is_active and after.status is Status.RESOLVED
        if ends:
            self._say_that_nobody_was_called(shelves, after, now)
            shelves.jobs.drop(_escalation_key(after))
            withdraw(shelves, after, f"{after.short_name} is {after.status}", now)
            ends_calls = before.acknowledged_at is None or not answers_of(shelves, before).are_enough
            self.telling.tell(shelves, after, NoticeEvent.RESOLVED, now, ends_calls=ends_calls)
            forget_answers(shelves, [after.incident_id])
        if is_taken:
            self._taken(shelves, after, now, is_told=ends)
        elif escalation.restarts(self._policy(after), before, after):
            forget_answers(shelves, [after.incident_id])
            self._first_step(shelves, after, now)
        if before.severity is not after.severity and after.status.is_active:
            self.telling.tell(shelves, after, NoticeEvent.CHANGED, now)

    def escalate(self, shelves: Shelves, job: Job) -> None:
        """The next step of an escalation is due."""
        incident = held(shelves, UUID(job.args["incident"]))
        self._step(shelves, incident, _at(job, incident), now=self.clock.now())

    def hasten(self, shelves: Shelves, incident: Incident, now: datetime) -> bool:
        """Make the next step due now; False when there is none left. The incident must be held."""
        job = self._next_step(shelves, incident)
        if job is not None:
            shelves.jobs.reschedule(replace(job, run_at=now, owner="", attempts=0))
        return job is not None

    def unreached(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """No channel of the latest page works: the next person is called now, and administrators are told.

        The incident must be held. Only the next round of calls keeps its time.
        """
        self.telling.tell(shelves, incident, NoticeEvent.UNREACHED, now)
        job = self._next_step(shelves, incident)
        if job is not None and not escalation.ends_round(self.roster, incident, _at(job, incident)):
            self.hasten(shelves, incident, now)

    def escalate_now(self, incident_id: UUID, actor: str) -> Incident:
        """A person asks for the next step now. Raises `NotFound`, also when no step is left."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            incident = held(shelves, incident_id)
            if not self.hasten(shelves, incident, now):
                raise NotFound(
                    f"{incident.short_name} has no further step to escalate to.",
                    means="Nobody more was called: it was acknowledged, has ended, or calls nobody.",
                    next_step="Call the next person directly, and write a note.",
                )
            text = f"{actor} asked for the next step of the escalation."
            tell(shelves, incident, line(incident, Happening.ESCALATED, text, by=actor, now=now))
            return incident

    def acknowledge(self, incident_id: UUID, actor: str, via: str = "") -> Incident:
        """A person takes the incident: the calls stop. Repeating it changes nothing. Raises `NotFound`."""
        with self.store.transaction() as shelves:
            return self.acknowledge_in(shelves, held(shelves, incident_id), actor, via, self.clock.now())

    def read_link(self, page_id: UUID, token: str) -> LinkedPage:
        """Return what a link leads to, changing nothing. Raises `NotFound`, `LinkRefused`."""
        with self.store.reading() as shelves:
            return self._linked(shelves, page_id, token, self.clock.now())

    def acknowledge_by_link(self, page_id: UUID, token: str) -> Incident:
        """The link's one use. Raises `NotFound`, `LinkRefused` (wrong, used, expired)."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.lock(f"page:{page_id}")
            linked = self._linked(shelves, page_id, token, now)
            shelves.pages.save(replace(linked.page, link_used_at=now))
            incident = held(shelves, linked.incident.incident_id)
            return self.acknowledge_in(shelves, incident, linked.page.person, "the link in the page", now)

    def _linked(self, shelves: Shelves, page_id: UUID, token: str, now: datetime) -> LinkedPage:
        page = shelves.pages.get(page_id)
        incident = shelves.incidents.get(page.incident_id) if page else None
        if page is None or incident is None:
            raise NotFound(
                "This link leads to no page.",
                means="Nothing was acknowledged.",
                next_step="Open the link from the message again, whole, or sign in and acknowledge there.",
            )
        links.check(page, token, self.link_key, now)
        return LinkedPage(page, incident)

    def _policy(self, incident: Incident) -> Policy:
        return self.roster.policy(incident.policy)

    def _routed(self, shelves: Shelves, incident: Incident, now: datetime) -> Incident:
        """Find the policy of an incident by the alert that opened it; keep it, and say why."""
        alerts = shelves.alerts.of_incident(incident.incident_id)
        if not alerts:
            return incident
        first = alerts[0]
        routed = policy_for(self.roster, first, incident.severity, incident.type, incident.services)
        self.telling.remember(shelves, incident, routed.tell, now)
        entry = line(incident, Happening.ALERT_ROUTED, routed.why, by=TOCSIN, now=now)
        tell(shelves, incident, entry, {"policy": routed.policy})
        story = AlertLine(alert=first.number, at=now, kind=Happening.ALERT_ROUTED, text=routed.why)
        shelves.alerts.tell([story])
        incident = replace(incident, policy=routed.policy)
        shelves.incidents.save(incident)
        return incident

    def acknowledge_in(
        self, shelves: Shelves, incident: Incident, actor: str, via: str, now: datetime
    ) -> Incident:
        """A person takes the held incident, inside the caller's transaction; see `acknowledge`."""
        if incident.acknowledged_at is not None:
            self._joined(shelves, incident, actor, now)
            return incident
        acknowledged = record(shelves, lifecycle.acknowledge(incident, actor, now, via))
        self.follow(shelves, incident, acknowledged, now)
        return acknowledged

    def _taken(self, shelves: Shelves, incident: Incident, now: datetime, *, is_told: bool) -> None:
        """Somebody acknowledged for the first time. Where several must, the calls to others go on."""
        actor = incident.acknowledged_by or ""
        needs = self._needs(shelves, incident)
        if needs > 1 and incident.status.is_active:
            self._count(shelves, incident, Answers(by=(actor,), needs=needs), now)
            self.telling.tell(shelves, incident, NoticeEvent.ACKNOWLEDGED, now)
            return
        self._end(shelves, incident, now)
        if not is_told and incident.status.is_active:
            self.telling.tell(shelves, incident, NoticeEvent.ACKNOWLEDGED, now, ends_calls=True)

    def _joined(self, shelves: Shelves, incident: Incident, actor: str, now: datetime) -> None:
        """Another person acknowledges an incident that somebody has: it counts where several are needed."""
        before = answers_of(shelves, incident)
        if before.are_enough or actor in before.by:
            return
        text = f"Acknowledged by {actor} as well."
        tell(shelves, incident, line(incident, Happening.ACKNOWLEDGED, text, by=actor, now=now))
        answers = replace(before, by=(*before.by, actor))
        self._count(shelves, incident, answers, now)
        if answers.are_enough:
            self._end(shelves, incident, now)
        self.telling.tell(shelves, incident, NoticeEvent.ACKNOWLEDGED, now, ends_calls=answers.are_enough)

    def _count(self, shelves: Shelves, incident: Incident, answers: Answers, now: datetime) -> None:
        keep_answers(shelves, incident, answers, now)
        text = f"{answers.words}."
        tell(shelves, incident, line(incident, Happening.NOTE, text, by=TOCSIN, now=now))
        for page in shelves.pages.of_incident(incident.incident_id):
            if page.acknowledged_at is None and page.person in answers.by:
                shelves.pages.save(replace(page, acknowledged_at=now))

    def _needs(self, shelves: Shelves, incident: Incident) -> int:
        """Return how many must acknowledge, by the steps that were taken so far."""
        policy = self._policy(incident)
        job = self._next_step(shelves, incident)
        if job is None:
            return escalation.needed_at_last(self.roster, policy, incident.severity)
        at = _at(job, incident)
        return escalation.needed(self.roster.policy(at.policy), incident.severity, at)

    def _end(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """Nobody more is called, and every page is answered."""
        shelves.jobs.drop(_escalation_key(incident))
        withdraw(shelves, incident, f"{incident.acknowledged_by} acknowledged it before it was sent", now)
        for page in shelves.pages.of_incident(incident.incident_id):
            if page.acknowledged_at is None:
                shelves.pages.save(replace(page, acknowledged_at=now))

    def _first_step(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """Take the first step in this transaction, or wait for it where the on-call file leaves some time."""
        policy = self._policy(incident)
        at = At(policy=policy.name, step=0, started_at=now)
        due = escalation.first_step_at(policy, incident.severity, now)
        if due is None or due <= now:
            self._step(shelves, incident, at, now=now)
        else:
            _await_step(shelves, incident, at, run_at=due)

    def _step(self, shelves: Shelves, incident: Incident, at: At, *, now: datetime) -> None:
        answers = answers_of(shelves, incident)
        situation = Situation(
            now=now,
            overrides=shelves.overrides.between(now, now + _SHIFT_AT_MOST),
            acknowledged_by=answers.by,
        )
        decision = escalation.decide_step(self.roster, incident, at, situation)
        outcome = decision.outcome
        if isinstance(outcome, escalation.Stopped):
            if not answers.are_enough and answers.by:
                # The file or the severity asks for fewer by now.
                keep_answers(shelves, incident, replace(answers, needs=len(answers.by)), now)
            return
        if isinstance(outcome, escalation.NobodyAnswered):
            self._again(shelves, incident, outcome, now)
            return
        for missing in outcome.missing:
            entry = line(incident, Happening.NOBODY_TO_PAGE, missing.reason, by=TOCSIN, now=now)
            tell(shelves, incident, entry)
        for called in outcome.calls:
            self.paging.page(shelves, incident, called, now)
        if at.step == 0:
            self.telling.tell_rooms(shelves, incident, NoticeEvent.OPENED, outcome.tell, now)
        else:
            self.telling.tell(shelves, incident, NoticeEvent.ESCALATED, now, outcome.tell)
        if decision.next_step_at is not None:
            following = replace(at, step=at.step + 1)
            policy = self.roster.policy(at.policy)
            ask_for(shelves, incident, escalation.needed(policy, incident.severity, following), now)
            _await_step(shelves, incident, following, run_at=decision.next_step_at)

    def _again(
        self, shelves: Shelves, incident: Incident, unanswered: escalation.NobodyAnswered, now: datetime
    ) -> None:
        if not unanswered.reason:
            return
        tell(shelves, incident, line(incident, Happening.ESCALATED, unanswered.reason, by=TOCSIN, now=now))
        following = unanswered.next
        event = NoticeEvent.UNANSWERED if following is None else NoticeEvent.ESCALATED
        self.telling.tell(shelves, incident, event, now)
        if following is None:
            return
        policy = self.roster.policy(following.policy)
        due = escalation.first_step_at(policy, incident.severity, following.started_at)
        if due is None or due <= now:
            self._step(shelves, incident, following, now=now)
        else:
            _await_step(shelves, incident, following, run_at=due)

    def _say_that_nobody_was_called(self, shelves: Shelves, incident: Incident, now: datetime) -> None:
        """Write down that an incident ended before its first step was due."""
        job = self._next_step(shelves, incident)
        if job is None or shelves.pages.of_incident(incident.incident_id):
            return
        text = f"It ended before anybody was called; the first call was due at {job.run_at:%H:%M:%S} UTC."
        tell(shelves, incident, line(incident, Happening.NOBODY_TO_PAGE, text, by=TOCSIN, now=now))

    def _next_step(self, shelves: Shelves, incident: Incident) -> Job | None:
        job = shelves.jobs.get(_escalation_key(incident))
        return job if job is not None and job.state is JobState.READY else None


def awaited(shelves: Shelves, incident: Incident) -> tuple[At, datetime] | None:
    """Return the step that an incident waits for and when it is due, None where no step is left."""
    job = shelves.jobs.get(_escalation_key(incident))
    return (_at(job, incident), job.run_at) if job is not None and job.state is JobState.READY else None


def _at(job: Job, incident: Incident) -> At:
    return At(
        policy=job.args.get("policy", incident.policy),
        step=int(job.args["step"]),
        started_at=datetime.fromisoformat(job.args["started_at"]),
        round=int(job.args.get("round", "0")),
        needs=int(job.args.get("needs", "1")),
    )


def _await_step(shelves: Shelves, incident: Incident, at: At, *, run_at: datetime) -> None:
    """Wait for a step; an incident waits for one at a time, so the job's key is the incident's."""
    args = {
        "incident": str(incident.incident_id),
        "step": str(at.step),
        "started_at": at.started_at.isoformat(),
        "round": str(at.round),
        "needs": str(at.needs),
        "policy": at.policy,
    }
    shelves.jobs.reschedule(Job(kind=ESCALATE, key=_escalation_key(incident), run_at=run_at, args=args))


def _escalation_key(incident: Incident) -> str:
    return f"{ESCALATE}:{incident.incident_id}"
