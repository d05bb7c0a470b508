"""The stop switch is set and released, and consents in advance are given and revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tocsin.domain.action import ActionState, StandingApproval
from tocsin.domain.errors import NotFound
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening
from tocsin.flow.act_ground import ADVANCE, RESPONSE, Ground, job_for
from tocsin.flow.act_waits import STOP
from tocsin.flow.record import note
from tocsin.response import standing, stops
from tocsin.response.stops import CONNECTOR, EVERYTHING, RUNBOOK, Stop, StopRefused

_MOST_WAITING = 10_000
_MOST_RUNS = 1_000


@dataclass(frozen=True, slots=True)
class Stopping:
    """What holds actions back, and what lets them go on by themselves."""

    ground: Ground
    runbooks: Callable[[], Iterable[str]] = tuple

    def stop(self, by: str, reason: str, scope: str = EVERYTHING) -> Stop:
        """Let no new call start; calls in flight finish and are recorded. Raises `StopRefused`.

        It is in force when this returns: whatever begins holds the same lock.
        """
        now = self.ground.clock.now()
        made = stops.made(scope, by, now, reason)
        stops.demand_known(scope, self._names(scope))
        with self.ground.store.transaction() as shelves:
            shelves.lock(RESPONSE)
            shelves.marks.keep(STOP, {scope: stops.written(made)}, now)
            facts = {"scope": scope, "reason": made.reason}
            note(shelves, Happening.STOPPED, at=now, actor=by, subject=scope, facts=facts)
        return made

    def _names(self, scope: str) -> frozenset[str]:
        """Return the names of what there is of a scope's kind; runbooks of runs under way are known too."""
        if scope.startswith(CONNECTOR):
            return frozenset(name.partition(".")[0] for name in self.ground.performers)
        if not scope.startswith(RUNBOOK):
            return frozenset()
        with self.ground.store.reading() as shelves:
            going = {each.runbook_id for each in shelves.runs.listed(limit=_MOST_RUNS)}
        name = scope.removeprefix(RUNBOOK)
        return frozenset(going) if name in going else frozenset({*going, *self.runbooks()})

    def start(self, by: str, scope: str = EVERYTHING) -> None:
        """Let calls start again. Raises `StopRefused` where nothing is stopped."""
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            shelves.lock(RESPONSE)
            if scope not in shelves.marks.of(STOP, [scope]):
                raise StopRefused(f"{scope[:80]!r} is not stopped.", "`tocsin action list` shows what is.")
            shelves.marks.drop(STOP, [scope])
            note(shelves, Happening.STARTED_AGAIN, at=now, actor=by, subject=scope, facts={"scope": scope})
            for action in shelves.actions.listed((ActionState.PROPOSED,), _MOST_WAITING):
                shelves.jobs.reschedule(job_for(action, ADVANCE, now))

    def stopped(self) -> tuple[Stop, ...]:
        """Return what is stopped now."""
        with self.ground.store.reading() as shelves:
            return stops.read(shelves.marks.all(STOP))

    def give(self, given: StandingApproval) -> StandingApproval:
        """A signed-in person consents in advance. Raises `NotFound`, `StandingRefused`."""
        now = self.ground.clock.now()
        declaration = self.ground.performer(given.action).declaration
        given = replace(given, action=declaration.name, given_at=now)
        standing.check_given(given, declaration, now)
        with self.ground.store.transaction() as shelves:
            kept = shelves.actions.add_standing(given)
            facts = {
                "action": kept.action,
                "until": kept.expires_at.isoformat(),
                "per_hour": str(kept.per_hour),
                "bounds": "; ".join(f"{name}: {', '.join(each)}" for name, each in kept.bounds.items()),
                "trigger": ", ".join(kept.trigger),
            }
            subject = f"standing approval {kept.number}"
            note(shelves, Happening.STANDING_GIVEN, at=now, actor=kept.person, subject=subject, facts=facts)
            return kept

    def revoke(self, number: int, by: str) -> StandingApproval:
        """End a consent in advance now; a second time changes nothing. Raises `NotFound`."""
        now = self.ground.clock.now()
        with self.ground.store.transaction() as shelves:
            kept = _found(shelves, number)
            if kept.revoked_at is not None:
                return kept
            revoked = replace(kept, revoked_at=now, revoked_by=by)
            shelves.actions.save_standing(revoked)
            subject = f"standing approval {number}"
            note(shelves, Happening.STANDING_REVOKED, at=now, actor=by, subject=subject)
            return revoked


def _found(shelves: Shelves, number: int) -> StandingApproval:
    kept = shelves.actions.standing(number)
    if kept is None:
        raise NotFound(
            f"There is no standing approval {number}.",
            means="Nothing was changed.",
            next_step="The page /actions lists those there are.",
        )
    return kept
