"""A silence: alerts that fit it call nobody for a while, by somebody's word and for a stated reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from tocsin.domain.matchers import Matcher


class SilenceState(StrEnum):
    """Where a silence stands. One that waits for a second person mutes nothing yet."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """When a silence comes again: an RFC 5545 rule (`FREQ=WEEKLY;BYDAY=SU`) whose local start times lie in
    `zone` (an IANA name), each time for `lasts`.
    """

    rule: str
    zone: str
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silence; it mutes from `starts_at` until before `ends_at`.

    `created_by` is what the client wrote, `owner` who was really signed in (a username, or `token:NAME`).
    `until_resolved` lets it end with the last alert that it mutes, at `ends_at` at the latest. With
    `recurrence` it mutes only inside the occurrences between its start and end. `needs_second` says that it
    mutes nothing until a second person has confirmed it; `second` is who did.
    """

    silence_id: UUID
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    created_by: str
    owner: str
    comment: str
    until_resolved: bool = False
    recurrence: Recurrence | None = None
    needs_second: bool = False
    second: str | None = None

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Say whether all matchers hold for the labels, whatever the time."""
        return all(matcher.matches(labels) for matcher in self.matchers)
