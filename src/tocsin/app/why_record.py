"""The answer to "why was I paged?" as a record: one shape for REST and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tocsin.app.why import Answer, Sent, Told, Why
from tocsin.domain.alert import Alert
from tocsin.domain.attempt import Attempt
from tocsin.oncall.why import Fact

SCHEMA = "tocsin.why/2"


def record_of(answer: Why, now: datetime) -> Mapping[str, Any]:
    """Return the record `tocsin.why/2`; times are ISO 8601 in UTC, `basis` is `recorded` or `present`."""
    incident = answer.incident
    return {
        "alert": alert_record(answer.alert, now, incident.short_name if incident else ""),
        "incident": incident.short_name if incident else None,
        "policy": (incident.policy or "default") if incident else None,
        "sections": [
            {"name": each.part.value, "title": each.part.words, "facts": [_fact(one) for one in each.facts]}
            for each in answer.sections
        ],
        "receivers": [{"key": each.key, **_attempt(each)} for each in answer.told],
        "people": [_person(each) for each in answer.people],
    }


def alert_record(alert: Alert, now: datetime, incident: str) -> dict[str, Any]:
    """Return one alert as a row; `status` is firing, muted or resolved."""
    return {
        "id": alert.short_name,
        "status": alert.status(now).value,
        "title": alert.title,
        "source": alert.source,
        "count": alert.count,
        "incident": incident or None,
        "drill": alert.is_drill,
        "muted_by": alert.muted_by,
        "fingerprint": alert.fingerprint,
        "starts_at": iso(alert.starts_at),
        "ends_at": iso(alert.ends_at),
        "updated_at": iso(alert.updated_at),
    }


def iso(at: datetime | None) -> str | None:
    """Return ISO 8601 in UTC with `Z`; None stays None."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _fact(fact: Fact) -> dict[str, Any]:
    return {"at": iso(fact.at), "text": fact.text, "basis": fact.basis.value}


def _person(person: Answer) -> dict[str, Any]:
    return {
        "person": person.username,
        "was_paged": person.was_paged,
        "because": [_fact(each) for each in person.because],
        "pages": [_page(each) for each in person.pages],
        "notices": [_message(each) for each in person.notices],
    }


def _page(told: Told) -> dict[str, Any]:
    page = told.page
    return {
        "step": page.step + 1,
        "policy": page.policy or "default",
        "role": page.role,
        "reason": page.reason,
        "how": told.how,
        "requested_at": iso(page.requested_at),
        "acknowledge_by": iso(page.acknowledge_by),
        "acknowledged_at": iso(page.acknowledged_at),
        "messages": [_message(each) for each in told.sent],
    }


def _message(sent: Sent) -> dict[str, Any]:
    delivery = sent.delivery
    return {
        "key": delivery.key,
        "what": delivery.subject,
        "channel": delivery.channel,
        "address": delivery.shown_address,
        "state": delivery.state.value,
        "requested_at": iso(delivery.requested_at),
        "finished_at": iso(delivery.finished_at),
        "status": delivery.status,
        "answer": delivery.answer,
        "attempts": [_attempt(each) for each in sent.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": iso(attempt.at),
        "took_ms": attempt.took_ms,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "answer": attempt.answer,
    }
