"""Writes a runbook as a file, so that what was made elsewhere can be read and changed like any other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tocsin.domain.expressions import text_of
from tocsin.domain.runbook import Ask, Called, Node, Parallel, Repeat, Runbook, Step, StepAction
from tocsin.runbooks.reading import ALONE, FREE

FOREIGN = "cacao"
"""The key of what a foreign playbook said; it is long, and stands below the steps."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
_UNPRINTABLE = re.compile("[\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_OTHER_MEANING = frozenset({"true", "false", "null", "True", "False", "Null", "TRUE", "FALSE", "NULL"})


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of `steps` by its keys; without keys it is a `parallel` of branches. `steps` of a repeat."""

    keys: Mapping[str, Any] = field(default_factory=dict)
    branches: tuple[tuple[Part, ...], ...] = ()
    steps: tuple[Part, ...] = ()


def written(book: Runbook) -> str:
    """Return a runbook as YAML, which reads back as the same runbook."""
    return written_parts(head_of(book), parts_of(book.nodes))


def written_parts(head: Mapping[str, Any], parts: Iterable[Part]) -> str:
    """Return a file of a head (see `head_of`) and the entries of its steps."""
    lines = [f"{_flow(key)}: {_flow(value)}" for key, value in head.items() if key != FOREIGN]
    lines += ["steps:", *_lines(parts, "")]
    lines += [f"{key}: {_flow(value)}" for key, value in head.items() if key == FOREIGN]
    return "\n".join(lines) + "\n"


def parts_of(nodes: Iterable[Node]) -> tuple[Part, ...]:
    """Return nodes as entries of a file."""
    return tuple(_part(node) for node in nodes)


def _part(node: Node) -> Part:
    if isinstance(node, Parallel):
        return Part(branches=tuple(parts_of(branch) for branch in node.branches))
    return Part(keys_of(node), steps=parts_of(node.nodes) if isinstance(node, Repeat) else ())


def head_of(book: Runbook) -> dict[str, Any]:
    """Return what stands above the steps, by the keys of the file."""
    found: dict[str, Any] = {"runbook": book.runbook_id, "title": book.title}
    found["trigger"] = {key: list(values) for key, values in book.trigger.items()}
    found["severity"] = None if book.severity is None else book.severity.value
    found["forbid"] = list(book.forbid)
    found["cacao"] = dict(book.cacao)
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def keys_of(node: Step | Repeat | Called) -> dict[str, Any]:
    """Return a step, a repeat without its steps, or a call, by the keys of the file."""
    match node:
        case Repeat():
            rule = {"every": text_of(node.every), "until": node.until}
            return {"id": node.repeat_id, "repeat": rule}
        case Called():
            found = {"id": node.call_id, "call": node.runbook, "if": node.condition}
            return {key: value for key, value in found.items() if value}
        case _:
            return _step_keys(node)


def _step_keys(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": step.step_id,
        "do": step.do,
        "if": step.condition,
        "owner": _one_or_many(step.owners),
        "within": _length(step.within),
        "by": _length(step.by),
        "approve": _one_or_many(step.approve),
        **_run_keys(step.actions),
        "ask": {ask.name: _ask(ask) for ask in step.asks},
        "keep": _one_or_many(step.keep),
        "see": step.see,
        "cacao": dict(step.cacao),
    }
    return {key: value for key, value in found.items() if value not in ("", None, [], {})}


def _one_or_many(words: tuple[str, ...]) -> str | list[str]:
    return words[0] if len(words) == 1 else list(words)


def _length(length: timedelta | None) -> str | None:
    return None if length is None else text_of(length)


def _run_keys(actions: tuple[StepAction, ...]) -> dict[str, Any]:
    if not actions:
        return {}
    if len(actions) == 1 and ALONE not in actions[0].arguments:
        return {"run": actions[0].action, "with": _arguments(actions[0])}
    return {"run": [{each.action: _listed(each)} for each in actions]}


def _listed(action: StepAction) -> Any:
    return action.arguments[ALONE] if ALONE in action.arguments else _arguments(action)


def _arguments(action: StepAction) -> dict[str, Any]:
    lasting = {} if action.revert_after is None else {"for": text_of(action.revert_after)}
    return {**action.arguments, **lasting}


def _ask(ask: Ask) -> str | list[str]:
    return list(ask.choices) or ask.proposed or FREE


def _lines(parts: Iterable[Part], indent: str) -> Iterator[str]:
    for part in parts:
        if not part.keys:
            yield f"{indent}- parallel:"
            for branch in part.branches:
                yield f"{indent}  -"
                yield from _lines(branch, f"{indent}    ")
            continue
        first, *others = (f"{_flow(key)}: {_flow(value)}" for key, value in part.keys.items())
        yield f"{indent}- {first}"
        yield from (f"{indent}  {pair}" for pair in others)
        if part.steps:
            yield f"{indent}  steps:"
            yield from _lines(part.steps, f"{indent}  ")


def _flow(value: Any) -> str:
    """Return a value on one line; JSON is YAML too, and words that need no quotes have none."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _OTHER_MEANING:
        return value
    return _UNPRINTABLE.sub(lambda one: f"\\u{ord(one[0]):04x}", json.dumps(value, ensure_ascii=False))
