"""Write what was carried over as an `oncall.yml` that people read and our own parser accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from tocsin.domain.local_time import WEEKDAYS
from tocsin.domain.severity import Severity
from tocsin.oncall.imports.carried import Carried, CarriedPerson, CarriedPolicy, CarriedSchedule, CarriedStep
from tocsin.oncall.policies import DEFAULT_POLICY
from tocsin.oncall.schedules.schedule import FixedLayer, Layer, Restriction, Schedule

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?: [A-Za-z0-9_-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def write(carried: Carried) -> str:
    """Return the text of the file."""
    parts = (
        _head(carried),
        _people(carried),
        _teams(carried),
        _schedules(carried),
        _policies(carried),
        _routes(carried),
    )
    return "\n".join("\n".join(part) for lines in parts if (part := list(lines))) + "\n"


def _head(carried: Carried) -> Iterator[str]:
    yield f"# Taken over from {carried.system} by `tocsin import {carried.system}`."
    yield "# Change it as you like: a later import replaces it only when it is told to."
    if carried.warnings:
        yield "#"
        yield "# What could not be carried over as it was:"
        yield from (f"# - {one}" for one in carried.warnings)
    yield ""


def _people(carried: Carried) -> Iterator[str]:
    yield "people:" if carried.people else "people: {}"
    for one in carried.people:
        yield f"  {_text(one.person.username)}:"
        yield f"    name: {_text(one.person.name)}"
        yield "    contacts:"
        for contact in one.person.contacts:
            yield f"      - {{channel: {contact.channel}, address: {_quoted(contact.address)}}}"
        yield from _rules(one)
    yield ""


def _rules(one: CarriedPerson) -> Iterator[str]:
    if one.rules:
        yield "    rules:"
    for name, steps in one.rules.items():
        written = ", ".join(f"{{after: {_length(after)}, by: [{', '.join(by)}]}}" for after, by in steps)
        yield f"      {name}: [{written}]"


def _teams(carried: Carried) -> Iterator[str]:
    if not carried.teams:
        return
    yield "teams:"
    for team in carried.teams:
        yield f"  {_text(team.name)}: {{members: [{_listed(team.members)}]}}"
    yield ""


def _schedules(carried: Carried) -> Iterator[str]:
    written = [line for one in carried.schedules for line in _schedule(one)]
    yield "schedules:" if written else "schedules: {}"
    yield from written
    yield ""


def _schedule(carried: CarriedSchedule) -> Iterator[str]:
    if len(carried.ours) > 1:
        yield f"  # Several are on call at once by {_text(carried.name)}: its schedules are called together."
    for ours in carried.ours:
        yield f"  {_text(ours.name)}:"
        yield f"    zone: {ours.zone.key}"
        yield "    layers:"
        yield from (line for layer in ours.layers for line in _layer(layer, ours))


def _layer(layer: Layer | FixedLayer, schedule: Schedule) -> Iterator[str]:
    assert isinstance(layer, Layer)
    yield f"      - name: {_text(layer.name)}"
    if layer.zone != schedule.zone:
        yield f"        zone: {layer.zone.key}"
    keys: Mapping[str, object] = {
        "rotation": layer.rotation.value,
        "every": layer.every if layer.every > 1 else None,
        "handover": f'"{layer.handover:%H:%M}"',
        "on": layer.on,
        "starts": layer.starts,
        "ends": layer.ends,
        "ends_at": f'"{layer.ends_at:%H:%M}"' if layer.ends_at else None,
        "people": f"[{_listed(layer.people)}]",
    }
    yield from (f"        {key}: {value}" for key, value in keys.items() if value is not None)
    if layer.restrictions:
        yield "        only:"
        yield from (f"          - {_window(one)}" for one in layer.restrictions)


def _window(one: Restriction) -> str:
    days = f"days: [{', '.join(WEEKDAYS[day] for day in sorted(one.days))}], " if len(one.days) < 7 else ""
    return f'{{{days}from: "{one.begins:%H:%M}", until: "{one.ends:%H:%M}"}}'


def _policies(carried: Carried) -> Iterator[str]:
    yield "policies:"
    for policy in carried.policies:
        yield f"  {_text(policy.name)}:"
        yield f"    repeat: {_rounds(policy)}"
        yield "    steps:"
        for severity in Severity:
            yield f"      {severity}:"
            yield from (f"        - {_step(step)}" for step in policy.steps)


def _step(step: CarriedStep) -> str:
    return f"{{after: {_length(step.after)}, page: [{_listed(step.page)}]}}"


def _rounds(policy: CarriedPolicy) -> str:
    again = min(policy.rounds - 1, 99)
    return f"{again} time{'s' if again > 1 else ''}" if again > 0 else "never"


def _routes(carried: Carried) -> Iterator[str]:
    if not carried.routes:
        return
    yield ""
    yield "# Whatever fits none of these is called by the policy `" + DEFAULT_POLICY + "`."
    yield "routes:"
    for route in carried.routes:
        name, when, policy = _text(route.name), _quoted(route.when), _text(route.policy)
        yield f"  - {{name: {name}, when: [{when}], policy: {policy}}}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(_text(name) for name in names)


def _text(name: str) -> str:
    """Write a text bare where YAML reads it as the same text, else in double quotes as JSON writes them."""
    bare = _BARE.fullmatch(name) and name.lower() not in _WORDS
    return name if bare else _quoted(name)


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    return (
        f"{minutes // 60}h{minutes % 60}m"
        if minutes >= 60 and minutes % 60
        else (f"{minutes // 60}h" if minutes >= 60 else f"{minutes}m")
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
