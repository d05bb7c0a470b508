"""Follows the names in a runbook's expressions: each must be set before it is used, and be possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tocsin.domain.expression_tree import Comparison, Expression, Listed, Literal, Name, parts_of
from tocsin.domain.expressions import ExpressionWrong, expressions_in, parse
from tocsin.domain.runbook import Called, Node, Parallel, Repeat, Runbook, Step
from tocsin.runbooks.reading import steps_of

INCIDENT = frozenset(
    {
        *("id", "name", "number", "title", "description", "severity", "type", "status", "services"),
        *("commander", "detected_at", "opened_at", "age", "drill", "timeline"),
    }
)
"""What `incident.` has."""
RESERVED = frozenset({"incident", "alert", "action", "and", "or", "not", "in", "true", "false"})

Wrong = tuple[str, int, str]
"""Where (`block/if`), the line of the step, and why."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One expression of a step, and where it stands."""

    key: str
    line: int
    expression: Expression


def reference_faults(runbook: Runbook) -> Iterator[Wrong]:
    """Yield what is wrong with the names in conditions and arguments, in the order written."""
    every = {node.step_id: node for node in steps_of(runbook.nodes) if isinstance(node, Step)}
    calls = {node.call_id for node in steps_of(runbook.nodes) if isinstance(node, Called)}
    yield from _Following(every, calls).through(runbook.nodes, frozenset())


class _Following:
    """Goes through the nodes in order and knows at each which steps came before."""

    def __init__(self, every: Mapping[str, Step], calls: set[str]) -> None:
        self._every = every
        self._calls = calls

    def through(self, nodes: tuple[Node, ...], before: frozenset[str]) -> Iterator[Wrong]:
        for node in nodes:
            match node:
                case Parallel(branches=branches):
                    for branch in branches:
                        yield from self.through(branch, before)
                case Repeat():
                    yield from self.through(node.nodes, before)
                    inside = before | _ids_in(node.nodes)
                    until = _parsed(node.until)
                    yield from self._wrong(_uses(f"{node.repeat_id}/until", node.line, until), inside)
                case Called():
                    condition = _parsed(node.condition)
                    yield from self._wrong(_uses(f"{node.call_id}/if", node.line, condition), before)
                case _:
                    yield from self._step(node, before)
            before |= _ids_in((node,))

    def _step(self, step: Step, before: frozenset[str]) -> Iterator[Wrong]:
        place, line = step.step_id, step.line
        yield from self._wrong(_uses(f"{place}/if", line, _parsed(step.condition)), before)
        with_own = before | {step.step_id}
        for number, action in enumerate(step.actions):
            # What an earlier action of the same step gave is there for the next one.
            visible = with_own if number else before
            uses = _uses(f"{place}/run/{number}", line, _holes(action.arguments))
            yield from self._wrong(uses, visible)
        for ask in step.asks:
            uses = _uses(f"{place}/ask/{ask.name}", line, _holes(ask.proposed))
            yield from self._wrong(uses, with_own if step.actions else before)

    def _wrong(self, uses: Iterator[_Use], before: frozenset[str]) -> Iterator[Wrong]:
        for use in uses:
            for part in parts_of(use.expression):
                if isinstance(part, Name) and (reason := self._name(part, before)):
                    yield use.key, use.line, reason
                elif isinstance(part, Comparison):
                    yield from ((use.key, use.line, reason) for reason in self._impossible(part))

    def _name(self, name: Name, before: frozenset[str]) -> str:
        head, rest = name.path[0], name.path[1:]
        if head == "incident":
            known = len(rest) == 1 and rest[0] in INCIDENT
            return "" if known else f"`{name.dotted}` is nothing that an incident has."
        if head == "alert" or head in self._calls:
            return ""
        step = self._every.get(head)
        if step is None:
            return f"`{name.dotted}` names no step."
        if head not in before:
            return f"`{name.dotted}` is used before the step `{head}` is done."
        asked = {ask.name for ask in step.asks}
        if not step.actions and rest and rest[0] not in asked:
            return f"The step `{head}` runs nothing and asks for no `{rest[0]}`."
        return ""

    def _impossible(self, comparison: Comparison) -> Iterator[str]:
        """Yield answers that are compared with and that nobody can give."""
        for side, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
            choices = self._choices(side)
            members = other.members if isinstance(other, Listed) else (other,)
            for member in members if choices else ():
                given = member.value if isinstance(member, Literal) else None
                if isinstance(given, str) and given not in choices:
                    yield f"`{given}` is no answer of {', '.join(choices)}."

    def _choices(self, side: Expression) -> tuple[str, ...]:
        if not isinstance(side, Name) or len(side.path) != 2 or side.path[0] not in self._every:
            return ()
        asks = self._every[side.path[0]].asks
        return next((ask.choices for ask in asks if ask.name == side.path[1]), ())


def _ids_in(nodes: tuple[Node, ...]) -> frozenset[str]:
    return frozenset(node.step_id for node in steps_of(nodes) if isinstance(node, Step))


def _uses(key: str, line: int, expressions: tuple[Expression, ...]) -> Iterator[_Use]:
    return (_Use(key, line, expression) for expression in expressions)


def _parsed(condition: str) -> tuple[Expression, ...]:
    """Return a condition, nothing where there is none; one that cannot be read was reported as that."""
    try:
        return (parse(condition),) if condition else ()
    except ExpressionWrong:
        return ()


def _holes(value: object) -> tuple[Expression, ...]:
    try:
        return tuple(expressions_in(value))
    except ExpressionWrong:
        return ()
