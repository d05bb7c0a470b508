"""Runs in a story: actions are put down in the tables, and the test says what the world answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tocsin.domain.action import Action, ActionClass, ActionState, Door
from tocsin.domain.alert import AlertReport
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import Run
from tocsin.domain.runbook import Runbook
from tocsin.flow.next_level import NextLevel
from tocsin.flow.runs import Runs
from tocsin.flow.runs_going import Going
from tocsin.flow.runs_library import Library
from tocsin.flow.runs_triggers import START, Triggers
from tocsin.flow.runs_wake import RUN, wake_for
from tocsin.runbooks.reading import read
from tocsin.runbooks.stepping import Proposal

CONTAINMENTS = frozenset({"aws.waf.block", "aws.waf.rate_limit", "idp.disable_user", "idp.force_reset"})
ROLES = {"dana": {"security-lead", "ciso"}, "chidi": {"legal", "ciso"}, "ada": {"deputy"}}
FAILED_LOGINS = """
runbook: failed-login-spike
title: Failed login spike (over 50 in 5 minutes)
trigger: {alert: regenesis-failed-logins}
severity: P1
steps:
- {id: ack, do: 'Acknowledge the page', owner: oncall, within: 5m, run: pagerduty.acknowledge}
- id: pattern
  do: Is it one IP, a small range, or distributed? One account or many?
  owner: oncall
  within: 10m
  run: signals.top
  with: {class: authentication, outcome: failure, by: [src_ip, account], last: 15m}
  ask: {source: [single-ip, small-range, distributed], target: [one-account, many-accounts]}
- id: block
  if: pattern.source in ['single-ip', 'small-range']
  do: Block the source at the WAF
  owner: oncall
  within: 5m
  run: aws.waf.block
  with: {ips: '{{ pattern.src_ips }}', for: 24h}
- id: ratelimit
  do: Turn on aggressive rate limiting for the authentication endpoint
  owner: oncall
  within: 5m
  run: aws.waf.rate_limit
  with: {path: /auth, per_ip: 100, window: 5m, for: 24h}
- id: breached
  do: Did any account log in after failures from the same IP?
  owner: oncall
  within: 10m
  run: signals.sequence
  with: {first: authentication.failure, then: authentication.success, same: [src_ip, account], last: 1h}
- id: lock
  if: breached.accounts
  do: Escalate to the security lead and lock the accounts
  owner: [oncall, security-lead]
  within: 15m
  approve: security-lead
  run:
  - page: security-lead
  - idp.disable_user: '{{ breached.accounts }}'
- {id: notify, if: breached.accounts, do: Notify the affected admins, owner: security-lead, within: 30m}
- {id: record, do: Record the attack, owner: oncall, within: 60m, run: jira.comment,
   with: {body: '{{ incident.timeline }}'}}
"""


class FakeWorld:
    """Puts actions down as asked; what is in `refuses` is refused with that sentence."""

    def __init__(self) -> None:
        self.refuses: dict[str, str] = {}

    def propose(
        self, shelves: Shelves, incident: Incident, run: Run, proposal: Proposal, now: datetime
    ) -> Action:
        if proposal.action in self.refuses:
            raise NotFound(self.refuses[proposal.action], means="Nothing was done.", next_step="Look.")
        is_containment = proposal.action in CONTAINMENTS
        action = Action(
            action_id=uuid4(),
            number=shelves.actions.next_number(),
            incident_id=incident.incident_id,
            name=proposal.action,
            action_class=ActionClass.CONTAIN if is_containment else ActionClass.READ,
            arguments=proposal.arguments,
            state=ActionState.PROPOSED,
            door=Door.RUNBOOK,
            proposed_by=run.started_by,
            proposed_at=now,
            expires_at=now + timedelta(hours=4),
            digest="d" * 64,
            approvers=proposal.approvers,
            run_id=run.run_id,
            step=proposal.place,
            revert_after=proposal.revert_after,
        )
        shelves.actions.add(action)
        return action

    def withdraw(self, shelves: Shelves, incident: Incident, run: Run, action: Action, now: datetime) -> None:
        shelves.actions.save(replace(action, state=ActionState.WITHDRAWN))


@dataclass
class RunStory:
    """A story with runs in it."""

    story: Any
    books: dict[str, Runbook]
    world: FakeWorld = field(default_factory=FakeWorld)
    runs: Runs = field(init=False)
    doings: dict[str, Callable[[Shelves, Job], None]] = field(init=False)

    def __post_init__(self) -> None:
        library = Library(lambda: self.books, containments=CONTAINMENTS)
        going = Going(library, self.story.respond, NextLevel(self.story.call), self.world)
        self.runs = Runs(self.story.store, self.story.clock, going, may_approve)
        self.story.take = replace(self.story.take, triggers=Triggers(lambda: self.books))
        self.doings = {START: self.runs.start_due, RUN: self.runs.look}

    def work(self) -> None:
        """Do what is due of runs, until nothing is."""
        while jobs := self.story.claim(*self.doings):
            for job in jobs:
                with self.story.store.transaction() as shelves:
                    if shelves.jobs.finish(job.key, job.owner):
                        self.doings[job.kind](shelves, job)

    def push(self, seconds: float) -> None:
        """Let time pass in small steps, doing what becomes due of runs and of everything else."""
        end = self.story.clock.now() + timedelta(seconds=seconds)
        self.work()
        while (now := self.story.clock.now()) < end:
            due = [job.run_at for job in self.story.jobs() if job.kind in self.doings and job.run_at > now]
            step = min([*due, end]) - now
            self.story.push(max(step.total_seconds(), 0.0))
            self.work()

    def run(self, number: int = 1) -> Run:
        with self.story.store.reading() as shelves:
            found = shelves.runs.get(number)
        assert found is not None
        return found

    def states(self, number: int = 1) -> dict[str, str]:
        """Return the steps that are not waiting, with their states."""
        records = self.run(number).steps.items()
        return {place: one.state.value for place, one in records if one.state.value != "waiting"}

    def actions(self) -> list[Action]:
        incident = self.story.incident()
        with self.story.store.reading() as shelves:
            return list(shelves.actions.of_incident(incident.incident_id))

    def end(self, name: str, state: ActionState = ActionState.DONE, **output: Any) -> Action:
        """The world has answered the open action of a name."""
        (action,) = [each for each in self.actions() if each.name == name and each.state.is_open]
        ended = replace(action, state=state, output=output, outcome="It was so.")
        with self.story.store.transaction() as shelves:
            shelves.actions.save(ended)
            wake_for(shelves, ended, self.story.clock.now())
        self.work()
        return ended


def may_approve(person: str, role: str) -> bool:
    """Say whether somebody of the cast has a role."""
    return role in ROLES.get(person, set())


def a_book(name: str, steps: str, head: str = "") -> Runbook:
    """Return a runbook made of the text of its steps."""
    return read(f"runbook: {name}\ntitle: A book\n{head}steps:\n{steps}", f"{name}.yml")


def run_story(story: Any, *books: Runbook) -> RunStory:
    """Return a story with these runbooks."""
    return RunStory(story, {book.runbook_id: book for book in books})


def the_alert(story: RunStory, name: str = "regenesis-failed-logins", **labels: str) -> AlertReport:
    """Return a report of an alert of that name, which fires for a day."""
    now = story.story.clock.now()
    return AlertReport(
        source="prometheus",
        labels={"alertname": name, "service": "auth", **labels},
        annotations={"summary": "Logins fail"},
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
