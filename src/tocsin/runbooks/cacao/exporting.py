"""Writes a runbook as a CACAO 2.0 playbook; what CACAO cannot say stands in one extension."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tocsin.domain.expression_tree import Expression, Negation
from tocsin.domain.expressions import expressions_in, names_in, parse
from tocsin.domain.runbook import Called, Node, Parallel, Repeat, Runbook, Step, StepAction
from tocsin.domain.severity import Severity
from tocsin.runbooks.cacao.conditions import condition_text, variable_of
from tocsin.runbooks.cacao.foreign import assembled
from tocsin.runbooks.cacao.ids import EXTENSION, MAKER, identity_of, object_id, playbook_of
from tocsin.runbooks.reading import steps_of
from tocsin.runbooks.writing import head_of, keys_of

CREATED = "2026-01-01T00:00:00.000Z"
"""A file carries no time of its own, and the same runbook must give the same bytes."""
MANUAL_TIMEOUT_MS = 604_800_000
"""A week: executors give a manual step ten minutes and then call it failed, if they are not told."""
SERVER = "https://tocsin.example.com"
"""Whom the actions are asked of, until whoever imports the playbook says otherwise."""
ANYBODY = "anybody"

_SEVERITIES = {Severity.P1: 100, Severity.P2: 75, Severity.P3: 50, Severity.P4: 25}
_AGENT = object_id("http-api", "tocsin")


def exported(book: Runbook) -> dict[str, Any]:
    """Return a runbook as a playbook, the same for the same content; a foreign one as it came."""
    if book.cacao:
        return assembled(book)
    return _Export(book).playbook()


def as_json(playbook: Mapping[str, Any]) -> str:
    """Return a playbook as text, with one line for each member."""
    return json.dumps(playbook, indent=1, ensure_ascii=False) + "\n"


class _Export:
    """One playbook in the making."""

    def __init__(self, book: Runbook) -> None:
        self._book = book
        self._workflow: dict[str, dict[str, Any]] = {}
        self._agents: dict[str, dict[str, Any]] = {}
        self._branches = 0
        self._names = _names_used(book)

    def playbook(self) -> dict[str, Any]:
        book = self._book
        start, end = self._id("start", "start"), self._end("end")
        self._workflow[start] = {"type": "start", "on_completion": self._chain(book.nodes, end)}
        found: dict[str, Any] = {
            "type": "playbook",
            "spec_version": "cacao-2.0",
            "id": playbook_of(book.runbook_id),
            "name": book.title,
            "playbook_types": ["mitigation"],
            "playbook_processing_summary": self._summary(),
            "created_by": MAKER,
            "created": CREATED,
            "modified": CREATED,
            "severity": _SEVERITIES[book.severity] if book.severity else 0,
            "playbook_variables": self._given_from_outside(),
            "workflow_start": start,
            "workflow": self._workflow,
            "agent_definitions": self._agents,
            "extension_definitions": {EXTENSION: _extension()},
            "playbook_extensions": {EXTENSION: head_of(book)},
        }
        return {key: value for key, value in found.items() if value != {}}

    def _summary(self) -> dict[str, bool]:
        kinds = {step["type"] for step in self._workflow.values()}
        commands = (command for step in self._workflow.values() for command in step.get("commands", ()))
        return {
            "manual_playbook": all(command["type"] == "manual" for command in commands),
            "external_playbooks": "playbook-action" in kinds,
            "parallel_processing": "parallel" in kinds,
            "if_logic": "if-condition" in kinds,
            "while_logic": "while-condition" in kinds,
        }

    def _given_from_outside(self) -> dict[str, Any]:
        steps = {node.step_id for node in steps_of(self._book.nodes) if isinstance(node, Step)}
        names = sorted(name for name in self._names if name.partition(".")[0] not in steps)
        return {variable_of(name): {"type": "string", "external": True} for name in names}

    def _id(self, kind: str, *parts: str) -> str:
        return object_id(kind, self._book.runbook_id, *parts)

    def _end(self, *parts: str) -> str:
        found = self._id("end", *parts)
        self._workflow[found] = {"type": "end"}
        return found

    def _chain(self, nodes: Sequence[Node], after: str) -> str:
        """Put down nodes that follow each other, and return the id of the first."""
        for node in reversed(nodes):
            after = self._node(node, after)
        return after

    def _node(self, node: Node, after: str) -> str:
        match node:
            case Parallel():
                return self._parallel(node, after)
            case Repeat():
                return self._repeat(node, after)
            case _:
                return self._conditional(node, after)

    def _parallel(self, node: Parallel, after: str) -> str:
        self._branches += 1
        name = f"parallel-{self._branches}"
        starts = [
            self._chain(branch, self._end(name, str(number), "end"))
            for number, branch in enumerate(node.branches)
        ]
        found = self._id("parallel", name)
        self._workflow[found] = {"type": "parallel", "next_steps": starts, "on_completion": after}
        return found

    def _repeat(self, node: Repeat, after: str) -> str:
        body = self._chain(node.nodes, self._end(node.repeat_id, "end"))
        self._workflow[body]["delay"] = int(node.every.total_seconds() * 1000)
        found = self._id("while-condition", node.repeat_id)
        until = parse(node.until)
        # What the rounds answer is empty when the condition is looked at for the first time.
        inside = {each.step_id for each in steps_of(node.nodes) if isinstance(each, Step)}
        names = sorted(name for name in names_in(until) if name.partition(".")[0] in inside)
        variables = {variable_of(name): {"type": "string"} for name in names}
        self._workflow[found] = {
            "type": "while-condition",
            "name": f"Repeat until {node.until}",
            "condition": condition_text(Negation(until)),
            **({"step_variables": variables} if variables else {}),
            "on_true": body,
            "on_completion": after,
            "step_extensions": {EXTENSION: keys_of(node)},
        }
        return found

    def _conditional(self, node: Step | Called, after: str) -> str:
        name = node.step_id if isinstance(node, Step) else node.call_id
        if not node.condition:
            return self._put(node, after)
        found = self._id("if-condition", name)
        self._workflow[found] = {
            "type": "if-condition",
            "condition": condition_text(parse(node.condition)),
            "on_true": self._put(node, self._end(name, "end")),
            "on_completion": after,
        }
        return found

    def _put(self, node: Step | Called, after: str) -> str:
        return self._step(node, after) if isinstance(node, Step) else self._call(node, after)

    def _call(self, node: Called, after: str) -> str:
        found = self._id("playbook-action", node.call_id)
        self._workflow[found] = {
            "type": "playbook-action",
            "name": node.runbook,
            "playbook_id": playbook_of(node.runbook),
            "on_completion": after,
            "step_extensions": {EXTENSION: keys_of(node)},
        }
        return found

    def _step(self, step: Step, after: str) -> str:
        found = self._id("action", step.step_id)
        variables = self._variables(step)
        native: dict[str, Any] = {"type": "action", "name": step.do, "on_completion": after}
        if len(step.owners) == 1:
            native["owner"] = identity_of(step.owners[0])
        if step.see:
            native["external_references"] = [{"name": step.see}]
        if variables:
            native["step_variables"] = variables
            native["out_args"] = sorted(variables)
        if not step.actions:
            native["timeout"] = MANUAL_TIMEOUT_MS
        native["commands"] = [_http(each) for each in step.actions] or [_manual(step)]
        native["agent"] = self._actions_agent() if step.actions else self._group(step)
        native["step_extensions"] = {EXTENSION: keys_of(step)}
        self._workflow[found] = native
        return found

    def _variables(self, step: Step) -> dict[str, Any]:
        """What people answer, and what of the step's outputs is used elsewhere."""
        answers = {f"{step.step_id}.{ask.name}": ask for ask in step.asks}
        used = {name for name in self._names if name.partition(".")[0] == step.step_id}
        found = {}
        for name in sorted({*answers, *used}):
            choices = answers[name].choices if name in answers else ()
            said = {"description": f"One of: {', '.join(choices)}"} if choices else {}
            found[variable_of(name)] = {"type": "string", **said}
        return found

    def _group(self, step: Step) -> str:
        role = next(iter(step.owners), ANYBODY)
        found = object_id("group", "role", role)
        self._agents[found] = {"type": "group", "name": role}
        return found

    def _actions_agent(self) -> str:
        self._agents[_AGENT] = {"type": "http-api", "name": "Tocsin", "address": {"url": [SERVER]}}
        return _AGENT


