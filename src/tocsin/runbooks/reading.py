"""Reads a runbook's file: YAML 1.2, few keys, structured steps; every mistake with its line, all at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tocsin.domain.pack_file import Located, PackProblem, parse
from tocsin.domain.runbook import Ask, Called, Node, Parallel, Repeat, Runbook, Step, StepAction
from tocsin.domain.severity import Severity
from tocsin.runbooks.faults import Fault, RunbookWrong
from tocsin.runbooks.written import Written

LONGEST = 262_144
"""Characters of one file; a good one has less than 2,500, one of a foreign playbook may have many."""
DEEPEST = 5
MOST_STEPS = 200

FILE_KEYS = ("runbook", "title", "trigger", "severity", "forbid", "steps", "cacao")
STEP_KEYS = (
    *("id", "do", "owner", "within", "by", "if", "run", "with", "ask", "approve", "keep", "see", "cacao"),
    *("parallel", "repeat", "steps", "call"),
)
TRIGGER_KEYS = ("alert", "type", "severity", "service")
REPEAT_KEYS = ("every", "until")
FREE = "text"
"""The word of an answer that may be any text."""
ALONE = ""
"""The name of an argument that stands alone (`idp.disable_user: ada`): it is the action's first parameter."""

_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_ANSWER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
_ACTION = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*", re.ASCII)
_KEYS_OF: Mapping[str, tuple[str, ...]] = {
    "parallel": ("id", "parallel"),
    "repeat": ("id", "repeat", "steps"),
    "call": ("id", "call", "if"),
    "do": STEP_KEYS[:13],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file as read, with all that is wrong with it; `runbook` is None when nothing can be made of it.

    `places` tells the line and column of the parts of steps: `block/if`, `block/run/0`, `block/ask/source`.
    """

    path: str
    runbook: Runbook | None
    faults: tuple[Fault, ...]
    places: Mapping[str, tuple[int, int]]


def read(text: str, path: str) -> Runbook:
    """Read a runbook that must be right. Raises `RunbookWrong` with all that is wrong."""
    draft = look_over(text, path)
    if draft.runbook is None or draft.faults:
        raise RunbookWrong(path, draft.faults)
    return draft.runbook


def look_over(text: str, path: str) -> Draft:
    """Read a runbook as far as it can be read."""
    reading = _Reading(Written())
    runbook = None
    try:
        if len(text) > LONGEST:
            start = Located(path=path, line=1, column=1, kind="null")
            raise start.problem(f"the file has more than {LONGEST} characters.", "Split it: `call` the rest.")
        runbook = reading.runbook(parse(text, path, twice=reading.written.add), text)
    except PackProblem as problem:
        reading.written.add(problem)
    faults = sorted(reading.written.faults, key=lambda fault: (fault.line, fault.column))
    return Draft(path=path, runbook=runbook, faults=tuple(faults), places=reading.written.places)


def digest_of(text: str) -> str:
    """Return the SHA-256 (hex) to which a run is pinned."""
    return hashlib.sha256(text.encode()).hexdigest()


def steps_of(nodes: tuple[Node, ...]) -> Iterator[Step | Repeat | Called]:
    """Yield every step, repeat and call below some nodes, in the order written."""
    for node in nodes:
        if isinstance(node, Parallel):
            for branch in node.branches:
                yield from steps_of(branch)
            continue
        yield node
        if isinstance(node, Repeat):
            yield from steps_of(node.nodes)


class _Reading:
    """Reads one file; what is wrong is remembered, and the reading goes on."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self._count = 0

    def runbook(self, root: Located, text: str) -> Runbook | None:
        keys = self.written.keys(root, FILE_KEYS, required=("runbook", "title", "steps"))
        for name in ("runbook", "title"):
            if name in keys:
                self.written.places[name] = (keys[name].line, keys[name].column)
        if "runbook" not in keys:
            return None
        return Runbook(
            runbook_id=self._named(keys["runbook"]),
            title=self._text(keys.get("title")),
            trigger=self._trigger(keys.get("trigger")),
            severity=self._severity(keys.get("severity")),
            forbid=self.written.texts(keys.get("forbid")),
            nodes=self._nodes(keys.get("steps"), 0),
            path=root.path,
            text=text,
            digest=digest_of(text),
            cacao=self._foreign(keys.get("cacao")),
        )

    def _foreign(self, place: Located | None) -> Mapping[str, Any]:
        """Read what a foreign playbook said; expressions in it are none of ours."""
        if place is None:
            return {}
        nothing: tuple[tuple[Located, Located], ...] = ()
        self.written.attempt(place.entries, nothing)
        found = Written().value(place)
        return found if isinstance(found, dict) else {}

    def _named(self, place: Located) -> str:
        name = self._text(place)
        if name and not _ID.fullmatch(name):
            reason = f"`{name[:70]}` cannot be an id."
            self.written.add(place.problem(reason, "Use up to 64 of `a-z 0-9 - _`, a letter first."))
        return name

    def _text(self, place: Located | None) -> str:
        return self.written.attempt(place.string, "") if place is not None else ""

    def _trigger(self, place: Located | None) -> Mapping[str, tuple[str, ...]]:
        if place is None:
            return {}
        keys = self.written.keys(place, TRIGGER_KEYS)
        for each in keys.get("severity", place).members if "severity" in keys else ():
            self._severity(each)
        return {name: self.written.texts(value) for name, value in keys.items()}

    def _severity(self, place: Located | None) -> Severity | None:
        if place is None:
            return None
        text = self.written.attempt(lambda: place.choice(tuple(Severity)), "")
        return Severity(text) if text else None

    def _nodes(self, place: Located | None, depth: int) -> tuple[Node, ...]:
        if place is None:
            return ()
        if depth > DEEPEST:
            self.written.add(
                place.problem(f"steps are nested more than {DEEPEST} deep.", "`call` a runbook of its own.")
            )
            return ()
        nothing: tuple[Located, ...] = ()
        members = self.written.attempt(place.sequence, nothing)
        if not members and place.kind == "seq":
            self.written.add(place.problem("there is no step here.", "Add one, or remove the key."))
        return tuple(node for each in members if (node := self._node(each, depth)) is not None)

    def _node(self, place: Located, depth: int) -> Node | None:
        self._count += 1
        if self._count > MOST_STEPS:
            if self._count == MOST_STEPS + 1:
                self.written.add(
                    place.problem(f"there are more than {MOST_STEPS} steps.", "`call` the rest of them.")
                )
            return None
        names = {key.text for key, _ in place.pairs}
        kind = next((each for each in ("parallel", "repeat", "call") if each in names), "do")
        keys = self.written.keys(place, _KEYS_OF[kind])
        match kind:
            case "parallel":
                return self._parallel(place, keys, depth)
            case "repeat":
                return self._repeat(place, keys, depth)
            case "call":
                return self._called(place, keys)
            case _:
                return self._step(place, keys)

    def _parallel(self, place: Located, keys: Mapping[str, Located], depth: int) -> Parallel:
        nothing: tuple[Located, ...] = ()
        members = self.written.attempt(keys["parallel"].sequence, nothing)
        if len(members) < 2:
            self.written.add(place.problem("`parallel` needs two branches or more.", "Add one, or drop it."))
        branches = (
            self._nodes(each, depth + 1) if each.kind == "seq" else self._branch(each, depth + 1)
            for each in members
        )
        return Parallel(branches=tuple(branch for branch in branches if branch), line=place.line)

    def _branch(self, place: Located, depth: int) -> tuple[Node, ...]:
        node = self._node(place, depth)
        return () if node is None else (node,)

    def _repeat(self, place: Located, keys: Mapping[str, Located], depth: int) -> Repeat:
        rule = self.written.keys(keys["repeat"], REPEAT_KEYS, required=REPEAT_KEYS)
        self._demand(place, keys, ("id", "steps"))
        repeat_id = self._marked(place, keys)
        every = self._length(rule.get("every"))
        if every is not None and every < timedelta(seconds=1):
            self.written.add(rule["every"].problem("a repeat needs a pause.", "Write `every: 15m` or so."))
        if "until" in rule:
            self.written.places[f"{repeat_id}/until"] = (rule["until"].line, rule["until"].column)
        return Repeat(
            repeat_id=repeat_id,
            every=every or timedelta(minutes=1),
            until=self.written.condition(rule.get("until")),
            nodes=self._nodes(keys.get("steps"), depth + 1),
            line=place.line,
        )

    def _called(self, place: Located, keys: Mapping[str, Located]) -> Called:
        runbook = self._text(keys["call"])
        call_id = self._marked(place, keys) if "id" in keys else runbook
        self._place_parts(call_id, keys)
        return Called(
            call_id=call_id,
            runbook=runbook,
            condition=self.written.condition(keys.get("if")),
            line=place.line,
        )

    def _step(self, place: Located, keys: Mapping[str, Located]) -> Step:
        self._demand(place, keys, ("id", "do"))
        step_id = self._marked(place, keys)
        self._place_parts(step_id, keys)
        return Step(
            step_id=step_id,
            do=self._text(keys.get("do")),
            owners=self.written.texts(keys.get("owner")),
            within=self._length(keys.get("within")),
            by=self._length(keys.get("by")),
            condition=self.written.condition(keys.get("if")),
            actions=self._actions(step_id, keys),
            asks=self._asks(step_id, keys.get("ask")),
            approve=self.written.texts(keys.get("approve")),
            keep=self.written.texts(keys.get("keep")),
            see=self._text(keys.get("see")),
            cacao=self._foreign(keys.get("cacao")),
            line=place.line,
        )

    def _demand(self, place: Located, keys: Mapping[str, Located], names: tuple[str, ...]) -> None:
        for name in names:
            if name not in keys and place.kind == "map":
                self.written.add(place.problem(f"the key `{name}` is missing.", f"Add `{name}:` here."))

    def _marked(self, place: Located, keys: Mapping[str, Located]) -> str:
        named = keys.get("id")
        step_id = self._named(named) if named is not None else f"line-{place.line}"
        where = named or place
        self.written.places[f"{step_id}@{place.line}"] = (where.line, where.column)
        return step_id

    def _place_parts(self, step_id: str, keys: Mapping[str, Located]) -> None:
        for name, value in keys.items():
            self.written.places[f"{step_id}/{name}"] = (value.line, value.column)

    def _length(self, place: Located | None) -> timedelta | None:
        return None if place is None else self.written.attempt(place.duration, None)

    def _actions(self, step_id: str, keys: Mapping[str, Located]) -> tuple[StepAction, ...]:
        run, arguments = keys.get("run"), keys.get("with")
        if run is None or run.kind != "seq":
            if run is None and arguments is not None:
                self.written.add(arguments.problem("`with` needs a `run`.", "Name the action, or drop it."))
            return () if run is None else tuple(self._action(step_id, 0, run, arguments))
        if arguments is not None:
            reason = "`with` belongs to one action, and `run` is a list."
            self.written.add(arguments.problem(reason, "Write `- action: {argument: value}` in the list."))
        found: list[StepAction] = []
        for number, member in enumerate(run.members):
            found += self._listed_action(step_id, number, member)
        return tuple(found)

    def _listed_action(self, step_id: str, number: int, place: Located) -> Iterator[StepAction]:
        if place.kind != "map":
            yield from self._action(step_id, number, place, None)
        elif len(place.pairs) != 1:
            self.written.add(place.problem("one action a line is expected.", "Write `- action: argument`."))
        else:
            yield from self._action(step_id, number, *place.pairs[0])

    def _action(
        self, step_id: str, number: int, place: Located, arguments: Located | None
    ) -> Iterator[StepAction]:
        name = self._text(place)
        self.written.places[f"{step_id}/run/{number}"] = (place.line, place.column)
        if not name:
            return
        if not _ACTION.fullmatch(name):
            reason = f"`{name[:70]}` is no name of an action."
            self.written.add(
                place.problem(reason, "Write it as `<service>.<verb>`; see `tocsin action list`.")
            )
        given, lasting = self._arguments(arguments)
        yield StepAction(action=name, arguments=given, revert_after=lasting)

    def _arguments(self, place: Located | None) -> tuple[Mapping[str, Any], timedelta | None]:
        if place is None or place.is_null:
            return {}, None
        if place.kind != "map":
            return {ALONE: self.written.value(place)}, None
        given: dict[str, Any] = {}
        lasting = None
        for key, value in place.pairs:
            if key.text == "for":
                lasting = self._length(value)
            else:
                given[key.text] = self.written.value(value)
        return given, lasting

    def _asks(self, step_id: str, place: Located | None) -> tuple[Ask, ...]:
        if place is None:
            return ()
        nothing: tuple[tuple[Located, Located], ...] = ()
        found = []
        for key, value in self.written.attempt(place.entries, nothing):
            self.written.places[f"{step_id}/ask/{key.text}"] = (value.line, value.column)
            if not _ANSWER.fullmatch(key.text):
                self.written.add(key.problem(f"`{key.text}` cannot name an answer.", "Use `a-z 0-9 - _`."))
            found.append(self._ask(key.text, value))
        return tuple(found)

    def _ask(self, name: str, place: Located) -> Ask:
        if place.kind == "seq":
            choices = tuple(self._choice(each) for each in place.members)
            if len(set(choices)) < 2:
                self.written.add(
                    place.problem("two different answers are needed.", "Add one, or use `text`.")
                )
            return Ask(name=name, choices=choices)
        text = self._text(place)
        if text and text != FREE and "{{" not in text:
            reason = f"`{text[:70]}` is neither a list of answers, `text` nor '{{{{ a proposed value }}}}'."
            self.written.add(place.problem(reason, "Write `[yes, no]`, `text`, or `'{{ step.output }}'`."))
        self.written.value(place)
        return Ask(name=name, proposed="" if text == FREE else text)

    def _choice(self, place: Located) -> str:
        return place.text if place.kind in ("int", "float", "bool") else self._text(place)
