"""Looks a runbook over before it is needed: what it names must exist, fit, and be set before it is used."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tocsin.domain.action import Declaration
from tocsin.domain.bindings import ALWAYS, Bindings, bound_name, names_meant
from tocsin.domain.runbook import Called, Repeat, Runbook, Step
from tocsin.runbooks.arguments import misfits
from tocsin.runbooks.binding import action_meant
from tocsin.runbooks.comments import cut_texts
from tocsin.runbooks.faults import Fault
from tocsin.runbooks.reading import Draft, steps_of
from tocsin.runbooks.references import RESERVED, reference_faults

MOST_BYTES = 2_500
"""What a person on call can take in; a larger file is warned about."""

SECRET_WORDS = frozenset(
    {
        *("pass", "passwd", "password", "passphrase", "pw", "pwd", "pin", "otp", "secret", "secrets"),
        *("token", "tokens", "key", "keys", "apikey", "credential", "credentials"),
    }
)
"""Parts of names of answers that nobody should be asked for."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What runbooks may name. None means that it is not known here, and is not checked."""

    actions: Mapping[str, Declaration] | None = None
    collectors: Collection[str] | None = None
    roles: Collection[str] | None = None
    runbooks: Mapping[str, Runbook] = field(default_factory=dict)
    bindings: Bindings = field(default_factory=lambda: ALWAYS)


def lint(draft: Draft, known: Known) -> tuple[Fault, ...]:
    """Return everything wrong with a file: what could not be read, and what does not hold together."""
    if draft.runbook is None:
        return draft.faults
    looking = _Looking(draft, draft.runbook, known)
    found = [*draft.faults, *looking.faults()]
    return tuple(sorted(set(found), key=lambda fault: (fault.line, fault.column, fault.reason)))


def errors_of(faults: Collection[Fault]) -> tuple[Fault, ...]:
    """Return the faults that keep a runbook from loading."""
    return tuple(fault for fault in faults if not fault.warning)


