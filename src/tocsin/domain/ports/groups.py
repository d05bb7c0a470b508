"""Where groups of alerts are kept, who is in them, and what their receivers were last told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from tocsin.domain.alert import Alert
from tocsin.domain.notification import NotificationGroup, Notified


class Member(NamedTuple):
    """An alert in a group: `alert` is the number of the episode, of which a group has one a fingerprint."""

    group_id: str
    fingerprint: str
    alert: int


class GroupShelf(Protocol):
    """Groups of alerts that receivers are told of together. All methods take as many as there are."""

    def hold(self, group_ids: Sequence[str]) -> Mapping[str, NotificationGroup]:
        """Return those there are, by id; they change for nobody else until this transaction ends."""
        ...

    def of(self, group_ids: Sequence[str]) -> Mapping[str, NotificationGroup]:
        """Return those there are, by id, without holding them."""
        ...

    def all(self) -> tuple[NotificationGroup, ...]:
        """Return every group, by its key."""
        ...

    def save(self, groups: Sequence[NotificationGroup]) -> None:
        """Keep groups, each instead of what was kept under its id."""
        ...

    def end(self, group_ids: Sequence[str]) -> None:
        """Forget groups and who is in them; what was told of them stays."""
        ...

    def put(self, members: Sequence[Member]) -> None:
        """Put alerts into groups, each in place of the same fingerprint's earlier episode."""
        ...

    def members_of(self, group_ids: Sequence[str]) -> tuple[Member, ...]:
        """Return who is in some groups."""
        ...

    def members(self) -> tuple[Member, ...]:
        """Return who is in any group."""
        ...

    def alerts_of(self, group_ids: Sequence[str]) -> Mapping[str, tuple[Alert, ...]]:
        """Return the alerts of each of these groups that has any, as they are now, by fingerprint."""
        ...

    def leave(self, members: Sequence[Member]) -> None:
        """Take alerts out of groups, unless a newer episode has taken their place."""
        ...

    def notified(self, group_ids: Sequence[str]) -> tuple[Notified, ...]:
        """Return what the integrations of some groups were last told."""
        ...

    def keep(self, told: Sequence[Notified]) -> None:
        """Keep what integrations were told, each instead of what they were told before."""
        ...

    def forget(self, group_ids: Sequence[str]) -> None:
        """Forget what was told of some groups."""
        ...

    def forget_before(self, at: datetime) -> None:
        """Forget what was told before an instant."""
        ...
