"""The small expressions of a mapping: JSON pointers, fixed texts, templates, and a choice of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MOST_STEPS = 20
MOST_CHOICES = 8
LONGEST_EXPRESSION = 500
LONGEST_VALUE = 4_000

_HOLE = re.compile(r"\{(/[^{}]*)\}")


class MappedWrong(Exception):
    """An expression is none; the text says why."""


def checked(expression: str) -> str:
    """Return an expression that can be used. Raises `MappedWrong`.

    `/a/b` is a JSON pointer (RFC 6901), `=text` is the text, anything else a text with `{/a/b}` in it;
    ` | ` between several takes the first that is not empty.
    """
    if len(expression) > LONGEST_EXPRESSION:
        raise MappedWrong(f"it has more than {LONGEST_EXPRESSION} characters")
    choices = _choices(expression)
    if len(choices) > MOST_CHOICES:
        raise MappedWrong(f"it has more than {MOST_CHOICES} choices")
    for choice in choices:
        if not choice:
            raise MappedWrong("one of its choices is empty")
        if not choice.startswith(("/", "=")) and not _HOLE.search(choice):
            raise MappedWrong(f"`{choice}` is neither `/pointer`, `=text` nor a text with {{/pointer}}")
    return expression


def value_of(expression: str, found: object) -> str:
    """Return what an expression gives for a JSON value, empty when it finds nothing."""
    for choice in _choices(expression):
        value = _chosen(choice, found)
        if value:
            return value[:LONGEST_VALUE]
    return ""


def at(pointer: str, found: Any) -> Any:
    """Return what lies at a JSON pointer, None when nothing does."""
    for step in pointer.split("/")[1 : MOST_STEPS + 1]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list):
            found = found[int(name)] if name.isdecimal() and int(name[:6]) < len(found) else None
        else:
            return None
    return found


def _choices(expression: str) -> Sequence[str]:
    return [choice.strip() for choice in expression.split(" | ")]


def _chosen(choice: str, found: object) -> str:
    if choice.startswith("="):
        return choice[1:]
    if choice.startswith("/"):
        return _plain(at(choice, found))
    holes = _HOLE.findall(choice)
    if not any(_plain(at(hole, found)) for hole in holes):
        return ""
    return _HOLE.sub(lambda hole: _plain(at(hole.group(1), found)), choice)


def _plain(value: Any) -> str:
    """Return a JSON scalar as text; objects, lists and null are nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | float) else ""
