"""Looks a CACAO 2.0 playbook over for what the schemas of OASIS let pass."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.runbooks.cacao.graph import branches_of

AGENTS = frozenset(
    {
        *("group", "individual", "location", "organization", "sector", "http-api", "linux"),
        *("net-address", "security-category", "ssh"),
    }
)
"""The agent and target types of CACAO 2.0, section 7."""

_COMMON = frozenset(
    {
        *("type", "name", "description", "external_references", "delay", "timeout", "step_variables"),
        *("owner", "on_completion", "on_success", "on_failure", "step_extensions"),
    }
)
_OWN: Mapping[str, frozenset[str]] = {
    "start": frozenset(),
    "end": frozenset(),
    "action": frozenset({"commands", "agent", "targets", "in_args", "out_args"}),
    "playbook-action": frozenset({"playbook_id", "playbook_version", "in_args", "out_args"}),
    "parallel": frozenset({"next_steps"}),
    "if-condition": frozenset({"condition", "on_true", "on_false"}),
    "while-condition": frozenset({"condition", "on_true"}),
    "switch-condition": frozenset({"switch", "cases"}),
}
_PLAYBOOK = frozenset(
    {
        *("type", "spec_version", "id", "name", "description", "playbook_types", "playbook_activities"),
        *("playbook_processing_summary", "created_by", "created", "modified", "revoked", "valid_from"),
        *("valid_until", "derived_from", "related_to", "priority", "severity", "impact"),
        *("industry_sectors", "labels", "external_references", "markings", "playbook_variables"),
        *("workflow_start", "workflow_exception", "workflow", "playbook_extensions"),
        *("authentication_info_definitions", "agent_definitions", "target_definitions"),
        *("extension_definitions", "data_marking_definitions", "signatures"),
    }
)
_REQUIRED = ("type", "spec_version", "id", "name", "created_by", "created", "modified")
_ENDS = ("on_completion", "on_success", "on_failure")
_VARIABLE = re.compile(r"(__[A-Za-z_][A-Za-z0-9_-]{0,199}__)(?=:value|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookFault:
    """One thing wrong: the id of the step (empty: the playbook as a whole), and why."""

    step: str
    reason: str
    warning: bool = False

    def __str__(self) -> str:
        """Return the one line that is printed."""
        return f"{self.step or 'playbook'}: {'warning: ' if self.warning else ''}{self.reason}"


def lint_playbook(playbook: Mapping[str, Any]) -> tuple[PlaybookFault, ...]:
    """Return everything that is wrong with a playbook that is sound JSON."""
    workflow = playbook.get("workflow")
    if not isinstance(workflow, dict) or not all(isinstance(step, dict) for step in workflow.values()):
        return (PlaybookFault(step="", reason="It has no `workflow` of steps."),)
    looking = _Looking(playbook, workflow)
    return tuple(dict.fromkeys(looking.faults()))


class _Looking:
    """One look over one playbook."""

    def __init__(self, playbook: Mapping[str, Any], workflow: Mapping[str, Mapping[str, Any]]) -> None:
        self._playbook = playbook
        self._workflow = workflow
        self._defined = {
            **_map(playbook.get("agent_definitions")),
            **_map(playbook.get("target_definitions")),
        }

    def faults(self) -> Iterator[PlaybookFault]:
        yield from self._head()
        for step_id, step in self._workflow.items():
            yield from self._shape(step_id, step)
            yield from self._actors(step_id, step)
        yield from self._paths()
        variables = _map(self._playbook.get("playbook_variables"))
        yield from self._variables(self._starts(), set(variables), set())

    def _starts(self) -> list[str]:
        keys = ("workflow_start", "workflow_exception")
        return [str(self._playbook[key]) for key in keys if key in self._playbook]

    def _head(self) -> Iterator[PlaybookFault]:
        for key in _REQUIRED:
            if key not in self._playbook:
                yield PlaybookFault(step="", reason=f"`{key}` is missing.")
        for key in sorted(set(self._playbook) - _PLAYBOOK):
            yield PlaybookFault(step="", reason=f"The key `{key}` is not known.")
        if not self._starts():
            yield PlaybookFault(step="", reason="`workflow_start` is missing.")
        for name, agent in self._defined.items():
            if str(_map(agent).get("type")) not in AGENTS:
                reason = f"The agent or target {name} is of the unknown type {_map(agent).get('type')!r}."
                yield PlaybookFault(step="", reason=reason)

    def _shape(self, step_id: str, step: Mapping[str, Any]) -> Iterator[PlaybookFault]:
        kind = str(step.get("type"))
        if kind not in _OWN:
            yield PlaybookFault(step=step_id, reason=f"The type {kind!r} is not known.")
            return
        if not step_id.startswith(f"{kind}--"):
            yield PlaybookFault(step=step_id, reason=f"Its id does not begin with `{kind}--`.")
        for key in sorted(set(step) - _COMMON - _OWN[kind]):
            yield PlaybookFault(step=step_id, reason=f"The key `{key}` is not known.")
        named = [key for key in _ENDS if key in step]
        if kind == "end" and named:
            yield PlaybookFault(step=step_id, reason=f"An `end` has no `{named[0]}`.")
        elif kind != "end" and not named:
            yield PlaybookFault(step=step_id, reason="It leads nowhere, not to an `end`.")
        if "on_completion" in named and len(named) > 1:
            yield PlaybookFault(step=step_id, reason=f"`on_completion` excludes `{named[1]}`.")

    def _actors(self, step_id: str, step: Mapping[str, Any]) -> Iterator[PlaybookFault]:
        if step.get("type") != "action":
            return
        commands = step.get("commands")
        kinds = [_map(each).get("type") for each in commands] if isinstance(commands, list) else []
        if not kinds:
            yield PlaybookFault(step=step_id, reason="It has no command.")
        if "agent" not in step:
            yield PlaybookFault(step=step_id, reason="It has no agent.")
        targets = step.get("targets")
        for name in (step.get("agent"), *(targets if isinstance(targets, list) else ())):
            if name is not None and str(name) not in self._defined:
                yield PlaybookFault(step=step_id, reason=f"The agent or target {name} is not defined.")
        if "manual" in kinds and "timeout" not in step:
            reason = "A manual step without `timeout` fails after ten minutes in some executors."
            yield PlaybookFault(step=step_id, reason=reason, warning=True)

    def _paths(self) -> Iterator[PlaybookFault]:
        """Every step is reached from exactly one place; what is reached twice is shared, or a circle."""
        incoming = Counter(self._starts())
        for step_id, step in self._workflow.items():
            for to in _next_of(step):
                incoming[to] += 1
                if to not in self._workflow:
                    yield PlaybookFault(step=step_id, reason=f"It leads to {to}, which does not exist.")
        for to in self._starts():
            if to not in self._workflow:
                yield PlaybookFault(step="", reason=f"It starts at {to}, which does not exist.")
        reached = self._reached()
        for step_id in self._workflow:
            if step_id not in reached:
                yield PlaybookFault(step=step_id, reason="It is never reached.")
            elif self._comes_back(step_id):
                yield PlaybookFault(step=step_id, reason="It runs in a circle.")
            elif incoming[step_id] > 1:
                reason = "It is reached from two places; each branch ends in an `end` of its own."
                yield PlaybookFault(step=step_id, reason=reason)

    def _reached(self, *after: str) -> set[str]:
        """Return the steps that are reached from the start, or from what comes after some steps."""
        reached: set[str] = set()
        waiting = [to for each in after for to in _next_of(self._workflow[each])] if after else self._starts()
        while waiting:
            step_id = waiting.pop()
            if step_id in self._workflow and step_id not in reached:
                reached.add(step_id)
                waiting += _next_of(self._workflow[step_id])
        return reached

    def _comes_back(self, step_id: str) -> bool:
        return step_id in self._reached(step_id)

    def _variables(self, starts: list[str], known: set[str], seen: set[str]) -> Iterator[PlaybookFault]:
        """Follow the steps in order with the variables that are set by then."""
        for start in starts:
            step_id = start
            while step_id in self._workflow and step_id not in seen:
                seen.add(step_id)
                step = self._workflow[step_id]
                own = set(_map(step.get("step_variables")))
                for name in sorted(_used(step) - known - own):
                    yield PlaybookFault(step=step_id, reason=f"The variable {name} is used before it is set.")
                known |= own | {str(each) for each in _list(step.get("out_args"))}
                yield from self._variables([to for _, to in branches_of(step)], known, seen)
                step_id = str(step.get("on_completion", ""))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _next_of(step: Mapping[str, Any]) -> list[str]:
    found = [to for _, to in branches_of(step)]
    return [*found, str(step["on_completion"])] if "on_completion" in step else found


def _used(step: Mapping[str, Any]) -> set[str]:
    """Return the variables of a step's condition, switch and arguments."""
    texts = [step.get("condition"), step.get("switch"), *_list(step.get("in_args"))]
    return {name for text in texts if isinstance(text, str) for name in _VARIABLE.findall(text)}
