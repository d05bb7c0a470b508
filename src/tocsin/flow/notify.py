"""Receivers are told of groups of alerts, in Alertmanager's way: waited for, merged, repeated, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.alert import Alert
from tocsin.domain.ports.shelves import Shelves


@dataclass(frozen=True, slots=True)
class Notify:
    """The chapter of notifications; without a configuration nobody is told in this way."""

    def heard(self, shelves: Shelves, alerts: Sequence[Alert], now: datetime) -> None:
        """Alerts began, changed or ended: put them into their groups, inside the caller's transaction."""
