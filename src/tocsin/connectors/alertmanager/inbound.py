"""Reads what Prometheus and Alertmanager post: bytes in, alert reports and refusals out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from tocsin.connectors.instant import instant_of
from tocsin.connectors.refusal import (
    BodyRefused,
    NotJson,
    Refusals,
    Refused,
    UnknownFormat,
    WrongContentType,
    detail_of,
)
from tocsin.domain.alert import AlertReport

WEBHOOK_VERSION = "4"

REQUIRED_MISSING = 602
"""go-openapi's own code for a required field that is not there; Alertmanager answers with it."""

MOST_REASONS_TOLD = 100

SHOWN_NUL = "␀"
"""PostgreSQL's text cannot hold NUL; it is shown by its symbol, because losing the alert would be worse."""


@dataclass(frozen=True, slots=True)
class ReadAlerts:
    """What a body of `POST /api/v2/alerts` said. The reports are good and to be kept whatever `status` is.

    `status` and `answer` are Alertmanager's own: 200 and nothing, else the first refusal's status and JSON.
    """

    reports: tuple[AlertReport, ...]
    refused: tuple[Refused, ...]
    status: int = 200
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class ReadWebhook:
    """What one webhook said. `truncated` is how many alerts of the group the sender left out."""

    reports: tuple[AlertReport, ...]
    refused: tuple[Refused, ...]
    truncated: int
    group_key: str
    receiver: str
    group_labels: Mapping[str, str] = field(default_factory=dict)


class _AlertRefused(Exception):
    """One alert cannot be taken, for a reason that people read."""


class _LabelsMissing(_AlertRefused):
    """Alertmanager answers this one differently (422)."""


def answer_of(refusal: BodyRefused) -> bytes:
    """Return the JSON body with which Alertmanager refuses a whole body."""
    return orjson.dumps({"code": refusal.status, "message": refusal.happened})


def read_api_alerts(body: bytes, content_type: str, *, source: str = "prometheus") -> ReadAlerts:
    """Read the array that Prometheus, amtool and others post.

    Raises `WrongContentType` (415) and `NotJson` (400, also for JSON that is no array); `answer_of` gives
    the body to answer with. A fault in one alert is collected and the others survive.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        shown = detail_of(ValueError(content_type))
        raise WrongContentType(f'unsupported media type "{shown}", only [application/json] are allowed')
    found = _decoded(body)
    if not isinstance(found, list):
        raise NotJson("The body is JSON but not an array of alerts.")
    reports: list[AlertReport] = []
    refusals = Refusals(lambda parts: _alone(parts, body))
    lacks_labels = False
    for sent in found:
        try:
            reports.append(_report(sent, source))
        except _AlertRefused as refusal:
            refusals.add(sent, str(refusal))
            lacks_labels = lacks_labels or isinstance(refusal, _LabelsMissing)
    refused = refusals.all()
    if not refused:
        return ReadAlerts(tuple(reports), ())
    reasons = "; ".join(part.reason for part in refused[:MOST_REASONS_TOLD])
    if lacks_labels:
        answer = orjson.dumps({"code": REQUIRED_MISSING, "message": reasons})
        return ReadAlerts(tuple(reports), refused, 422, answer)
    return ReadAlerts(tuple(reports), refused, 400, orjson.dumps(reasons))


def read_webhook(body: bytes, *, source: str = "alertmanager") -> ReadWebhook:
    """Read Alertmanager's webhook, version 4. Each alert's own status counts, not the group's.

    Raises `NotJson`, and `UnknownFormat` for another version (since Alertmanager 0.32 the body may be a
    user's own template). A fault in one alert is collected and the others survive.
    """
    found = _decoded(body)
    if not isinstance(found, dict):
        raise NotJson("The body is JSON but not an object.")
    if found.get("version") != WEBHOOK_VERSION or not isinstance(found.get("alerts"), list):
        raise UnknownFormat(f'The body is not an Alertmanager webhook of version "{WEBHOOK_VERSION}".')
    truncated = found.get("truncatedAlerts", 0)
    if type(truncated) is not int or truncated < 0:
        raise UnknownFormat("truncatedAlerts is not a whole number.")
    reports: list[AlertReport] = []
    refusals = Refusals(lambda parts: _alone(found | {"alerts": parts, "truncatedAlerts": 0}, body))
    for sent in found["alerts"]:
        try:
            reports.append(_webhook_report(sent, source))
        except _AlertRefused as refusal:
            refusals.add(sent, str(refusal))
    return ReadWebhook(
        tuple(reports),
        refusals.all(),
        truncated,
        _without_nul(_words(found, "groupKey")),
        _without_nul(_words(found, "receiver")),
        _group_labels(found),
    )


def _group_labels(found: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what the alerts of the group have in common; only used to find them again."""
    try:
        return _strings(found, "groupLabels")
    except _AlertRefused:
        return {}


def _alone(wrapped: Any, body: bytes) -> bytes:
    """Write alerts in their wrapping, or return the whole body when it nests too deeply for that."""
    try:
        return orjson.dumps(wrapped)
    except orjson.JSONEncodeError:
        return body


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"The body is not JSON: {detail_of(error)}.") from error


def _webhook_report(sent: Any, source: str) -> AlertReport:
    """Read one alert of a webhook; the sender's status says whether the end is real."""
    status = sent.get("status") if isinstance(sent, dict) else None
    if status == "firing":
        return _report(sent | {"endsAt": None}, source)
    if status == "resolved":
        report = _report(sent, source)
        if report.ends_at is None:
            raise _AlertRefused("the alert is resolved but has no endsAt")
        return report
    raise _AlertRefused('the alert has no status "firing" or "resolved"')


def _report(sent: Any, source: str) -> AlertReport:
    """Turn one alert into a report, or say why not, in Alertmanager's words where it has some."""
    if not isinstance(sent, dict):
        raise _AlertRefused("the alert is not an object")
    if sent.get("labels") is None:
        raise _LabelsMissing("labels in body is required")
    labels = {name: value for name, value in _strings(sent, "labels").items() if value}
    if not labels:
        raise _AlertRefused("at least one label pair required")
    if "" in labels:
        raise _AlertRefused('invalid label name ""')
    starts_at, ends_at = _time(sent, "startsAt"), _time(sent, "endsAt")
    if starts_at and ends_at and ends_at < starts_at:
        raise _AlertRefused("start time must be before end time")
    return AlertReport(
        source=source,
        labels=labels,
        annotations=_strings(sent, "annotations"),
        starts_at=starts_at,
        ends_at=ends_at,
        generator_url=_without_nul(_words(sent, "generatorURL")),
    )


def _strings(sent: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return an object of strings; absent or null is empty."""
    found = sent.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _AlertRefused(f"{name} must be an object whose values are strings")
    return {_without_nul(key): _without_nul(value) for key, value in found.items()}


def _words(sent: Mapping[str, Any], name: str) -> str:
    """Return a text that is for people only; anything else than a text is as good as absent."""
    found = sent.get(name)
    return found if isinstance(found, str) else ""


def _without_nul(text: str) -> str:
    return text.replace("\0", SHOWN_NUL)


def _time(sent: Mapping[str, Any], name: str) -> datetime | None:
    """Return the instant, None for unset: absent, null, or Go's zero time in the year 1."""
    text = sent.get(name)
    if text is None:
        return None
    found = instant_of(text) if isinstance(text, str) else None
    if found is None:
        raise _AlertRefused(f"{name} is not an RFC 3339 time")
    return found if found.year > 1 else None