class _Looking:
    """One look over one file."""

    def __init__(self, draft: Draft, runbook: Runbook, known: Known) -> None:
        self._draft = draft
        self._runbook = runbook
        self._known = known
        self._nodes = tuple(steps_of(runbook.nodes))

    def faults(self) -> Iterator[Fault]:
        yield from self._file()
        yield from self._ids()
        for node in self._nodes:
            if isinstance(node, Step):
                yield from self._step(node)
            elif isinstance(node, Called):
                yield from self._called(node)
        for key, line, reason in reference_faults(self._runbook):
            yield self._fault(key, line, reason, "Name an earlier step's answer or output, or `incident.`.")

    def _file(self) -> Iterator[Fault]:
        size = len(self._runbook.text.encode())
        if size > MOST_BYTES:
            fault = self._fault(
                "runbook", 1, f"The file has {size} bytes, more than {MOST_BYTES}.", "`call` parts of it."
            )
            yield replace(fault, warning=True)
        for line, column, text in cut_texts(self._runbook.text):
            yield Fault(
                path=self._runbook.path,
                line=line,
                column=column,
                reason=f"The text ends at `{text[-30:]}`, for a blank before # starts a comment.",
                next_step="Put the text in 'quotes', or the comment on a line of its own.",
                warning=True,
            )

    def _ids(self) -> Iterator[Fault]:
        seen: dict[str, int] = {}
        for node in self._nodes:
            name = _id_of(node)
            key = f"{name}@{node.line}"
            if name in RESERVED:
                yield self._fault(key, node.line, f"`{name}` has a meaning of its own.", "Choose another id.")
            if name in seen:
                reason = f"The id `{name}` is used in line {seen[name]} too."
                yield self._fault(key, node.line, reason, "Give each step an id of its own.")
            seen.setdefault(name, node.line)

    def _step(self, step: Step) -> Iterator[Fault]:
        for number, action in enumerate(step.actions):
            key = f"{step.step_id}/run/{number}"
            yield from self._action_faults(step, number)
            if self._is_forbidden(action.action, self._runbook.forbid):
                reason = f"`{action.action}` is forbidden at the head of this file."
                yield self._fault(key, step.line, reason, "Take it out here, or out of `forbid`.")
        yield from self._words(step)
        yield from self._secrets(step)
        if not step.owners:
            fault = self._fault(
                f"{step.step_id}@{step.line}", step.line, "Nobody owns this step.", "Add `owner:`."
            )
            yield replace(fault, warning=True)

    def _action_faults(self, step: Step, number: int) -> Iterator[Fault]:
        action, actions = step.actions[number], self._known.actions
        if actions is None:
            return
        key = f"{step.step_id}/run/{number}"
        name = action_meant(action.action, actions, self._known.bindings)
        if name:
            for reason, next_step in misfits(action, actions[name]):
                yield self._fault(key, step.line, reason, next_step)
        elif close := sorted(each for each in actions if each.endswith(f".{action.action}")):
            reason = f"`{action.action}` may be more than one action."
            yield self._fault(key, step.line, reason, f"Write one of: {', '.join(close)}.")
        else:
            yield self._unknown(key, step.line, action.action, actions)

    def _unknown(self, key: str, line: int, name: str, actions: Collection[str]) -> Fault:
        """An unknown action of a known service is a mistake; a service may just not be set up here."""
        service = bound_name(name, self._known.bindings).partition(".")[0]
        known = sorted(each for each in actions if each.partition(".")[0] == service)
        if known:
            return self._fault(key, line, f"There is no action `{name}`.", f"There are: {', '.join(known)}.")
        reason = f"No action of `{service}` is set up here, so `{name}` would fail."
        return replace(self._fault(key, line, reason, "See docs/actions.md."), warning=True)

    def _words(self, step: Step) -> Iterator[Fault]:
        """Check roles and collectors, which are words that other files define."""
        for key, words, known, kind in (
            ("owner", step.owners, self._known.roles, "role"),
            ("approve", step.approve, self._known.roles, "role"),
            ("keep", step.keep, self._known.collectors, "collector"),
        ):
            for word in words:
                if known is not None and word not in known:
                    choice = f"There are: {', '.join(sorted(known))}."
                    reason = f"There is no {kind} `{word}` here."
                    fault = self._fault(f"{step.step_id}/{key}", step.line, reason, choice)
                    yield replace(fault, warning=True, role=word if kind == "role" else "")

    def _secrets(self, step: Step) -> Iterator[Fault]:
        """Warn of answers that sound like secrets: answers stand in the clear in pages and in the log."""
        for ask in step.asks:
            if not ask.choices and _sounds_secret(ask.name):
                reason = f"The answer `{ask.name}` sounds like a secret, and answers are kept in the clear."
                next_step = "Let the action read it from where it is kept, or ask where that is."
                fault = self._fault(f"{step.step_id}/ask/{ask.name}", step.line, reason, next_step)
                yield replace(fault, warning=True)

    def _called(self, call: Called) -> Iterator[Fault]:
        key = f"{call.call_id}/call"
        called = self._known.runbooks.get(call.runbook)
        if call.runbook == self._runbook.runbook_id or self._leads_back(call.runbook):
            yield self._fault(
                key, call.line, f"`{call.runbook}` calls this runbook again.", "Break the ring."
            )
        elif called is None:
            yield self._fault(key, call.line, f"There is no runbook `{call.runbook}`.", "Check its id.")
        for name in self._forbidden_below(call.runbook, set()):
            reason = f"`{call.runbook}` runs `{name}`, which is forbidden at the head of this file."
            yield self._fault(key, call.line, reason, "Call another runbook, or take it out of `forbid`.")

    def _leads_back(self, name: str) -> bool:
        """Say whether a called runbook reaches this one; rings among others are theirs to report."""
        return self._runbook.runbook_id in self._below(name, set())

    def _below(self, name: str, seen: set[str]) -> set[str]:
        called = self._known.runbooks.get(name)
        for node in steps_of(called.nodes) if called else ():
            if isinstance(node, Called) and node.runbook not in seen:
                seen.add(node.runbook)
                self._below(node.runbook, seen)
        return seen

    def _forbidden_below(self, name: str, seen: set[str]) -> Iterator[str]:
        reached = {name, *self._below(name, seen)} - {self._runbook.runbook_id}
        called = (self._known.runbooks[each] for each in sorted(reached) if each in self._known.runbooks)
        steps = (node for book in called for node in steps_of(book.nodes) if isinstance(node, Step))
        for action in (action for step in steps for action in step.actions):
            if self._is_forbidden(action.action, self._runbook.forbid):
                yield action.action

    def _is_forbidden(self, name: str, forbid: Collection[str]) -> bool:
        bindings, known = self._known.bindings, self._known.actions or {}
        meant = {name, *names_meant(action_meant(name, known, bindings) or name, bindings)}
        return any(each in meant or action_meant(each, known, bindings) in meant for each in forbid)

    def _fault(self, key: str, line: int, reason: str, next_step: str) -> Fault:
        line, column = self._draft.places.get(key, (line, 1))
        return Fault(path=self._runbook.path, line=line, column=column, reason=reason, next_step=next_step)


def _id_of(node: Step | Repeat | Called) -> str:
    if isinstance(node, Step):
        return node.step_id
    return node.repeat_id if isinstance(node, Repeat) else node.call_id


def _sounds_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return not SECRET_WORDS.isdisjoint(words) and words[-1] not in ("id", "ids")
