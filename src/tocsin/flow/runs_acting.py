"""What runs do with actions: ask for them by the door of runbooks, and take back what was not begun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.domain.action import Action, ActionState, Door
from tocsin.domain.incident import Incident
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.run import Run
from tocsin.domain.runbook import Runbook
from tocsin.domain.timeline import Happening
from tocsin.flow.act import Act
from tocsin.flow.act_ground import Ended, close, tell_action
from tocsin.flow.runs_library import Library
from tocsin.flow.runs_wake import wake_for
from tocsin.response.executing import moved
from tocsin.runbooks.binding import bound
from tocsin.runbooks.stepping import Proposal


class Acting(Protocol):
    """Who puts actions down for runs."""

    def propose(
        self, shelves: Shelves, incident: Incident, run: Run, proposal: Proposal, now: datetime
    ) -> Action:
        """Put an action down, inside the caller's transaction. Raises `Explained`."""
        ...

    def withdraw(self, shelves: Shelves, incident: Incident, run: Run, action: Action, now: datetime) -> None:
        """Take back an action that has not begun, because its run has ended."""
        ...


@dataclass(frozen=True, slots=True)
class ByRunbook:
    """Asks the chapter of actions, by the door of runbooks, in the name of whoever began the run."""

    act: Act

    def propose(
        self, shelves: Shelves, incident: Incident, run: Run, proposal: Proposal, now: datetime
    ) -> Action:
        """Put an action down. Raises as `Act.propose` does."""
        return self.act.propose(
            shelves,
            incident,
            proposal.action,
            proposal.arguments,
            by=run.started_by,
            door=Door.RUNBOOK,
            reason=f"It belongs to the step {proposal.place} of {run.short_name} ({run.runbook_id}).",
            run_id=run.run_id,
            step=proposal.place,
            revert_after=proposal.revert_after,
            approvers=proposal.approvers,
            forbid=proposal.forbid,
        )

    def withdraw(self, shelves: Shelves, incident: Incident, run: Run, action: Action, now: datetime) -> None:
        """Take back an action that has not begun; one that has comes to its own end."""
        if action.state is not ActionState.PROPOSED:
            return
        words = f"was withdrawn, because {run.short_name} has ended."
        withdrawn = moved(action, ActionState.WITHDRAWN, now, outcome=f"{run.short_name} has ended.")
        shelves.actions.save(withdrawn)
        kind = Happening.ACTION_WITHDRAWN
        tell_action(shelves, incident, withdrawn, kind, words, by=run.ended_by, now=now)
        close(self.act.ground, shelves, withdrawn)


def waking(now: Callable[[], datetime]) -> Ended:
    """Return what the chapter of actions calls when an action ends: the run that asked for it goes on."""
    return lambda shelves, action: wake_for(shelves, action, now())


def library_for(act: Act, books: Callable[[], Mapping[str, Runbook]]) -> Library:
    """Return runbooks, bound to the actions that are set up."""
    declarations = {name: each.declaration for name, each in act.ground.performers.items()}
    bindings = act.ground.bindings

    def bind(book: Runbook) -> Runbook:
        return bound(book, declarations, bindings)

    containments = frozenset(name for name, each in declarations.items() if each.action_class.is_containment)
    return Library(books, bind, containments, bindings)
