"""Makes one flat record of a Windows event, with the field names that Sigma rules speak of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SYSTEM_ALONE = frozenset({"EventID", "Channel", "Provider_Name", "Computer", "EventRecordID"})
"""Fields that tell where a record comes from: an event's own data may not speak for them.

Event 104 ("log cleared"), for one, carries the name of the cleared log as `Channel`.
"""

_DATA = ("EventData", "UserData")


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event (the inside of `Event`) as one flat record.

    Attributes of System's tags are joined by `_` (`Provider_Name`, `TimeCreated_SystemTime`). Data
    keep their names without spaces, out of whatever nesting UserData has. Where data and System share a name
    the data win and System's value is kept as `System_NAME`; for `SYSTEM_ALONE` it is the other way round,
    and the data's value is kept as `EventData_NAME`.
    """
    record = dict(_system(event.get("System")))
    for name, value in _data(event):
        if name in SYSTEM_ALONE and name in record:
            record[f"EventData_{name}"] = value
            continue
        if name in record and f"System_{name}" not in record:
            record[f"System_{name}"] = record[name]
        record[name] = value
    return record


def _system(system: Any) -> Iterator[tuple[str, Any]]:
    for name, value in system.items() if isinstance(system, dict) else ():
        if not isinstance(value, dict):
            if value is not None:
                yield name, value
            continue
        attributes = value.get("#attributes")
        for key, inner in attributes.items() if isinstance(attributes, dict) else ():
            yield f"{name}_{key}", inner
        if value.get("#text") is not None:
            yield name, value["#text"]


def _data(event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of an event's data, inner ones in the place of what holds them."""
    pending = [pair for part in reversed(_DATA) for pair in _members(part, event.get(part))]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict) and "#text" not in value:
            pending += _members(name, value)
        else:
            yield name.replace(" ", ""), value["#text"] if isinstance(value, dict) else value


def _members(tag: str, value: Any) -> list[tuple[str, Any]]:
    """Return what a tag holds, last first; its attributes are named after it."""
    if not isinstance(value, dict):
        return []
    attributes = value.get("#attributes")
    own = attributes.items() if isinstance(attributes, dict) else ()
    named = [(f"{tag}_{name}", inner) for name, inner in own if name != "xmlns"]
    inside = [(name, inner) for name, inner in value.items() if not name.startswith("#")]
    return [*reversed(inside), *named]
