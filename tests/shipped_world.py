"""The world for any runbook: each action that it names stands as one call of the small partner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from acting_world import call, declared, deployed, is_deployed, tasks_of
from run_world import RunWorld
from tocsin.domain.acting import Outcome, Performer, Play
from tocsin.domain.action import Action, ActionClass, ActionState, Door, Parameter, ParameterKind, Repeat
from tocsin.domain.expression_tree import Name, parts_of
from tocsin.domain.expressions import expressions_in, parse
from tocsin.domain.incident import Status
from tocsin.domain.run import Run, RunState, StepState
from tocsin.domain.runbook import Node, Runbook, Step, StepAction
from tocsin.flow.act_ground import Ground
from tocsin.flow.runs_wake import wake_all
from tocsin.runbooks.outline import Spot, outline
from tocsin.runbooks.reading import ALONE, read, steps_of
from tocsin.runbooks.stepping import is_approved_as_actions, missing_approvals, unanswered

PACKS = Path(__file__).resolve().parents[1] / "packs"
CONTAINING = ("aws.", "entra.", "idp.", "agentidp.", "deploy.", "flags.")
PEOPLE = tuple(f"p{number}" for number in range(6))
ENDLESS_AFTER = 15


def shipped() -> tuple[str, ...]:
    """Return the texts of all shipped runbooks."""
    found = sorted(PACKS.glob("*/runbooks/*.yml"))
    return tuple(path.read_text() for path in found if not path.name.endswith(".test.yml"))


def _values(nodes: tuple[Node, ...]) -> Iterator[Any]:
    for node in steps_of(nodes):
        condition = getattr(node, "condition", "") or getattr(node, "until", "")
        if condition:
            yield f"{{{{ {condition} }}}}"
        if isinstance(node, Step):
            yield from (each.arguments for each in node.actions)
            yield from (each.proposed for each in node.asks)


def outputs_of(book: Runbook) -> dict[str, str]:
    """Return a value for every output that the runbook's expressions ask for."""
    names = (
        part.path
        for value in _values(book.nodes)
        for expression in expressions_in(value)
        for part in parts_of(expression)
        if isinstance(part, Name)
    )
    return {path[1]: "x" for path in names if len(path) == 2 and path[0] not in ("incident", "alert")}


def _kind(value: Any) -> ParameterKind:
    kinds = {list: ParameterKind.TEXTS, dict: ParameterKind.MAP, bool: ParameterKind.FLAG}
    kinds |= {int: ParameterKind.NUMBER, float: ParameterKind.NUMBER}
    return kinds.get(type(value), ParameterKind.TEXT)


def _performer(action: StepAction, known: Mapping[str, Performer], outputs: Mapping[str, str]) -> Performer:
    before = known[action.action].declaration.parameters if action.action in known else ()
    given = {("value" if name == ALONE else name): value for name, value in action.arguments.items()}
    parameters = {each.name: each for each in before} | {
        name: Parameter(name=name, kind=_kind(value), summary="It.", required=False)
        for name, value in given.items()
    }
    contains = action.action.startswith(CONTAINING)

    def act(arguments: Mapping[str, Any], kept: Mapping[str, Any], key: str) -> Play[Outcome]:
        yield call("deploy", changes=True, key=key)
        return Outcome(text="Done.", output=outputs)

    declaration = declared(
        action.action,
        action_class=ActionClass.CONTAIN if contains else ActionClass.NOTIFY,
        parameters=tuple(parameters.values()),
        repeat=Repeat.LOOK_UP,
    )
    return Performer(
        declaration=declaration, objects=tasks_of, perform=act, seen=deployed, verify=is_deployed
    )


class ShippedWorld(RunWorld):
    """One shipped runbook, and people who answer whatever it asks."""

    def __init__(self, text: str, step: Callable[[], None] = lambda: None) -> None:
        self.book = read(text, "book.yml")
        self.turns = 0
        # Texts of a runbook that it may call are there too.
        super().__init__(step, (text, *(each for each in shipped() if each != text)))
        self.roles = {person: _AnyRole() for person in PEOPLE}  # type: ignore[misc]

    def _ground(self) -> Ground:
        performers: dict[str, Performer] = {}
        for book in self.books.values():
            for node in steps_of(book.nodes):
                for action in node.actions if isinstance(node, Step) else ():
                    untimed = replace(action, revert_after=None)
                    performers[action.action] = _performer(untimed, performers, outputs_of(book))
        ground = super()._ground()
        # Ports stand for themselves here: every action is the small partner's.
        return replace(ground, performers=performers, bindings={})

    def follow(self) -> None:
        """Begin the runbook if nobody has, and do one turn of everything."""
        if not self.runs.listed():
            self.runs.start(self.incident, self.book.runbook_id, "ben")
        self.turns += 1
        if self.turns == ENDLESS_AFTER:
            self._resolve()
        self.turn()
        if self.turns > 2:
            self.push(4 * 3600 if self.turns > ENDLESS_AFTER else 900)

    def _resolve(self) -> None:
        with self.store.transaction() as shelves:
            incident = shelves.incidents.get(self.incident)
            assert incident is not None
            changed = replace(incident, status=Status.RESOLVED, resolved_at=self.clock.now())
            shelves.incidents.save(changed)
            wake_all(shelves, changed, self.clock.now())

    def _consent(self, action: Action) -> None:
        if action.state is ActionState.UNKNOWN:
            super()._consent(action)
        elif action.state is ActionState.PROPOSED and action.kept:
            given = {each.person for each in action.approvals}
            for person in [each for each in PEOPLE if each not in given][
                : len(action.approvers) - len(given)
            ]:
                self.act.consenting.approve(action.number, person, door=Door.CONSOLE)

    def _by_people(self, run: Run) -> None:
        if run.state is not RunState.RUNNING:
            return
        book, books = self.runs.library.pinned(run)
        for spot in outline(book, run, books):
            if spot.record.state is StepState.FAILED:
                self.runs.skip(run.number, spot.place, "ben", "It cannot be done here.")
            elif spot.record.state is StepState.READY and isinstance(spot.node, Step):
                self._see_to(run, spot, spot.node)

    def _see_to(self, run: Run, spot: Spot, step: Step) -> None:
        open_asks = [ask for ask in step.asks if ask.name in unanswered(step, spot.record)]
        if open_asks:
            # Another answer each turn: what is repeated until an answer comes to its end.
            answers = {
                ask.name: ask.choices[self.turns % len(ask.choices)] if ask.choices else "x"
                for ask in open_asks
            }
            self.runs.answer(run.number, spot.place, answers, "ben")
            return
        if not is_approved_as_actions(step, self.runs.library.containments):
            given = {each.partition(":")[2] for each in spot.record.approvals}
            missing = len(missing_approvals(step, spot.record))
            for person in [each for each in PEOPLE if each not in given][:missing]:
                self.runs.approve(run.number, spot.place, person)
        if not (step.actions or step.keep or step.asks):
            self.runs.done(run.number, spot.place, "ben")


class _AnyRole:
    """Holds every role."""

    def __contains__(self, role: object) -> bool:
        return True


__all__ = ["ShippedWorld", "parse", "shipped"]
