"""Which collectors start: those that the policy names for an incident, and those that an action needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from tocsin.domain.acting import Collector
from tocsin.domain.action import Demand
from tocsin.domain.alert import Alert
from tocsin.domain.expressions import holds, render
from tocsin.domain.incident import Incident
from tocsin.evidence.policy import EvidencePolicy

LAST_VOLATILITY = 9
"""A collector that nobody knows starts after all others; it can only become a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One collector to be started: with which arguments, for which object (empty: none in particular)."""

    collector: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    of: str = ""

    @property
    def mark(self) -> str:
        """Return what tells this start from others of the same collector: by object and arguments."""
        told = orjson.dumps([self.of, self.arguments], option=orjson.OPT_SORT_KEYS, default=str)
        return sha256(told).hexdigest()[:20]


def names_of(incident: Incident, alerts: Sequence[Alert]) -> Mapping[str, Any]:
    """Return what conditions and arguments of the policy may speak of: `incident.*` and `alert.*`.

    `alert` holds the labels of all the incident's alerts; of equal ones that of the first counts.
    """
    labels = {name: value for alert in reversed(alerts) for name, value in alert.labels.items()}
    told = {
        "id": incident.short_name,
        "title": incident.title,
        "type": incident.type,
        "severity": incident.severity.value,
        "status": incident.status.value,
    }
    return {"incident": told, "alert": labels}


def starts_at_opening(
    policy: EvidencePolicy, incident: Incident, alerts: Sequence[Alert]
) -> tuple[Start, ...]:
    """Return every collector that the policy names for the incident, each once, in the policy's order."""
    names = names_of(incident, alerts)
    found = [
        Start(collector=name, arguments=render(dict(each.arguments), names))
        for each in policy.opening
        if each.condition is None or holds(each.condition, names)
        for name in each.keep
    ]
    return tuple({(start.collector, start.mark): start for start in found}.values())


def starts_for(
    demands: Iterable[Demand], collectors: Mapping[str, Collector], arguments: Mapping[str, Any]
) -> tuple[Start, ...]:
    """Return a start for each demand; a collector is given those of the arguments that it has a name for."""
    found = []
    for demand in demands:
        wanted = _parameters(collectors, demand.collector)
        given = {name: arguments[name] for name in wanted if name in arguments}
        found.append(Start(collector=demand.collector, arguments=given, of=demand.of))
    return tuple(found)


def volatility_of(collectors: Mapping[str, Collector], name: str) -> int:
    """Return how soon what a collector reads is gone: 0 first."""
    known = collectors.get(name)
    return LAST_VOLATILITY if known is None else known.volatility


def why_it_cannot_start(collectors: Mapping[str, Collector], start: Start, *, can_encrypt: bool) -> str:
    """Say why a collector cannot even be asked, empty when it can."""
    known = collectors.get(start.collector)
    if known is None:
        return f"there is no collector {start.collector[:60]!r}"
    lacking = [name for name in known.parameters if start.arguments.get(name) in (None, "")]
    if lacking:
        return f"nobody told it {', '.join(lacking)}"
    if known.encrypts and not can_encrypt:
        return (
            "what it reads is kept only encrypted, and TOCSIN_EVIDENCE_RECIPIENTS does not name two age "
            "recipients (the case key and the escrow key)"
        )
    return ""


def _parameters(collectors: Mapping[str, Collector], name: str) -> tuple[str, ...]:
    known = collectors.get(name)
    return () if known is None else (*known.parameters, *known.options)
