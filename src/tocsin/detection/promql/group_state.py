"""What a group remembers from one evaluation to the next, and across a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tocsin.domain.errors import Explained
from tocsin.domain.sample import Labels

_FORMAT = 1


class AlertStateUnreadable(Explained):
    """What a group remembered cannot be read back."""

    code = "alert_state_unreadable"


class Phase(Enum):
    """Where an alert stands; one that is not known at all is inactive."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """One alert of a rule. Times are milliseconds since 1970; `quiet_since_ms` starts `keep_firing_for`."""

    labels: Labels
    annotations: Labels
    phase: Phase
    active_at_ms: int
    fired_at_ms: int | None = None
    quiet_since_ms: int | None = None
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What one rule remembers: its alerts, and which series it wrote last."""

    alerts: tuple[Active, ...] = ()
    written: tuple[Labels, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """What a group remembers, by the rules' keys. The empty one is that of a new group."""

    evaluated_at_ms: int | None = None
    rules: Mapping[str, Memory] = field(default_factory=dict)

    def dump(self) -> bytes:
        """Return the state as bytes that `load` reads back."""
        rules = {key: [[_alert(each) for each in m.alerts], list(m.written)] for key, m in self.rules.items()}
        return json.dumps([_FORMAT, self.evaluated_at_ms, rules], separators=(",", ":")).encode()

    @classmethod
    def load(cls, dumped: bytes) -> GroupState:
        """Read a dumped state; of no bytes it is a new group's. Raises `AlertStateUnreadable`."""
        if not dumped:
            return cls()
        try:
            version, evaluated_at_ms, rules = json.loads(dumped)
            if version != _FORMAT:
                raise ValueError(f"its format is {version}")
            read = {key: _memory(*parts) for key, parts in rules.items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise AlertStateUnreadable(
                f"The remembered state of a rule group cannot be read: {error}.",
                means="Its alerts start anew: pending ones wait their time again, firing ones fire again.",
                next_step="Nothing need be done; if it happens again, check the disk.",
            ) from error
        return cls(evaluated_at_ms=evaluated_at_ms, rules=read)


def _alert(alert: Active) -> list[Any]:
    times = [alert.active_at_ms, alert.fired_at_ms, alert.quiet_since_ms]
    return [alert.labels, alert.annotations, alert.phase.value, times, alert.value]


def _memory(alerts: list[Any], written: list[Any]) -> Memory:
    return Memory(
        alerts=tuple(_active(*each) for each in alerts), written=tuple(_pairs(each) for each in written)
    )


def _active(labels: Any, annotations: Any, phase: str, times: list[Any], value: float) -> Active:
    active_at_ms, fired_at_ms, quiet_since_ms = times
    return Active(
        labels=_pairs(labels),
        annotations=_pairs(annotations),
        phase=Phase(phase),
        active_at_ms=active_at_ms,
        fired_at_ms=fired_at_ms,
        quiet_since_ms=quiet_since_ms,
        value=value,
    )


def _pairs(found: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in found)
