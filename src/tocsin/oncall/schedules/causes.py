"""Say in plain words why somebody is on call: by a layer, its hours, an override or a swap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tocsin.domain.local_time import WEEKDAYS
from tocsin.domain.override import Override, OverrideKind
from tocsin.oncall.schedules.schedule import FixedLayer, Layer, Restriction, Rotation, Schedule


class CauseKind(StrEnum):
    """What put a person on call."""

    LAYER = "layer"
    RESTRICTION = "restriction"
    OVERRIDE = "override"
    SWAP = "swap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why: `text` continues a sentence such as "Ben is on call by …"; times in it are local to a zone."""

    kind: CauseKind
    text: str
    layer: str = ""
    override_id: UUID | None = None


_UNITS = {
    Rotation.HOURLY: "hours",
    Rotation.DAILY: "days",
    Rotation.WEEKLY: "weeks",
    Rotation.MONTHLY: "months",
}


def of_layer(schedule: Schedule, layer: Layer | FixedLayer) -> Cause:
    """Return the cause of a turn in a layer."""
    where = f"layer “{layer.name}” of schedule “{schedule.name}”"
    if isinstance(layer, FixedLayer):
        return Cause(kind=CauseKind.LAYER, text=f"the calendar in {where}", layer=layer.name)
    turn = f"the {rhythm(layer)} in {where}"
    if not layer.restrictions:
        return Cause(kind=CauseKind.LAYER, text=turn, layer=layer.name)
    hours = "; ".join(spoken(one) for one in layer.restrictions)
    return Cause(
        kind=CauseKind.RESTRICTION, text=f"{turn} (only {hours}, {layer.zone.key})", layer=layer.name
    )


def of_override(override: Override, called: Callable[[str], str]) -> Cause:
    """Return the cause of somebody who is on call by an override; `called` gives a username's name."""
    whose = called(override.instead_of) if override.instead_of else "whoever was on call"
    by = f"asked by {called(override.asked_by)}"
    why = f": {override.reason}" if override.reason else ""
    if override.kind is OverrideKind.SWAP:
        return Cause(
            kind=CauseKind.SWAP, text=f"a swap with {whose} ({by}){why}", override_id=override.override_id
        )
    does = f"an override beside the others ({by})" if override.kind is OverrideKind.ADD else ""
    text = does or f"an override in place of {whose} ({by})"
    return Cause(kind=CauseKind.OVERRIDE, text=f"{text}{why}", override_id=override.override_id)


def rhythm(layer: Layer) -> str:
    """Return `weekly rotation`, or `rotation every 2 weeks`."""
    if layer.every == 1:
        return f"{layer.rotation} rotation"
    return f"rotation every {layer.every} {_UNITS[layer.rotation]}"


def spoken(restriction: Restriction) -> str:
    """Return `mon tue 09:00-17:00`."""
    days = " ".join(WEEKDAYS[day] for day in sorted(restriction.days))
    days = "every day" if len(restriction.days) == len(WEEKDAYS) else days
    return f"{days} {restriction.begins:%H:%M}-{restriction.ends:%H:%M}"
