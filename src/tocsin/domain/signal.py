"""A signal: one raw telemetry record, kept with its bytes and native field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One record as a source sent it.

    `raw` are the record's own bytes (one JSON object). `record` is the same, decoded, with native field
    names. `time` is event time, aware UTC. `source` names who sent it. `position` is the record's place in
    its source (line number or lake offset); it orders signals of equal time.
    """

    raw: bytes
    record: Mapping[str, Any]
    time: datetime
    source: str
    position: int
