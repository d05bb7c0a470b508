"""Templates of configured actions: `{name}` places in texts, filled with arguments; nothing is ever run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from tocsin.domain.pack_file import Located

_PLACE = re.compile(r"\{([a-z_]+(?:\.[a-zA-Z0-9_]+)*)\}")


def value_of(written: Located) -> Any:
    """Return what was written as JSON: maps, lists, texts, numbers, true, false, null."""
    if written.kind == "map":
        return {key.text: value_of(value) for key, value in written.entries()}
    if written.kind == "seq":
        return [value_of(one) for one in written.sequence()]
    if written.kind == "int":
        return int(written.number())
    if written.kind == "float":
        return written.number()
    if written.kind == "bool":
        return written.boolean()
    return None if written.is_null else written.text


def places_in(written: Located) -> Iterator[tuple[str, Located]]:
    """Yield every place in a template, with the text that it stands in."""
    for _, value in written.pairs:
        yield from places_in(value)
    for one in written.members:
        yield from places_in(one)
    for found in _PLACE.findall(written.text if written.kind == "str" else ""):
        yield found, written


def demand_places(written: Located, allowed: Callable[[str], bool]) -> None:
    """Raise `PackProblem` for a place that nothing fills."""
    for name, stands in places_in(written):
        if not allowed(name):
            raise stands.problem(
                f"nothing fills the place `{{{name}}}`.", "Name one of the action's arguments, or add it."
            )


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a template with its places filled. A text that is one place keeps the type of its value.

    An argument that was not given is null, or empty within a text.
    """
    if isinstance(template, Mapping):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(one, values) for one in template]
    if not isinstance(template, str):
        return template
    alone = _PLACE.fullmatch(template)
    if alone:
        return plain(looked_up(values, alone[1]))
    return _PLACE.sub(lambda place: _text(looked_up(values, place[1])), template)


def looked_up(found: Any, path: str) -> Any:
    """Return the part of an answer at a dotted path, None where there is none."""
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def plain(value: Any) -> Any:
    """Return a value as JSON takes it; a length of time is told in seconds."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(plain(value))
