"""Read schedules as people write them in `oncall.yml`; every mistake is named with its line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

from tocsin.domain.local_time import WEEKDAYS, instant
from tocsin.domain.pack_file import Located
from tocsin.domain.person import Person
from tocsin.oncall.schedules.calendar_file import CalendarRefused, Files
from tocsin.oncall.schedules.schedule import FixedLayer, Layer, Restriction, Rotation, Schedule

MAX_EVERY = 10_000
MAX_LAYERS = 50
MAX_PEOPLE = 500
CALENDAR_YEARS = (2020, 2040)
"""Turns that a calendar file names outside of these years are left out, the last one excluded."""
_SIMPLE = ("zone", "rotation", "handover", "starts", "people")
_ROTATING = ("rotation", "handover", "starts", "people")
_LAYER = (*_SIMPLE, "name", "every", "on", "ends", "ends_at", "only")
_LAYERED = ("zone", "layers", "temporary", "backup")
_EARLIEST, _LATEST = date(1970, 1, 1), date(2200, 1, 1)

People = Mapping[str, Person] | Collection[str]


def read_schedules(written: Located, people: People, files: Files | None = None) -> Mapping[str, Schedule]:
    """Read a mapping of names to schedules; `people` are those who may be named.

    `files` are calendar files, by the names with which a layer asks for one (`calendar:`). Raises
    `PackProblem`.
    """
    alone = {name.text: read_schedule(name.text, body, people, files) for name, body in written.entries()}
    found = dict(alone)
    for name, body in written.entries():
        backup = dict((key.text, value) for key, value in body.entries()).get("backup")
        if backup is not None:
            others = [other for other in alone if other != name.text]
            found[name.text] = replace(found[name.text], backup=alone[backup.choice(others)])
    return found


def read_schedule(name: str, written: Located, people: People, files: Files | None = None) -> Schedule:
    """Read one schedule: layers, or the simple form in which the schedule itself is the only layer.

    Its `backup` is left to `read_schedules`, which knows the others. Raises `PackProblem`.
    """
    names = {key: person.name for key, person in people.items()} if isinstance(people, Mapping) else {}
    if "layers" not in {key.text for key, _ in written.entries()}:
        keys = written.mapping((*_LAYER, "backup"), required=_SIMPLE)
        zone = keys["zone"].zone()
        only = _layer(keys, people, zone, keys["rotation"].text)
        return Schedule(name=name, zone=zone, layers=(only,), names=names)
    keys = written.mapping(_LAYERED, required=("zone", "layers"))
    zone = keys["zone"].zone()
    layers = [_either(member, people, zone, files or {}) for member in _bounded(keys["layers"])]
    if "temporary" in keys:
        layers += [_temporary(member, people, zone) for member in _bounded(keys["temporary"])]
    return Schedule(name=name, zone=zone, layers=_named_once(written, tuple(layers)), names=names)


def _bounded(written: Located) -> tuple[Located, ...]:
    members = written.sequence()
    if len(members) > MAX_LAYERS:
        raise written.problem(
            f"{len(members)} layers are more than {MAX_LAYERS}.", "Split them over several schedules."
        )
    return members


def _named_once(written: Located, layers: tuple[Layer | FixedLayer, ...]) -> tuple[Layer | FixedLayer, ...]:
    names = [layer.name for layer in layers]
    for name in names:
        if names.count(name) > 1:
            raise written.problem(f"two layers are called `{name}`.", "Give each layer a name of its own.")
    return layers


def _either(written: Located, people: People, zone: ZoneInfo, files: Files) -> Layer | FixedLayer:
    if "calendar" not in {key.text for key, _ in written.entries()}:
        keys = written.mapping(_LAYER, required=_ROTATING)
        return _layer(keys, people, zone, keys["rotation"].text)
    keys = written.mapping(("name", "calendar"), required=("calendar",))
    file = keys["calendar"]
    asked = files[file.choice(tuple(files))]
    known = people if isinstance(people, Mapping) else {}
    first, last = (instant(date(year, 1, 1), time(), zone) for year in CALENDAR_YEARS)
    try:
        read = asked.turns(known, zone, first, last)
    except CalendarRefused as refusal:
        raise file.problem(
            f"`{file.text}` cannot be used: {refusal.happened}", refusal.next_step
        ) from refusal
    return read.layer(keys["name"].string() if "name" in keys else file.text)


def _temporary(written: Located, people: People, zone: ZoneInfo) -> Layer:
    keys = written.mapping(_LAYER, required=(*_ROTATING, "ends"))
    return _layer(keys, people, zone, f"from {keys['starts'].text}")


def _layer(keys: Mapping[str, Located], people: People, zone: ZoneInfo, unnamed: str) -> Layer:
    rotation = Rotation(keys["rotation"].choice(tuple(Rotation)))
    layer = Layer(
        name=keys["name"].string() if "name" in keys else unnamed,
        zone=keys["zone"].zone() if "zone" in keys else zone,
        rotation=rotation,
        handover=keys["handover"].time_of_day(),
        starts=_day(keys["starts"]),
        people=_people(keys["people"], people),
        every=_whole(keys["every"], 1, MAX_EVERY) if "every" in keys else 1,
        on=_on(keys["on"], rotation) if "on" in keys else None,
        ends=_day(keys["ends"]) if "ends" in keys else None,
        ends_at=keys["ends_at"].time_of_day() if "ends_at" in keys else None,
        restrictions=_restrictions(keys["only"]) if "only" in keys else (),
    )
    if layer.ends is not None and (layer.ends, layer.ends_at or layer.handover) <= (
        layer.starts,
        layer.handover,
    ):
        raise keys["ends"].problem("the layer ends before it starts.", "Give it an end after its start.")
    return layer


def _day(written: Located) -> date:
    day = written.day()
    if not _EARLIEST <= day <= _LATEST:
        raise written.problem(f"{day} is too far away.", f"Write a date from {_EARLIEST} to {_LATEST}.")
    return day


def _whole(written: Located, least: int, most: int) -> int:
    number = written.number()
    if number != int(number) or not least <= number <= most:
        raise written.problem(f"`{written.text}` is not possible here.", f"Write {least} to {most}.")
    return int(number)


def _on(written: Located, rotation: Rotation) -> int:
    if rotation is Rotation.WEEKLY:
        return WEEKDAYS.index(written.choice(WEEKDAYS))
    if rotation is Rotation.MONTHLY:
        return _whole(written, 1, 31)
    raise written.problem(
        f"`on` says nothing in a rotation that is {rotation}.", "Leave it out, or make it weekly or monthly."
    )


def _people(written: Located, people: Collection[str]) -> tuple[str, ...]:
    members = written.sequence()
    if not 1 <= len(members) <= MAX_PEOPLE:
        raise written.problem(
            f"{len(members) or 'nobody'} in the rotation.", f"Name 1 to {MAX_PEOPLE} people."
        )
    for member in members:
        if member.string() not in people:
            raise member.problem(
                f"`{member.text}` is not listed under `people`.", "Add the person there, or correct the name."
            )
    return tuple(member.text for member in members)


def _restrictions(written: Located) -> tuple[Restriction, ...]:
    return tuple(_restriction(member) for member in _bounded(written))


def _restriction(written: Located) -> Restriction:
    keys = written.mapping(("days", "from", "until"), required=("from", "until"))
    days = keys["days"].sequence() if "days" in keys else ()
    if "days" in keys and not days:
        raise keys["days"].problem("there is no day.", "Name at least one, or leave `days` out for all.")
    return Restriction(
        days=frozenset(WEEKDAYS.index(day.choice(WEEKDAYS)) for day in days) or frozenset(range(7)),
        begins=keys["from"].time_of_day(),
        ends=keys["until"].time_of_day(),
    )