def _http(action: StepAction) -> dict[str, Any]:
    arguments = json.dumps({"arguments": action.arguments}, sort_keys=True).encode()
    return {
        "type": "http-api",
        "command": f"POST /api/v1/actions/{action.action} HTTP/1.1",
        "headers": {"Content-Type": ["application/json"]},
        "content_b64": base64.b64encode(arguments).decode(),
    }


def _manual(step: Step) -> dict[str, Any]:
    return {"type": "manual", "command": step.do}


def _extension() -> dict[str, str]:
    return {
        "type": "extension-definition",
        "name": "Tocsin runbook",
        "created_by": MAKER,
        "schema": "docs/runbooks.md",
        "version": "1.0.0",
    }


def _names_used(book: Runbook) -> frozenset[str]:
    """Return every name in the conditions and arguments of a runbook."""
    found: list[Expression] = []
    for node in steps_of(book.nodes):
        conditions = node.until if isinstance(node, Repeat) else node.condition
        found += [parse(conditions)] if conditions else []
        if isinstance(node, Step):
            found += _holes(node)
    return frozenset(name for expression in found for name in names_in(expression))


def _holes(step: Step) -> Iterable[Expression]:
    values = [action.arguments for action in step.actions], [ask.proposed for ask in step.asks]
    return expressions_in(values)
