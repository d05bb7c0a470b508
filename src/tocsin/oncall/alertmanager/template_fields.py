"""What stands behind a dot in a template: the fields and methods of the few kinds of value there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from tocsin.oncall.alertmanager.template_functions import Refused
from tocsin.oncall.alertmanager.template_view import (
    FIRING,
    NEVER,
    RESOLVED,
    AlertView,
    AlertViews,
    Pair,
    Pairs,
    Texts,
    View,
    default_time,
    go_time,
    moved,
    sorted_pairs,
    with_status,
    without,
)

_Fields = Mapping[str, tuple[Callable[..., Any], int]]


def _read(**named: str) -> _Fields:
    """Return fields that are read from attributes."""
    return {name: (lambda value, of=of: getattr(value, of), 0) for name, of in named.items()}


def _names(pairs: Pairs) -> tuple[str, ...]:
    return tuple(pair.name for pair in pairs)


def _values(pairs: Pairs) -> tuple[str, ...]:
    return tuple(pair.value for pair in pairs)


def _removed(texts: Texts, names: Any) -> Texts:
    if not isinstance(names, tuple) or not all(isinstance(each, str) for each in names):
        raise Refused("Remove takes a list of names")
    return without(texts, names)


def _formatted(at: datetime, layout: Any) -> str:
    if not isinstance(layout, str):
        raise Refused("Format takes a text such as `15:04`")
    return go_time(at, layout)


_KNOWN: Mapping[type, _Fields] = MappingProxyType(
    {
        View: _read(
            Receiver="receiver",
            Status="status",
            Alerts="alerts",
            GroupLabels="group_labels",
            CommonLabels="common_labels",
            CommonAnnotations="common_annotations",
            ExternalURL="external_url",
        ),
        AlertView: _read(
            Status="status",
            Labels="labels",
            Annotations="annotations",
            StartsAt="starts_at",
            EndsAt="ends_at",
            GeneratorURL="generator_url",
            Fingerprint="fingerprint",
        ),
        AlertViews: {
            "Firing": (lambda alerts: with_status(alerts, FIRING), 0),
            "Resolved": (lambda alerts: with_status(alerts, RESOLVED), 0),
        },
        Texts: {
            "SortedPairs": (sorted_pairs, 0),
            "Names": (lambda texts: _names(sorted_pairs(texts)), 0),
            "Values": (lambda texts: _values(sorted_pairs(texts)), 0),
            "Remove": (_removed, 1),
        },
        Pairs: {"Names": (_names, 0), "Values": (_values, 0)},
        Pair: _read(Name="name", Value="value"),
        datetime: {
            "Format": (_formatted, 1),
            "String": (default_time, 0),
            "UTC": (lambda at: moved(at, UTC), 0),
            "Local": (lambda at: moved(at, UTC), 0),
            "Unix": (lambda at: int(at.timestamp()), 0),
            "IsZero": (lambda at: at == NEVER, 0),
            "Year": (lambda at: at.year, 0),
            "Month": (lambda at: f"{at:%B}", 0),
            "Day": (lambda at: at.day, 0),
            "Weekday": (lambda at: f"{at:%A}", 0),
            "Hour": (lambda at: at.hour, 0),
            "Minute": (lambda at: at.minute, 0),
            "Second": (lambda at: at.second, 0),
        },
    }
)


def field_of(value: Any, name: str, taken: tuple[Any, ...]) -> Any:
    """Return a field, what a method gives for the values `taken`, or the label of that name.

    A label that is not there is the empty text. Raises `Refused`.
    """
    known = _KNOWN.get(type(value), {})
    if name in known:
        read, wanted = known[name]
        if len(taken) != wanted:
            raise Refused(f"{name} takes {wanted} values, not {len(taken)}")
        return read(value, *taken)
    if taken:
        raise Refused(f"{name} is no method, it takes no values")
    if isinstance(value, Texts):
        return value.get(name, "")
    raise Refused(f"there is no field {name} here")
