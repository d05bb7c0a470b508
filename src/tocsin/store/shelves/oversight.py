"""Looks over the tables at once: each question is a statement or two, however much is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, QuerySet

from tocsin.domain.incident import Status
from tocsin.domain.job import JobState
from tocsin.domain.page import DeliveryState
from tocsin.domain.ports.oversight import Tops, Unanswered
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.store import models

AT_ONCE = 500
_ACTIVE = tuple(status.value for status in Status if status.is_active)
_EVER = datetime.min.replace(tzinfo=UTC)
_DELIVER = "deliver."


class DjangoOversight:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def dead(self, limit: int = 50, channel: str = "") -> tuple[str, ...]:
        messages = self._dead_messages(channel).order_by(F("finished_at").desc(nulls_last=True), "-id")
        jobs = self._dead_jobs(channel).order_by("-run_at", "-id")
        found = [
            *messages.values_list("finished_at", "key")[:limit],
            *jobs.values_list("run_at", "key")[:limit],
        ]
        found.sort(key=lambda each: each[0] or _EVER, reverse=True)
        return tuple(key for _, key in found[:limit])

    def count_dead(self, channel: str = "") -> int:
        return self._dead_messages(channel).count() + self._dead_jobs(channel).count()

    def died_since(self, at: datetime, apart: Collection[UUID] = ()) -> int:
        messages = self._dead_messages("").filter(finished_at__gte=at).exclude(incident__in=list(apart))
        return messages.count() + self._dead_jobs("").filter(run_at__gte=at).count()

    def sent_to(self, channel: str, address: str, limit: int = 20) -> tuple[str, ...]:
        rows = models.Delivery.objects.using(self._alias).filter(channel=channel, address=address)
        return tuple(rows.order_by("-id").values_list("key", flat=True)[:limit])

    def overdue(self, before: datetime) -> int:
        return self._jobs.filter(state=JobState.READY.value, run_at__lt=before).count()

    def tops(self) -> Tops:
        alert = models.Alert.objects.using(self._alias).aggregate(top=Max("number"))["top"]
        incident = self._incidents.aggregate(top=Max("number"))["top"]
        return Tops(alert=alert or 0, incident=incident or 0)

    def unanswered(self, limit: int = 5000, also: Collection[UUID] = ()) -> tuple[Unanswered, ...]:
        active = self._incidents.filter(status__in=_ACTIVE).order_by("number")
        found = list(_unanswered(active.filter(acknowledged_at=None)[:limit]))
        for some in _in_parts(also):
            found += _unanswered(active.filter(incident_id__in=some, acknowledged_at__isnull=False))
        return tuple(sorted(found, key=lambda each: each.number)[:limit])

    def opened(self, after: int, to: int) -> tuple[Unanswered, ...]:
        return _unanswered(self._incidents.filter(number__gt=after, number__lte=to).order_by("number"))

    def due(self, keys: Sequence[str]) -> Mapping[str, datetime]:
        ready = self._jobs.filter(state=JobState.READY.value)
        found: dict[str, datetime] = {}
        for some in _in_parts(keys):
            found.update(ready.filter(key__in=some).values_list("key", "run_at"))
        return found

    def happened_in(self, incidents: Sequence[UUID]) -> Mapping[UUID, frozenset[Happening]]:
        lines = models.TimelineLine.objects.using(self._alias)
        found: dict[UUID, set[Happening]] = {}
        for some in _in_parts(incidents):
            rows = lines.filter(incident__in=some).values_list("incident", "kind").distinct()
            for incident, kind in rows:
                found.setdefault(incident, set()).add(Happening(kind))
        return {incident: frozenset(kinds) for incident, kinds in found.items()}

    def unaccounted(self, after: int, to: int, limit: int = 100) -> tuple[int, ...]:
        story = models.AlertLine.objects.using(self._alias).filter(alert=OuterRef("number"))
        rows = models.Alert.objects.using(self._alias).filter(
            ~Exists(story), number__gt=after, number__lte=to, incident=None
        )
        return tuple(rows.order_by("number").values_list("number", flat=True)[:limit])

    def _dead_messages(self, channel: str) -> QuerySet[models.Delivery]:
        rows = models.Delivery.objects.using(self._alias).filter(state=DeliveryState.DEAD.value)
        return rows.filter(channel=channel) if channel else rows

    def _dead_jobs(self, channel: str) -> QuerySet[models.Job]:
        """Return dead jobs that are not those of a dead message, which is counted already."""
        message = models.Delivery.objects.using(self._alias).filter(
            key=OuterRef("key"), state=DeliveryState.DEAD.value
        )
        rows = self._jobs.filter(~Exists(message), state=JobState.DEAD.value)
        return rows.filter(kind=f"{_DELIVER}{channel}") if channel else rows

    @property
    def _jobs(self) -> QuerySet[models.Job]:
        return models.Job.objects.using(self._alias)

    @property
    def _incidents(self) -> QuerySet[models.Incident]:
        return models.Incident.objects.using(self._alias)


def _unanswered(rows: QuerySet[models.Incident]) -> tuple[Unanswered, ...]:
    columns = ("incident_id", "number", "severity", "policy", "drill", "opened_at")
    return tuple(
        Unanswered(
            incident_id=incident_id,
            number=number,
            severity=Severity(severity),
            policy=policy,
            drill=drill,
            opened_at=opened_at,
        )
        for incident_id, number, severity, policy, drill, opened_at in rows.values_list(*columns)
    )


def _in_parts(wanted: Iterable[object]) -> Iterable[list[object]]:
    """Cut into parts: a statement has room for so many values only."""
    rest = iter(wanted)
    while some := list(islice(rest, AT_ONCE)):
        yield some
