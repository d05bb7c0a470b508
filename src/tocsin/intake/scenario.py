"""Reads a drill's scenario and writes its signals, timed so that the story has just happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

from tocsin.domain.pack_file import Located, PackProblem, parse
from tocsin.intake.detected import DRILL_SOURCE

MAX_SIGNALS = 20_000
"""A drill shows an attack; it is no load test."""
TIME_FIELD = "time"
_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kind of signal: from `at` on, `repeat` times, one `every` so often.

    `template` is the signal with `{name}` where a value of the cycle `name` is put; the n-th repetition takes
    the n-th value, beginning anew after the last.
    """

    name: str
    at: timedelta
    every: timedelta
    repeat: int
    cycles: Mapping[str, tuple[str, ...]]
    template: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario file, checked. `plays_in` is how long it takes to play; the story itself may be longer."""

    path: str
    title: str
    description: str
    source: str
    plays_in: timedelta
    steps: tuple[Step, ...]

    @property
    def length(self) -> timedelta:
        """Return how long the story lasts by its own times."""
        return max(step.at + step.every * (step.repeat - 1) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Cue:
    """One signal of a play: send this NDJSON line (without a newline) so many seconds after the start."""

    delay_s: float
    line: bytes


def parse_scenario(text: str, path: str) -> Scenario:
    """Read a scenario file. Raises `PackProblem`."""
    root = parse(text, path).mapping(
        ("title", "description", "source", "plays_in", "steps"), required=("title", "source", "steps")
    )
    steps = tuple(_step(written) for written in root["steps"].sequence())
    if not steps:
        raise root["steps"].problem("the scenario has no step.", "Add at least one step with a signal.")
    if sum(step.repeat for step in steps) > MAX_SIGNALS:
        raise root["steps"].problem(
            f"the steps make more than {MAX_SIGNALS} signals.", "Lower a `repeat`; a drill is no load test."
        )
    return Scenario(
        path=path,
        title=root["title"].string(),
        description=root["description"].string().strip() if "description" in root else "",
        source=_source(root["source"]),
        plays_in=root["plays_in"].duration() if "plays_in" in root else _ONCE,
        steps=steps,
    )


def expand(scenario: Scenario, now: datetime) -> tuple[Cue, ...]:
    """Return the signals in the order of their times, the last of which is `now`.

    Times inside the story keep their distances, so that windows of rules see it as it would have been;
    the delays are the same distances pressed into `plays_in`.
    """
    length = scenario.length
    share = scenario.plays_in / length if length else 0.0
    timed = [
        (step.at + step.every * nth, place, step, nth)
        for place, step in enumerate(scenario.steps)
        for nth in range(step.repeat)
    ]
    timed.sort(key=lambda each: each[:2])
    return tuple(
        Cue(offset.total_seconds() * share, _line(step, nth, now - length + offset))
        for offset, _, step, nth in timed
    )


def _source(written: Located) -> str:
    source = written.string()
    if not source.startswith(DRILL_SOURCE) or source == DRILL_SOURCE:
        raise written.problem(
            f"the source `{source}` could be taken for a real one.", f"Begin it with `{DRILL_SOURCE}`."
        )
    return source


def _step(written: Located) -> Step:
    keys = written.mapping(
        ("name", "at", "every", "repeat", "cycle", "signal"), required=("name", "at", "signal")
    )
    cycles = (
        {name.text: _cycle(values) for name, values in keys["cycle"].entries()} if "cycle" in keys else {}
    )
    template = _template(keys["signal"], cycles)
    if not isinstance(template, dict):
        raise keys["signal"].problem(
            "a signal is a mapping of fields.", "Write `field: value` lines below it."
        )
    if TIME_FIELD in template:
        raise keys["signal"].problem(
            "the time of a signal follows from its step.", f"Remove `{TIME_FIELD}`; use `at` and `every`."
        )
    return Step(
        name=keys["name"].string(),
        at=keys["at"].duration(),
        every=keys["every"].duration() if "every" in keys else _ONCE,
        repeat=_repeat(keys["repeat"]) if "repeat" in keys else 1,
        cycles=cycles,
        template=template,
    )


def _repeat(written: Located) -> int:
    count = written.number()
    if count != int(count) or count < 1:
        raise written.problem(
            f"`{written.text}` is no number of repetitions.", "Write a whole number from 1."
        )
    return int(count)


def _cycle(written: Located) -> tuple[str, ...]:
    values = written.strings()
    if not values:
        raise written.problem("the cycle is empty.", "Name at least one value.")
    return values


def _template(written: Located, cycles: Mapping[str, tuple[str, ...]]) -> Any:
    """Return the written value as JSON would have it, with every `{name}` checked against the cycles."""
    if written.kind == "map":
        return {key.text: _template(value, cycles) for key, value in written.entries()}
    if written.kind == "seq":
        return [_template(member, cycles) for member in written.sequence()]
    if written.kind == "null":
        return None
    if written.kind == "bool":
        return written.boolean()
    if written.kind in ("int", "float"):
        number = written.number()
        return int(number) if number == int(number) else number
    _check_names(written, cycles)
    return written.text


def _check_names(written: Located, cycles: Mapping[str, tuple[str, ...]]) -> None:
    try:
        parts = [part[1:] for part in Formatter().parse(written.text) if part[1] is not None]
    except ValueError as error:
        raise _brace(written) from error
    for name, form, conversion in parts:
        # A width or a conversion has no use here, and a width could ask for any amount of memory.
        if form or conversion:
            raise _brace(written)
        if name not in cycles:
            raise written.problem(
                f"`{{{name}}}` is not a cycle of this step.",
                f"Use one of: {', '.join(sorted(cycles)) or '(there is none)'}; write {{{{ for a brace.",
            )


def _brace(written: Located) -> PackProblem:
    return written.problem(
        "a brace is not closed, or holds more than a name.", "Write {name}, and {{ or }} for a brace itself."
    )


def _line(step: Step, nth: int, at: datetime) -> bytes:
    chosen = {name: values[nth % len(values)] for name, values in step.cycles.items()}
    time = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    signal = {TIME_FIELD: time, **_filled(step.template, chosen)}
    return json.dumps(signal, separators=(",", ":"), ensure_ascii=False).encode()


def _filled(value: Any, chosen: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**chosen)
    if isinstance(value, list):
        return [_filled(member, chosen) for member in value]
    if isinstance(value, dict):
        return {key: _filled(member, chosen) for key, member in value.items()}
    return value
