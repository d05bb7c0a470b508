"""Read what people configure: a YAML 1.2 file whose every mistake is named with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from tocsin.domain.errors import Explained

MAX_CHARACTERS = 1_048_576
"""A pack file is written by people; a longer one is a mistake or an attack."""
DEEPEST = 100
"""How many values may stand around one before it is named as the place where a file is nested too deeply."""

_DURATION = re.compile(
    r"(?:(?P<weeks>\d{1,4})w)?(?:(?P<days>\d{1,5})d)?(?:(?P<hours>\d{1,6})h)?"
    r"(?:(?P<minutes>\d{1,7})m)?(?:(?P<seconds>\d{1,8})s)?"
)
_TIME_OF_DAY = re.compile(r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")


class PackProblem(Explained):
    """A pack file cannot be used as written. `line` and `column` count from 1."""

    code = "pack_problem"

    def __init__(self, happened: str, *, next_step: str, path: str, line: int, column: int) -> None:
        super().__init__(
            f"{path}:{line}:{column}: {happened}",
            means="Nothing of this file is loaded; a server that runs keeps what it has.",
            next_step=next_step,
        )
        self.path = path
        self.line = line
        self.column = column


Twice = Callable[[PackProblem], None]
"""Is told of a key that stands twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """One value of a pack file and where it stands.

    `kind` is `map`, `seq`, or the YAML name of a scalar (`str`, `int`, `float`, `bool`, `null`). `text` is
    the scalar as written; `pairs` and `members` hold what a map or a list contains. Every reader below raises
    `PackProblem` when the value is not of its kind.
    """

    path: str
    line: int
    column: int
    kind: str
    text: str = ""
    pairs: tuple[tuple[Located, Located], ...] = ()
    members: tuple[Located, ...] = ()

    @property
    def is_null(self) -> bool:
        """Say whether the value was left empty or written as `null`."""
        return self.kind == "null"

    def problem(self, happened: str, next_step: str) -> PackProblem:
        """Return (not raise) a problem that points at this value."""
        return PackProblem(happened, next_step=next_step, path=self.path, line=self.line, column=self.column)

    def entries(self) -> tuple[tuple[Located, Located], ...]:
        """Read a mapping with free keys, in the order written; keys are strings and unique."""
        if self.kind != "map":
            raise self.problem(
                f"a mapping is expected here, found {_SPOKEN[self.kind]}.",
                "Write `key: value` lines, indented below the key.",
            )
        return self.pairs

    def mapping(self, allowed: Collection[str], required: Collection[str] = ()) -> Mapping[str, Located]:
        """Read a mapping whose keys are known; an unknown or a missing one is a problem."""
        found = {}
        for key, value in self.entries():
            if key.text not in allowed:
                raise key.problem(
                    f"the key `{key.text}` is not known here.",
                    f"Use one of: {', '.join(sorted(allowed))}.",
                )
            found[key.text] = value
        for name in required:
            if name not in found:
                raise self.problem(f"the key `{name}` is missing.", f"Add `{name}:` to this mapping.")
        return found

    def sequence(self) -> tuple[Located, ...]:
        """Read a list."""
        if self.kind != "seq":
            raise self.problem(
                f"a list is expected here, found {_SPOKEN[self.kind]}.",
                "Write one `- value` a line, or `[a, b]`.",
            )
        return self.members

    def string(self) -> str:
        """Read a text that is not empty."""
        if self.kind != "str":
            raise self.problem(
                f"a text is expected here, found {_SPOKEN[self.kind]}.",
                'Write a text; put it in "quotes" if it looks like a number, true, false or null.',
            )
        if not self.text.strip():
            raise self.problem("the text is empty.", "Write a value, or leave the key out.")
        return self.text

    def strings(self) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(member.string() for member in self.sequence())

    def choice(self, allowed: Collection[str]) -> str:
        """Read a text that is one of a few."""
        text = self.string()
        if text not in allowed:
            raise self.problem(f"`{text}` is not possible here.", f"Use one of: {', '.join(allowed)}.")
        return text

    def boolean(self) -> bool:
        """Read `true` or `false` (YAML 1.2: `yes` and `on` are texts)."""
        if self.kind != "bool":
            raise self.problem(
                f"true or false is expected here, found {_SPOKEN[self.kind]}.", "Write `true` or `false`."
            )
        return self.text.lower() == "true"

    def number(self) -> float:
        """Read a decimal number."""
        if self.kind in ("int", "float"):
            try:
                return float(self.text)
            except ValueError:
                pass
        raise self.problem(
            f"a decimal number is expected here, found {_SPOKEN[self.kind]}.", "Write it as `4` or `6.9`."
        )

    def duration(self) -> timedelta:
        """Read a length of time such as `0m`, `5m`, `1h30m`, `2d`, `1w`."""
        text = self.text if self.kind == "str" else ""
        matched = _DURATION.fullmatch(text)
        if not text or matched is None:
            raise self.problem(
                f"`{self.text}` is not a length of time.",
                "Write numbers with units, largest first: `30s`, `5m`, `1h30m`, `2d`, `1w`.",
            )
        return timedelta(**{unit: int(count) for unit, count in matched.groupdict().items() if count})

    def zone(self) -> ZoneInfo:
        """Read the name of an IANA time zone."""
        try:
            return ZoneInfo(self.string())
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise self.problem(
                f"`{self.text}` is not a time zone.", "Use a name of the IANA list, such as `Europe/Berlin`."
            ) from error

    def time_of_day(self) -> time:
        """Read a local time of day such as `09:00`."""
        matched = _TIME_OF_DAY.fullmatch(self.string())
        if matched is None:
            raise self.problem(f"`{self.text}` is not a time of day.", 'Write it as "09:00", up to "23:59".')
        return time(int(matched["hour"]), int(matched["minute"]))

    def day(self) -> date:
        """Read a date such as `2026-12-25`."""
        text = self.string()
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a date has no zone)
        except ValueError as error:
            raise self.problem(f"`{text}` is not a date.", "Write it as `2026-12-25`.") from error


