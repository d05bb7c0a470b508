"""Keeps groups of alerts, who is in them, and what their receivers were last told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connections

from tocsin.domain.alert import Alert
from tocsin.domain.notification import NotificationGroup, Notified
from tocsin.domain.ports.groups import Member
from tocsin.store import models
from tocsin.store.rows import digest_of
from tocsin.store.shelves.alerts import alert_of

AT_ONCE = 500

T = TypeVar("T")


class DjangoGroups:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def hold(self, group_ids: Sequence[str]) -> Mapping[str, NotificationGroup]:
        return self._found(group_ids, for_us=connections[self._alias].features.has_select_for_update)

    def of(self, group_ids: Sequence[str]) -> Mapping[str, NotificationGroup]:
        return self._found(group_ids, for_us=False)

    def _found(self, group_ids: Sequence[str], *, for_us: bool) -> Mapping[str, NotificationGroup]:
        found: dict[str, NotificationGroup] = {}
        for ids in _slices(sorted(group_ids)):
            rows = models.NotificationGroup.objects.using(self._alias).filter(group_id__in=ids)
            if for_us:
                rows = rows.order_by("group_id").select_for_update()
            found.update((row.group_id, _group(row)) for row in rows)
        return found

    def all(self) -> tuple[NotificationGroup, ...]:
        rows = models.NotificationGroup.objects.using(self._alias).order_by("group_key", "group_id")
        return tuple(_group(row) for row in rows)

    def save(self, groups: Sequence[NotificationGroup]) -> None:
        rows = [
            models.NotificationGroup(**_group_columns(group))
            for group in sorted(groups, key=lambda each: each.group_id)
        ]
        models.NotificationGroup.objects.using(self._alias).bulk_create(
            rows,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["group_id"],
            update_fields=[
                "group_key",
                "route",
                "receiver",
                "labels",
                "created_at",
                "flush_at",
                "flushed_at",
            ],
        )

    def end(self, group_ids: Sequence[str]) -> None:
        for ids in _slices(sorted(group_ids)):
            models.GroupMember.objects.using(self._alias).filter(group_id__in=ids).delete()
            models.NotificationGroup.objects.using(self._alias).filter(group_id__in=ids).delete()

    def put(self, members: Sequence[Member]) -> None:
        rows = [models.GroupMember(**member._asdict()) for member in sorted(members)]
        models.GroupMember.objects.using(self._alias).bulk_create(
            rows,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["group_id", "fingerprint"],
            update_fields=["alert"],
        )

    def members_of(self, group_ids: Sequence[str]) -> tuple[Member, ...]:
        found: list[Member] = []
        for ids in _slices(group_ids):
            rows = models.GroupMember.objects.using(self._alias).filter(group_id__in=ids)
            found += (Member(*row) for row in rows.values_list("group_id", "fingerprint", "alert"))
        return tuple(sorted(found))

    def members(self) -> tuple[Member, ...]:
        rows = models.GroupMember.objects.using(self._alias).order_by("group_id", "fingerprint")
        return tuple(Member(*row) for row in rows.values_list("group_id", "fingerprint", "alert"))

    def alerts_of(self, group_ids: Sequence[str]) -> Mapping[str, tuple[Alert, ...]]:
        members = self.members_of(group_ids)
        alerts: dict[int, Alert] = {}
        for numbers in _slices(sorted({member.alert for member in members})):
            rows = models.Alert.objects.using(self._alias).filter(number__in=numbers)
            alerts.update((row.number, alert_of(row)) for row in rows)
        found: dict[str, list[Alert]] = {}
        for member in members:
            found.setdefault(member.group_id, []).append(alerts[member.alert])
        return {group_id: tuple(those) for group_id, those in found.items()}

    def leave(self, members: Sequence[Member]) -> None:
        of_group: dict[str, list[int]] = {}
        for member in members:
            of_group.setdefault(member.group_id, []).append(member.alert)
        for group_id in sorted(of_group):
            for numbers in _slices(of_group[group_id]):
                rows = models.GroupMember.objects.using(self._alias)
                rows.filter(group_id=group_id, alert__in=numbers).delete()

    def notified(self, group_ids: Sequence[str]) -> tuple[Notified, ...]:
        found: list[Notified] = []
        for ids in _slices(group_ids):
            rows = models.Notified.objects.using(self._alias).filter(group_id__in=ids)
            found += (_notified(row) for row in rows)
        return tuple(found)

    def keep(self, told: Sequence[Notified]) -> None:
        rows = [models.Notified(**_notified_columns(each)) for each in told]
        models.Notified.objects.using(self._alias).bulk_create(
            sorted(rows, key=lambda row: row.digest),
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["firing", "resolved", "at"],
        )

    def forget(self, group_ids: Sequence[str]) -> None:
        for ids in _slices(group_ids):
            models.Notified.objects.using(self._alias).filter(group_id__in=ids).delete()

    def forget_before(self, at: datetime) -> None:
        models.Notified.objects.using(self._alias).filter(at__lt=at).delete()


def _slices(asked: Sequence[T]) -> Iterator[Sequence[T]]:
    return (asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE))


def _group_columns(group: NotificationGroup) -> dict[str, Any]:
    return {
        "group_id": group.group_id,
        "group_key": group.group_key,
        "route": group.route,
        "receiver": group.receiver,
        "labels": dict(group.labels),
        "created_at": group.created_at,
        "flush_at": group.flush_at,
        "flushed_at": group.flushed_at,
    }


def _notified_columns(told: Notified) -> dict[str, Any]:
    return {
        "digest": digest_of(told.group_id, told.receiver, told.integration),
        "group_id": told.group_id,
        "receiver": told.receiver,
        "integration": told.integration,
        "firing": list(told.firing),
        "resolved": list(told.resolved),
        "at": told.at,
    }


def _group(row: models.NotificationGroup) -> NotificationGroup:
    return NotificationGroup(
        group_id=row.group_id,
        group_key=row.group_key,
        route=row.route,
        receiver=row.receiver,
        labels=row.labels,
        created_at=row.created_at,
        flush_at=row.flush_at,
        flushed_at=row.flushed_at,
    )


def _notified(row: models.Notified) -> Notified:
    return Notified(
        group_id=row.group_id,
        receiver=row.receiver,
        integration=row.integration,
        firing=tuple(row.firing),
        resolved=tuple(row.resolved),
        at=row.at,
    )
