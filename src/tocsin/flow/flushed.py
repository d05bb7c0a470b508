"""What a group's last flush found, kept as bytes: who is told what, by which key, and what was muted."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.domain.alert import Alert

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushed:
    """One flush of a group.

    `tick` is the planned time of it and `at` the real one. `sends` are the keys of what was to be sent, by
    integration; `alerts` are the alerts to be told, as they were; `muted` says of fingerprints what kept
    them quiet; `over` are the numbers of resolved alerts, which leave once everybody was told.
    """

    tick: datetime
    at: datetime
    sends: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    muted: Mapping[str, str] = field(default_factory=dict)
    over: tuple[int, ...] = ()

    def dump(self) -> bytes:
        """Return it as bytes."""
        told = {
            "tick": self.tick.isoformat(),
            "at": self.at.isoformat(),
            "sends": dict(self.sends),
            "muted": dict(self.muted),
            "over": self.over,
            "alerts": [_written(alert) for alert in self.alerts],
        }
        return zlib.compress(json.dumps(told, separators=(",", ":")).encode("ascii"), 1)


def load(kept: bytes) -> Flushed:
    """Read what `dump` wrote."""
    told = json.loads(zlib.decompress(kept))
    return Flushed(
        tick=datetime.fromisoformat(told["tick"]),
        at=datetime.fromisoformat(told["at"]),
        sends=told["sends"],
        muted=told["muted"],
        over=tuple(told["over"]),
        alerts=tuple(_read(each) for each in told["alerts"]),
    )


def millis(at: datetime) -> int:
    """Return an instant as milliseconds since 1970."""
    return (at - _START) // _MILLISECOND


def _written(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "source": alert.source,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at.isoformat(),
        "ends_at": alert.ends_at.isoformat(),
        "updated_at": alert.updated_at.isoformat(),
        "generator_url": alert.generator_url,
        "number": alert.number,
    }


def _read(told: Mapping[str, Any]) -> Alert:
    instants = {name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at", "updated_at")}
    return Alert(**{**told, **instants})
