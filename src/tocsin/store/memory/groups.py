"""Groups of alerts, who is in them, and what was told of them, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from tocsin.domain.alert import Alert
from tocsin.domain.notification import NotificationGroup, Notified
from tocsin.domain.ports.groups import Member
from tocsin.store.memory.tables import Tables


class MemoryGroups:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def hold(self, group_ids: Sequence[str]) -> Mapping[str, NotificationGroup]:
        return {each: self._tables.groups[each] for each in group_ids if each in self._tables.groups}

    def of(self, group_ids: Sequence[str]) -> Mapping[str, NotificationGroup]:
        return self.hold(group_ids)

    def all(self) -> tuple[NotificationGroup, ...]:
        return tuple(sorted(self._tables.groups.values(), key=attrgetter("group_key", "group_id")))

    def save(self, groups: Sequence[NotificationGroup]) -> None:
        self._tables.groups.update((group.group_id, group) for group in groups)

    def end(self, group_ids: Sequence[str]) -> None:
        for group_id in group_ids:
            self._tables.groups.pop(group_id, None)
        gone = [key for key in self._tables.group_members if key[0] in set(group_ids)]
        for key in gone:
            del self._tables.group_members[key]

    def put(self, members: Sequence[Member]) -> None:
        self._tables.group_members.update(((each.group_id, each.fingerprint), each.alert) for each in members)

    def members_of(self, group_ids: Sequence[str]) -> tuple[Member, ...]:
        return tuple(member for member in self.members() if member.group_id in set(group_ids))

    def members(self) -> tuple[Member, ...]:
        return tuple(sorted(Member(*key, number) for key, number in self._tables.group_members.items()))

    def alerts_of(self, group_ids: Sequence[str]) -> Mapping[str, tuple[Alert, ...]]:
        found: dict[str, list[Alert]] = {}
        for member in self.members_of(group_ids):
            found.setdefault(member.group_id, []).append(self._tables.alerts[member.alert])
        return {group_id: tuple(those) for group_id, those in found.items()}

    def leave(self, members: Sequence[Member]) -> None:
        for member in members:
            key = member.group_id, member.fingerprint
            if self._tables.group_members.get(key) == member.alert:
                del self._tables.group_members[key]

    def notified(self, group_ids: Sequence[str]) -> tuple[Notified, ...]:
        return tuple(each for each in self._tables.notified.values() if each.group_id in set(group_ids))

    def keep(self, told: Sequence[Notified]) -> None:
        self._tables.notified.update(
            ((each.group_id, each.receiver, each.integration), each) for each in told
        )

    def forget(self, group_ids: Sequence[str]) -> None:
        self._drop(lambda each: each.group_id in set(group_ids))

    def forget_before(self, at: datetime) -> None:
        self._drop(lambda each: each.at < at)

    def _drop(self, is_gone: Callable[[Notified], bool]) -> None:
        for key in [key for key, each in self._tables.notified.items() if is_gone(each)]:
            del self._tables.notified[key]
