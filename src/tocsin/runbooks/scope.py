"""What the expressions of a step may name: its own run, the incident and its alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tocsin.domain.action import Action
from tocsin.domain.alert import Alert
from tocsin.domain.incident import Incident
from tocsin.domain.run import StepRecord
from tocsin.domain.runbook import Runbook

_ROUND = re.compile(r"#(\d+)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a run is decided from beside itself.

    `actions` are those that the run has asked for, by number; `books` the runbooks that it calls, as they
    were when it began. `containments` are the names of actions, as runbooks write them, that change the
    world. `kept` are the collectors of the incident that have come to an end. `timeline` is the incident's,
    as text.
    """

    incident: Incident
    alerts: tuple[Alert, ...] = ()
    actions: Mapping[int, Action] = field(default_factory=dict)
    books: Mapping[str, Runbook] = field(default_factory=dict)
    containments: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    timeline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where in a run we are: `prefix` stands before the places of its steps.

    `base` is the prefix of the runbook that the steps belong to: a called one knows only its own steps.
    `forbid` is what it and all that called it forbid.
    """

    book: Runbook
    forbid: tuple[str, ...]
    prefix: str = ""
    base: str = ""
    depth: int = 0

    def in_round(self, place: str, number: int) -> Scope:
        """Return the scope of one round of the repeat at a place."""
        return replace(self, prefix=f"{place}#{number}/")

    def called(self, place: str, book: Runbook) -> Scope:
        """Return the scope of a runbook that is called at a place."""
        return Scope(
            book=book,
            forbid=(*self.forbid, *book.forbid),
            prefix=f"{place}.",
            base=f"{place}.",
            depth=self.depth + 1,
        )


def names_for(scope: Scope, records: Mapping[str, StepRecord], facts: Facts, now: datetime) -> dict[str, Any]:
    """Return the names of a scope: its steps by their ids (of repeated ones the last round), incident, alert.

    A step's answers and the outputs of its actions stand under its id side by side; an answer wins.
    """
    rounds: dict[str, tuple[int, ...]] = {}
    names: dict[str, Any] = {}
    for place, record in records.items():
        inside = place.removeprefix(scope.base)
        if not place.startswith(scope.base) or "." in inside:
            continue
        step_id, number = inside.rpartition("/")[2], tuple(int(found) for found in _ROUND.findall(inside))
        if step_id not in rounds or number > rounds[step_id]:
            rounds[step_id] = number
            names[step_id] = {**record.output, **record.answers}
    return {**names, "incident": _incident(facts, now), "alert": _alert(facts.alerts)}


def _incident(facts: Facts, now: datetime) -> dict[str, Any]:
    incident = facts.incident
    return {
        "id": incident.short_name,
        "name": incident.short_name,
        "number": incident.number,
        "title": incident.title,
        "description": incident.description,
        "severity": incident.severity.value,
        "type": incident.type,
        "status": incident.status.value,
        "services": list(incident.services),
        "commander": incident.commander,
        "detected_at": incident.detected_at,
        "opened_at": incident.opened_at,
        "age": now - incident.opened_at,
        "drill": incident.drill,
        "timeline": facts.timeline,
    }


def _alert(alerts: tuple[Alert, ...]) -> dict[str, Any]:
    """Return the alert that opened the incident: its own words, and its labels beside them."""
    if not alerts:
        return {}
    first = alerts[0]
    return {
        **first.labels,
        "id": first.short_name,
        "name": first.labels.get("alertname", ""),
        "title": first.title,
        "source": first.source,
        "labels": dict(first.labels),
        "annotations": dict(first.annotations),
        "starts_at": first.starts_at,
        "count": sum(each.count for each in alerts),
    }