_SPOKEN = {
    "map": "a mapping",
    "seq": "a list",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}


def _refuse(problem: PackProblem) -> None:
    raise problem


def parse(text: str, path: str, *, twice: Twice = _refuse) -> Located:
    """Parse one YAML 1.2 document of at most `MAX_CHARACTERS`.

    Aliases (`*name`) and tags of one's own are refused: they make a file larger or other than it looks.
    `twice` is told of each key that stands twice; where it raises nothing the first one counts.
    Raises `PackProblem`.
    """
    start = Located(path=path, line=1, column=1, kind="null")
    if len(text) > MAX_CHARACTERS:
        raise start.problem(
            f"the file has {len(text)} characters, more than {MAX_CHARACTERS}.", "Split it, or shorten it."
        )
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PackProblem(
            f"this is not YAML: {error.problem or error.context}.",
            next_step="Correct the line; indentation by spaces and closed quotes are the usual causes.",
            path=path,
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else 1,
        ) from error
    except YAMLError as error:
        raise start.problem(
            "the file holds a character YAML forbids.", "Save it as UTF-8 text without control characters."
        ) from error
    except RecursionError as error:
        line, column = _too_deep(text)
        raise PackProblem(
            "this is nested too deeply.",
            next_step="Keep the file flat; a bracket that is not closed is the usual cause.",
            path=path,
            line=line,
            column=column,
        ) from error
    return start if node is None else _located(node, path, set(), twice)


def _too_deep(text: str) -> tuple[int, int]:
    """Return line and column of the first value that has more than `DEEPEST` others around it."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            return event.start_mark.line + 1, event.start_mark.column + 1
    return 1, 1


def _located(node: Node, path: str, seen: set[int], twice: Twice) -> Located:
    place: dict[str, Any] = {
        "path": path,
        "line": node.start_mark.line + 1,
        "column": node.start_mark.column + 1,
    }
    if id(node) in seen:
        raise PackProblem("an alias (`*name`) points here.", next_step="Write the value out twice.", **place)
    seen.add(id(node))
    kind = _kind(node)
    if kind not in _SPOKEN:
        raise PackProblem(f"the tag `{kind}` is not known.", next_step="Remove the tag.", **place)
    if isinstance(node, ScalarNode):
        return Located(kind=kind, text=node.value, **place)
    if isinstance(node, MappingNode):
        return Located(kind=kind, pairs=_pairs(node, path, seen, twice), **place)
    members = tuple(_located(child, path, seen, twice) for child in node.value)
    return Located(kind=kind, members=members, **place)


def _kind(node: Node) -> str:
    """Dates, `=` and `<<` are plain texts here: whoever reads them knows better what they mean."""
    kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
    return "str" if kind in ("timestamp", "value", "merge") else kind


def _pairs(node: MappingNode, path: str, seen: set[int], twice: Twice) -> tuple[tuple[Located, Located], ...]:
    pairs = []
    names: set[str] = set()
    for key_node, value_node in node.value:
        key = _located(key_node, path, seen, twice)
        name = key.string()
        value = _located(value_node, path, seen, twice)
        if name in names:
            twice(key.problem(f"the key `{name}` stands here twice.", "Keep one of the two."))
            continue
        names.add(name)
        pairs.append((key, value))
    return tuple(pairs)
