"""What a schedule asks of a calendar file; reading the format itself is told apart, as it costs much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from tocsin.domain.errors import Explained
from tocsin.domain.person import Person
from tocsin.oncall.schedules.schedule import FixedLayer, FixedTurn, laid_out


class CalendarRefused(Explained):
    """A calendar file cannot be read, or asks for more than is given."""

    code = "calendar_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a calendar says: turns that may overlap, and the names of events that named nobody we know."""

    turns: tuple[FixedTurn, ...]
    unknown: tuple[str, ...]

    def layer(self, name: str) -> FixedLayer:
        """Return the turns as a layer; of two that overlap the later one wins."""
        return laid_out(name, self.turns)


class CalendarFile(Protocol):
    """A file in the format of RFC 5545. Both raise `CalendarRefused`."""

    def turns(self, people: Mapping[str, Person], zone: ZoneInfo, start: datetime, end: datetime) -> Imported:
        """Return the turns that touch a span."""
        ...

    def holidays(self) -> frozenset[date]:
        """Return the days that its events cover."""
        ...


Files = Mapping[str, CalendarFile]
