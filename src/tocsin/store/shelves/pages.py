"""Keeps pages, the deliveries of pages and notices, and the local Inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from tocsin.domain.attempt import Attempt
from tocsin.domain.page import Delivery, DeliveryState, Page
from tocsin.store import models
from tocsin.store.rows import change, find, find_all, insert, insert_once


class DjangoPages:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def add(self, page: Page) -> None:
        insert(models.Page(**_page_columns(page)), self._alias)

    def save(self, page: Page) -> None:
        change(models.Page, self._alias, _page_columns(page), page_id=page.page_id)

    def get(self, page_id: UUID) -> Page | None:
        row = find(models.Page, self._alias, page_id=page_id)
        return None if row is None else _page(row)

    def of_incident(self, incident_id: UUID) -> tuple[Page, ...]:
        rows = find_all(models.Page, self._alias, by=("requested_at", "id"), incident=incident_id)
        return tuple(_page(row) for row in rows)

    def called_between(self, start: datetime, end: datetime) -> Mapping[str, int]:
        rows = self._pages.filter(requested_at__gte=start, requested_at__lt=end).order_by()
        return dict(rows.values_list("person").annotate(Count("id")))

    def add_delivery(self, delivery: Delivery) -> None:
        insert(models.Delivery(**_delivery_columns(delivery)), self._alias)

    def save_delivery(self, delivery: Delivery) -> None:
        change(models.Delivery, self._alias, _delivery_columns(delivery), key=delivery.key)

    def delivery(self, key: str) -> Delivery | None:
        row = find(models.Delivery, self._alias, key=key)
        return None if row is None else _delivery(row)

    def deliveries_of(self, incident_id: UUID) -> tuple[Delivery, ...]:
        rows = find_all(models.Delivery, self._alias, by=("requested_at", "id"), incident=incident_id)
        return tuple(_delivery(row) for row in rows)

    def add_attempt(self, attempt: Attempt) -> None:
        insert(
            models.Attempt(
                key=attempt.key,
                number=attempt.number,
                at=attempt.at,
                took_ms=attempt.took_ms,
                outcome=attempt.outcome,
                status=attempt.status,
                answer=attempt.answer,
                digest=attempt.digest,
            ),
            self._alias,
        )

    def attempts(self, keys: Sequence[str]) -> tuple[Attempt, ...]:
        rows = models.Attempt.objects.using(self._alias).filter(key__in=keys).order_by("id")
        return tuple(
            Attempt(
                key=row.key,
                number=row.number,
                at=row.at,
                took_ms=row.took_ms,
                outcome=row.outcome,
                status=row.status,
                answer=row.answer,
                digest=row.digest,
            )
            for row in rows
        )

    @property
    def _pages(self) -> QuerySet[models.Page]:
        return models.Page.objects.using(self._alias)


class DjangoInbox:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def keep(self, key: str, person: str, subject: str, text: str, link: str, at: datetime) -> bool:
        row = models.InboxMessage(key=key, person=person, subject=subject, text=text, link=link, at=at)
        return insert_once(row, self._alias)

    def recent(self, limit: int = 50) -> tuple[Mapping[str, str], ...]:
        rows = models.InboxMessage.objects.using(self._alias).order_by("-id")[:limit]
        return tuple(
            {
                "key": row.key,
                "person": row.person,
                "subject": row.subject,
                "text": row.text,
                "link": row.link,
                "at": row.at.isoformat(),
            }
            for row in rows
        )


def _page_columns(page: Page) -> dict[str, Any]:
    return {
        "page_id": page.page_id,
        "incident": page.incident_id,
        "step": page.step,
        "person": page.person,
        "role": page.role,
        "reason": page.reason,
        "requested_at": page.requested_at,
        "acknowledge_by": page.acknowledge_by,
        "link_expires_at": page.link_expires_at,
        "link_used_at": page.link_used_at,
        "acknowledged_at": page.acknowledged_at,
        "policy": page.policy,
    }


def _page(row: models.Page) -> Page:
    return Page(
        page_id=row.page_id,
        incident_id=row.incident,
        step=row.step,
        person=row.person,
        role=row.role,
        reason=row.reason,
        requested_at=row.requested_at,
        acknowledge_by=row.acknowledge_by,
        link_expires_at=row.link_expires_at,
        link_used_at=row.link_used_at,
        acknowledged_at=row.acknowledged_at,
        policy=row.policy,
    )


def _delivery_columns(delivery: Delivery) -> dict[str, Any]:
    return {
        "key": delivery.key,
        "incident": delivery.incident_id,
        "page": delivery.page_id,
        "person": delivery.person,
        "channel": delivery.channel,
        "address": delivery.address,
        "subject": delivery.subject,
        "state": delivery.state.value,
        "requested_at": delivery.requested_at,
        "attempts": delivery.attempts,
        "finished_at": delivery.finished_at,
        "answer": delivery.answer,
        "status": delivery.status,
        "reference": delivery.reference,
    }


def _delivery(row: models.Delivery) -> Delivery:
    return Delivery(
        key=row.key,
        incident_id=row.incident,
        page_id=row.page,
        person=row.person,
        channel=row.channel,
        address=row.address,
        subject=row.subject,
        state=DeliveryState(row.state),
        requested_at=row.requested_at,
        attempts=row.attempts,
        finished_at=row.finished_at,
        answer=row.answer,
        status=row.status,
        reference=row.reference,
    )
