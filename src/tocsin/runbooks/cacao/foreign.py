"""Foreign playbooks: their steps become steps that people do, and all else is kept as it came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from tocsin.domain.runbook import Ask, Node, Parallel, Repeat, Runbook, Step
from tocsin.runbooks.cacao.graph import Placed, tree_of
from tocsin.runbooks.reading import steps_of

EVERY = timedelta(minutes=5)
"""How often the condition of a loop is asked again, for playbooks do not say."""
NONE_OF_THEM = "none of them"
LONGEST_TEXT = 500

_NO_ID = re.compile(r"[^a-z0-9]+", re.ASCII)


def slug(text: str, otherwise: str) -> str:
    """Return an id made of a text."""
    found = _NO_ID.sub("-", text.lower()).strip("-")[:48].strip("-")
    return found if found[:1].isalpha() else otherwise


def taken_over(playbook: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Node, ...]]:
    """Return the head and the nodes of a runbook for a foreign playbook. Raises `PlaybookRefused`.

    Conditions over variables that nothing of ours sets become questions that a person answers.
    """
    taking = _Taking()
    nodes = tuple(taking.nodes(tree_of(playbook)))
    title = str(playbook.get("name", "")).strip() or "A playbook"
    kept = {key: value for key, value in playbook.items() if key != "workflow"}
    others = {each: step for each, step in playbook["workflow"].items() if each not in taking.used}
    head = {"runbook": slug(title, "playbook"), "title": title, "cacao": {**kept, "workflow": others}}
    return head, nodes


def assembled(book: Runbook) -> dict[str, Any]:
    """Return a foreign playbook as it came, but for the names of its steps, which may have been changed."""
    workflow = dict(book.cacao.get("workflow", {}))
    for node in steps_of(book.nodes):
        if isinstance(node, Step) and "step" in node.cacao:
            step = dict(node.cacao["step"])
            renamed = node.do != _words(step)
            workflow[node.cacao["id"]] = {**step, "name": node.do} if renamed else step
    return {**book.cacao, "workflow": workflow}


@dataclass(slots=True)
class _Taking:
    """What was taken over so far: the ids of ours, and the steps of theirs that became some."""

    ids: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def nodes(self, chain: Iterable[Placed]) -> Iterator[Node]:
        for placed in chain:
            match placed.kind:
                case "parallel":
                    branches = (tuple(self.nodes(inner)) for _, inner in placed.branches)
                    yield Parallel(branches=tuple(branch or (self._nothing(),) for branch in branches))
                case "while-condition":
                    yield self._loop(placed)
                case "if-condition" | "switch-condition":
                    yield from self._choice(placed)
                case _:
                    yield from self._action(placed)

    def _nothing(self) -> Step:
        return Step(step_id=self._named("nothing"), do="Nothing is to be done in this branch.")

    def _named(self, text: str) -> str:
        base = found = slug(text, "step")
        number = 1
        while found in self.ids:
            number += 1
            found = f"{base}-{number}"
        self.ids.add(found)
        return found

    def _asked(self, text: str, choices: tuple[str, ...]) -> Step:
        return Step(step_id=self._named("decide"), do=text, asks=(Ask(name="answer", choices=choices),))

    def _loop(self, placed: Placed) -> Repeat:
        asked = self._asked(f"Does this hold: {_condition(placed)}", ("yes", "no"))
        holds = f"{asked.step_id}.answer == 'yes'"
        body = [guarded(node, holds) for _, chain in placed.branches for node in self.nodes(chain)]
        return Repeat(
            repeat_id=self._named("repeat"),
            every=EVERY,
            until=f"{asked.step_id}.answer != 'yes'",
            nodes=(asked, *body),
        )

    def _choice(self, placed: Placed) -> Iterator[Node]:
        if placed.kind == "if-condition":
            answers = {"on_true": "yes", "on_false": "no"}
            asked = self._asked(f"Does this hold: {_condition(placed)}", ("yes", "no"))
        else:
            # The case may be any text, and an answer stands in quotes in our conditions.
            answers = {key: key.replace("'", "’") for key, _ in placed.branches}
            choices = tuple(dict.fromkeys((*answers.values(), NONE_OF_THEM)))
            asked = self._asked(f"Which one is it: {placed.step.get('switch', '')}"[:LONGEST_TEXT], choices)
        yield asked
        for key, chain in placed.branches:
            holds = f"{asked.step_id}.answer == '{answers[key]}'"
            yield from (guarded(node, holds) for node in self.nodes(chain))

    def _action(self, placed: Placed) -> Iterator[Node]:
        self.used.add(placed.step_id)
        words = _words(placed.step)
        step = Step(
            step_id=self._named(words),
            do=words,
            see=_linked(placed.step),
            cacao={"id": placed.step_id, "step": dict(placed.step)},
        )
        if not placed.branches:
            yield step
            return
        yield replace(step, asks=(Ask(name="result", choices=("done", "failed")),))
        for key, chain in placed.branches:
            result = "done" if key == "on_success" else "failed"
            holds = f"{step.step_id}.result == '{result}'"
            yield from (guarded(node, holds) for node in self.nodes(chain))


def guarded(node: Node, condition: str) -> Node:
    """Return a node whose steps are only done if a condition holds too."""
    match node:
        case Parallel(branches=branches):
            return replace(
                node, branches=tuple(tuple(guarded(each, condition) for each in one) for one in branches)
            )
        case Repeat(nodes=nodes):
            # What is asked in a round that nothing holds for is not answered, and ends the loop.
            return replace(node, nodes=tuple(guarded(each, condition) for each in nodes))
        case _:
            both = f"{condition} and {node.condition}" if node.condition else condition
            return replace(node, condition=both)


def _words(step: Mapping[str, Any]) -> str:
    """Return what a person reads of a step: its name, else its description, else its first command."""
    commands = step.get("commands")
    first = commands[0] if isinstance(commands, list) and commands else {}
    command = first.get("command") if isinstance(first, dict) else None
    for text in (step.get("name"), step.get("description"), command, step.get("playbook_id")):
        if isinstance(text, str) and text.strip():
            return " ".join(text.split())[:LONGEST_TEXT]
    return f"Do the step of type {step.get('type', '')}".strip()


def _condition(placed: Placed) -> str:
    return str(placed.step.get("condition", ""))[:LONGEST_TEXT]


def _linked(step: Mapping[str, Any]) -> str:
    """Return the first link of a step."""
    references = step.get("external_references")
    for each in references if isinstance(references, list) else ():
        url = each.get("url") if isinstance(each, dict) else None
        if isinstance(url, str) and url.startswith("https://"):
            return url
    return ""
