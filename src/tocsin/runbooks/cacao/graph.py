"""Follows a playbook's steps as a tree: what is none, because paths meet or run in a circle, is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.domain.errors import Explained

MOST_STEPS = 1_000
DEEPEST = 20

SplitKeys = tuple[str, ...]
_SPLITS: Mapping[str, SplitKeys] = {
    "if-condition": ("on_true", "on_false"),
    "while-condition": ("on_true",),
    "parallel": ("next_steps",),
    "switch-condition": ("cases",),
}


class PlaybookRefused(Explained):
    """A playbook cannot become a runbook; the message names the step."""

    code = "playbook_refused"

    def __init__(self, happened: str, next_step: str = "Correct the playbook where it was made.") -> None:
        super().__init__(happened, means="No runbook was made of it.", next_step=next_step)


@dataclass(frozen=True, slots=True)
class Placed:
    """One step of a playbook, with the chains of steps of its branches by what leads into them."""

    step_id: str
    step: Mapping[str, Any]
    branches: tuple[tuple[str, tuple[Placed, ...]], ...] = ()

    @property
    def kind(self) -> str:
        """Return the type of the step."""
        return str(self.step.get("type", ""))


def tree_of(playbook: Mapping[str, Any]) -> tuple[Placed, ...]:
    """Return the steps from the start on. Raises `PlaybookRefused`, which names the step."""
    workflow = playbook.get("workflow")
    if not isinstance(workflow, dict) or not all(isinstance(step, dict) for step in workflow.values()):
        raise PlaybookRefused("The playbook has no `workflow` of steps.")
    if len(workflow) > MOST_STEPS:
        raise PlaybookRefused(f"The playbook has more than {MOST_STEPS} steps.", "Split it.")
    following = _Following(workflow)
    chain = following.chain(str(playbook.get("workflow_start", "")), 0)
    if "workflow_exception" in playbook:
        following.chain(str(playbook["workflow_exception"]), 0)
    for step_id in workflow:
        if step_id not in following.seen:
            raise PlaybookRefused(f"The step {step_id[:120]} is never reached.")
    return chain


def branches_of(step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what leads into each branch of a step, and the id it leads to."""
    for key in _SPLITS.get(str(step.get("type")), ()):
        value = step.get(key)
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, list):
            yield from ((f"{key} {number}", str(each)) for number, each in enumerate(value))
        elif isinstance(value, dict):
            yield from ((str(case), str(each)) for case, each in value.items())
    for key in ("on_success", "on_failure"):
        if key in step:
            yield key, str(step[key])


class _Following:
    """Goes through a workflow once; a step that comes up again ends it."""

    def __init__(self, workflow: Mapping[str, Mapping[str, Any]]) -> None:
        self._workflow = workflow
        self.seen: set[str] = set()

    def chain(self, step_id: str, depth: int) -> tuple[Placed, ...]:
        """Return the steps from one on, up to the end of its branch."""
        if depth > DEEPEST:
            raise PlaybookRefused(f"The step {step_id[:120]} is nested more than {DEEPEST} deep.")
        found: list[Placed] = []
        while True:
            step = self._workflow.get(step_id)
            if step is None:
                raise PlaybookRefused(f"The step {step_id[:120]!r} is named and does not exist.")
            if step.get("type") == "end":
                self.seen.add(step_id)
                return tuple(found)
            if step_id in self.seen:
                raise PlaybookRefused(
                    f"The step {step_id[:120]} is reached from two places, or in a circle.",
                    "Give each branch steps and an `end` of its own.",
                )
            self.seen.add(step_id)
            branches = [(key, self.chain(to, depth + 1)) for key, to in branches_of(step)]
            if step.get("type") != "start":
                found.append(Placed(step_id, step, tuple(branches)))
            if "on_completion" not in step:
                if not branches:
                    raise PlaybookRefused(f"The step {step_id[:120]} leads nowhere, not to an `end`.")
                return tuple(found)
            step_id = str(step["on_completion"])
