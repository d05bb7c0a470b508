"""An action that has begun is performed by a worker; what came of it is written down, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.domain.acting import Outcome, Performer
from tocsin.domain.action import Action, ActionState, Door
from tocsin.domain.alert import AlertReport
from tocsin.domain.incident import Incident
from tocsin.domain.job import Job
from tocsin.domain.ports.delivery import FailureKind
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.act_ground import (
    ALARM,
    REVERT,
    Ground,
    action_of,
    close,
    held_action,
    job_for,
    not_known,
    tell_action,
)
from tocsin.response.arguments import restored
from tocsin.response.executing import RETRY_AFTER, Next, after_failure, moved

SOURCE = "tocsin:response"
ALARM_LASTS = timedelta(hours=4)
MOST_TOLD = 4_000
"""So many characters of the calls that were made stand in one log entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performing:
    """What a worker is to do: `is_repeat` means that an earlier attempt may have done it already.

    `kept` is the digest of what the undo needs; `is_undo`: what was kept is to be put back. `runbook` is the
    one that asked for it, empty where none did.
    """

    action: Action
    performer: Performer
    arguments: Mapping[str, Any]
    kept: str
    is_repeat: bool
    is_undo: bool = False
    runbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It took effect. `verified` says what was read back, None where that could not be read.

    `calls` are those that were made, a line each, without anything secret.
    """

    outcome: Outcome
    verified: bool | None
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A call failed. `may_have_changed`: one before it changed something, and that may not be put back."""

    kind: FailureKind
    reason: str
    may_have_changed: bool
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settling:
    """The part of the chapter after the intent was committed."""

    ground: Ground

    def performing(self, shelves: Shelves, job: Job) -> Performing | Failed | None:
        """Return what a job asks to be done, or why nobody can; None when the action is not under way."""
        action = action_of(shelves, job)
        if action is None or action.state is not ActionState.BEGUN:
            return None
        if action.name not in self.ground.performers:
            has_tried = job.attempts > 1
            return Failed(
                kind=FailureKind.MISCONFIGURED, reason=not_known(action), may_have_changed=has_tried
            )
        performer = self.ground.performer(action.name)
        run = shelves.runs.by_id(action.run_id) if action.run_id else None
        return Performing(
            action=action,
            performer=performer,
            arguments=restored(performer.declaration, action.arguments, self.ground.vault),
            kept=action.kept,
            is_repeat=job.attempts > 1,
            is_undo=action.undoes is not None,
            runbook=run.runbook_id if run else "",
        )

    def settle(self, shelves: Shelves, job: Job, outcome: Done | Failed | None) -> None:
        """Write down what came of an action, and end, repeat or hand over its job."""
        known = action_of(shelves, job)
        if outcome is None or known is None or known.state is not ActionState.BEGUN:
            shelves.jobs.finish(job.key, job.owner)
            return
        now = self.ground.clock.now()
        incident, action = held_action(shelves, known.number)
        if isinstance(outcome, Done):
            shelves.jobs.finish(job.key, job.owner)
            self.done(shelves, incident, action, outcome, now)
            return
        following = after_failure(outcome.kind, job.attempts, may_have_changed=outcome.may_have_changed)
        if following is Next.RETRY:
            shelves.jobs.retry(job.key, job.owner, now + RETRY_AFTER * job.attempts, outcome.reason)
            return
        shelves.jobs.finish(job.key, job.owner)
        to = ActionState.UNKNOWN if following is Next.UNKNOWN else ActionState.FAILED
        self._ended_badly(shelves, incident, action, to, outcome.reason, outcome.calls, now)

    def given_up(self, shelves: Shelves, job: Job, reason: str) -> None:
        """The worker stumbled every time: nobody can tell whether it took effect, so a person is asked."""
        known = action_of(shelves, job)
        if known is not None and known.state is ActionState.BEGUN:
            incident, action = held_action(shelves, known.number)
            now = self.ground.clock.now()
            self._ended_badly(shelves, incident, action, ActionState.UNKNOWN, reason, (), now)

    def done(
        self,
        shelves: Shelves,
        incident: Incident,
        action: Action,
        outcome: Done,
        now: datetime,
        by: str = "tocsin",
    ) -> Action:
        """It took effect: write it down, plan when it takes itself back, and tell who waits for it."""
        reverts_at = now + action.revert_after if action.revert_after else None
        done = moved(
            action,
            ActionState.DONE,
            now,
            outcome=outcome.outcome.text,
            output=dict(outcome.outcome.output),
            verified=outcome.verified,
            reverts_at=reverts_at,
        )
        shelves.actions.save(done)
        read_back = {True: "Read back: it is so.", False: "Read back: it is NOT so.", None: "Not read back."}
        words = f"is done. {outcome.outcome.text} {read_back[outcome.verified]}"
        facts = _calls(outcome.calls)
        tell_action(shelves, incident, done, Happening.ACTION_DONE, words, by=by, now=now, **facts)
        if reverts_at is not None:
            shelves.jobs.put(job_for(done, REVERT, reverts_at))
        if done.undoes is not None:
            self._undone(shelves, incident, done, now, by)
        if outcome.verified is False and done.door is Door.TIMER:
            shelves.jobs.put(job_for(done, ALARM, now))
        close(self.ground, shelves, done)
        return done

    def alarm(self, shelves: Shelves, job: Job) -> AlertReport | None:
        """Return the alert by which people are called for an action that nobody can leave as it is."""
        action = action_of(shelves, job)
        if action is None:
            return None
        incident = shelves.incidents.get(action.incident_id)
        what = "could not be taken back at its time" if action.door is Door.TIMER else "may have taken effect"
        return AlertReport(
            source=SOURCE,
            labels={
                "alertname": "TocsinActionNeedsAPerson",
                "severity": "critical",
                "incident_type": incident.type if incident else "unknown",
                "action": action.short_name,
            },
            annotations={
                "summary": f"{action.short_name} ({action.name}) {what}",
                "description": (
                    f"{action.short_name} of {incident.short_name if incident else 'an incident'} is "
                    f"{action.state}: {action.outcome} Look at the partner, then say what is so on its page."
                ),
            },
            ends_at=self.ground.clock.now() + ALARM_LASTS,
        )

    def _ended_badly(
        self,
        shelves: Shelves,
        incident: Incident,
        action: Action,
        to: ActionState,
        reason: str,
        calls: tuple[str, ...],
        now: datetime,
    ) -> None:
        ended = moved(action, to, now, outcome=reason)
        shelves.actions.save(ended)
        if to is ActionState.UNKNOWN:
            kind = Happening.ACTION_UNKNOWN
            words = f"may or may not have taken effect; a person must look at the partner. {reason}"
        else:
            kind, words = Happening.ACTION_FAILED, f"failed; nothing is changed. {reason}"
        tell_action(shelves, incident, ended, kind, words, now=now, **_calls(calls))
        if to is ActionState.UNKNOWN or ended.door is Door.TIMER:
            shelves.jobs.put(job_for(ended, ALARM, now))
        if to is not ActionState.UNKNOWN:
            close(self.ground, shelves, ended)

    def _undone(self, shelves: Shelves, incident: Incident, undo: Action, now: datetime, by: str) -> None:
        original = shelves.actions.by_id(undo.undoes) if undo.undoes else None
        if original is None:
            return
        taken_back = moved(original, ActionState.UNDONE, now, undone_by=undo.action_id)
        shelves.actions.save(taken_back)
        shelves.jobs.drop(f"{REVERT}:{original.action_id}")
        words = f"was taken back by {undo.short_name}."
        tell_action(shelves, incident, taken_back, Happening.ACTION_UNDONE, words, by=by, now=now)
        self.ground.ended(shelves, replace(taken_back))


def _calls(calls: tuple[str, ...]) -> dict[str, str]:
    return {"calls": "\n".join(calls)[:MOST_TOLD]} if calls else {}
