"""An action that does not say all of itself does not load, and hears where it says too little."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.connectors.declared import declaration_of, read_declaration, time_limit_of
from tocsin.domain.action import ActionClass, ParameterKind, Repeat
from tocsin.domain.pack_file import Located, PackProblem, parse

LINES = """\
name: lab.lock
title: Lock a door
class: contain
arguments:
  doors: {summary: Which doors., kind: texts}
  pin: {summary: The pin., secret: true, required: false}
repeat: {by: same-value, rule: A locked door stays locked.}
undo: {does: Unlocks it., keeps: [locked]}
residual: {remains: The windows., lasts: 1h, closed_by: lab.shut}
blast: {unit: doors, counted: doors, per_run: 2, per_hour: 20}
rights: [{name: 'doors:write', why: to lock}]
needs: [lab.camera]
time_limit: 45s
"""


def keys_of(place: Located) -> dict[str, Located]:
    return {key.text: value for key, value in place.entries()}


def declared(text: str):
    place = parse(text, "actions.yml")
    keys = keys_of(place)
    repeat = keys_of(keys["repeat"]) if "repeat" in keys else {}
    return declaration_of(keys, place, repeat, keys_of(keys["undo"]) if "undo" in keys else None)


def test_all_of_it_is_read() -> None:
    one = declared(LINES)
    assert (one.name, one.title, one.action_class) == ("lab.lock", "Lock a door", ActionClass.CONTAIN)
    doors, pin = one.parameters
    assert (doors.kind, doors.required, doors.secret) == (ParameterKind.TEXTS, True, False)
    assert (pin.kind, pin.required, pin.secret) == (ParameterKind.TEXT, False, True)
    assert one.repeat is Repeat.SAME_VALUE
    assert one.undo is not None
    assert one.undo.keeps == ("locked",)
    assert (one.residual.lasts, one.residual.closed_by) == (timedelta(hours=1), "lab.shut")
    assert (one.blast.counted, one.blast.per_run, one.blast.per_hour) == ("doors", 2, 20)
    assert one.rights[0].name == "doors:write"
    assert (one.needs, one.time_limit_s) == (("lab.camera",), 45.0)


@pytest.mark.parametrize("key", ["name", "title", "class", "repeat", "residual", "blast", "rights", "undo"])
def test_without_one_of_them_it_does_not_load(key: str) -> None:
    left = "\n".join(line for line in LINES.splitlines() if not line.startswith(f"{key}:"))
    with pytest.raises(PackProblem, match=f"`{key}`") as raised:
        declared(left)
    assert (raised.value.path, raised.value.line) == ("actions.yml", 1)


@pytest.mark.parametrize(
    ("was", "becomes", "line"),
    [
        ("lab.lock", "Lock", 1),
        ("doors: {summary", "Doors: {summary", 5),
        ("pin: {summary", "body: {summary", 6),
        ("per_run: 2", "per_run: 0", 10),
        ("per_run: 2", "per_run: 1.5", 10),
        ("counted: doors", "counted: windows", 10),
        ("45s", "11m", 13),
        ("45s", "0s", 13),
        ("same-value", "luck", 7),
        ("class: contain", "class: magic", 3),
        ("undo:", "no_undo: It cannot.\nundo:", 1),
    ],
)
def test_what_makes_no_sense_is_pointed_at(was: str, becomes: str, line: int) -> None:
    with pytest.raises(PackProblem) as raised:
        declared(LINES.replace(was, becomes, 1))
    assert raised.value.line == line


def test_what_only_reads_has_nothing_to_undo() -> None:
    place = parse("name: lab.look\ntitle: Look\nclass: read\n", "actions.yml")
    one = declaration_of(keys_of(place), place, {}, None)
    assert (one.action_class, one.undo, one.time_limit_s) == (ActionClass.READ, None, 30.0)
    assert one.no_undo
    odd = parse("name: lab.look\ntitle: Look\nundo: {}\n", "actions.yml")
    with pytest.raises(PackProblem, match="what only reads has no `undo`"):
        read_declaration(keys_of(odd), odd)
    assert time_limit_of({}, 5.0) == 5.0
