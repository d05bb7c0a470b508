"""Merge a report of an alert into what is known of it; its end is a lease that each resend moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tocsin.domain.alert import Alert, AlertReport
from tocsin.domain.errors import Explained
from tocsin.intake.fingerprint import fingerprint

RESOLVE_TIMEOUT = timedelta(minutes=5)
"""How long an alert lives whose sender names no end (Alertmanager's default `resolve_timeout`)."""

_LATEST = datetime.max.replace(tzinfo=UTC)
_UNSTORABLE = {code: "�" for code in (0, *range(0xD800, 0xE000))}
"""NUL and lone surrogates cannot be kept in every database; they become the replacement character."""


class AlertRefused(Explained):
    """A report that cannot be an alert; the other reports of the same body are not affected."""

    code = "alert_refused"

    def __init__(self, happened: str, next_step: str) -> None:
        super().__init__(
            happened, means="This one alert was not taken; nobody is called for it.", next_step=next_step
        )


class Change(StrEnum):
    """What a report changed.

    `NEW_EPISODE`: the alert is new, began again after it had ended, or is first heard of when already over;
    keep it as a new row. `UPDATED`: the same episode, and what a person reads has changed. `RESOLVED`: the
    episode was firing and is over. `RESENT`: nothing but the lease moved.
    """

    NEW_EPISODE = "new episode"
    UPDATED = "updated"
    RESOLVED = "resolved"
    RESENT = "resent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The alert as it stands after a report, and what the report changed."""

    alert: Alert
    change: Change


def merge(
    report: AlertReport, known: Alert | None, now: datetime, resolve_timeout: timedelta = RESOLVE_TIMEOUT
) -> Merged:
    """Merge a report into the latest known episode of the same fingerprint (None when there is none).

    The rules are Alertmanager's (`provider/mem` and `types.Alert.Merge`). A new episode has number 0 and no
    incident. `count` never falls and `evidence` belongs to the greatest count, so a repeated or late report
    changes nothing. Unlike there, an episode that was over before the known one began does not replace it.
    Raises `AlertRefused`.
    """
    heard = _heard(report, now, resolve_timeout)
    if known is None:
        return Merged(alert=heard, change=Change.NEW_EPISODE)
    if known.fingerprint != heard.fingerprint:
        raise ValueError(f"a report of {heard.fingerprint} cannot be merged into {known.fingerprint}")
    if _is_bygone(known, heard, now):
        return Merged(alert=known, change=Change.RESENT)
    alert = _united(known, heard, now) if _overlaps(known, heard) else heard
    if _begins_anew(known, heard, now):
        return Merged(alert=alert, change=Change.NEW_EPISODE)
    alert = _same_episode(known, alert)
    return Merged(alert=alert, change=_change(known, alert, now))


def fingerprint_of(report: AlertReport) -> str:
    """Return the fingerprint under which a report is merged: that of its labels without the empty ones."""
    return fingerprint(_labels(report.labels))


def lapsed(alert: Alert, now: datetime) -> bool:
    """Say whether the alert is over at `now`, by its sender's word or because its lease ran out unrenewed."""
    return alert.is_resolved(now)


def _heard(report: AlertReport, now: datetime, resolve_timeout: timedelta) -> Alert:
    labels = _labels(report.labels)
    if not labels:
        raise AlertRefused(
            "The alert has no label with a value.", "Give it at least one label, such as alertname."
        )
    if "" in labels:
        raise AlertRefused("The alert has a label without a name.", "Name every label of the alert.")
    starts_at, ends_at = _times(report, now, resolve_timeout)
    if ends_at < starts_at:
        raise AlertRefused(
            f"The alert ends at {ends_at.isoformat()}, before it starts at {starts_at.isoformat()}.",
            "Check the sender's clock and its startsAt and endsAt.",
        )
    return Alert(
        fingerprint=fingerprint(labels),
        source=report.source,
        labels=labels,
        annotations=_storable(report.annotations),
        starts_at=starts_at,
        ends_at=ends_at,
        ends_by_timeout=report.ends_at is None,
        updated_at=now,
        generator_url=report.generator_url.translate(_UNSTORABLE),
        count=report.count,
        evidence=tuple(text.translate(_UNSTORABLE) for text in report.evidence),
    )


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in _storable(labels).items() if text}


def _storable(texts: Mapping[str, str]) -> dict[str, str]:
    return {name.translate(_UNSTORABLE): text.translate(_UNSTORABLE) for name, text in texts.items()}


def _times(report: AlertReport, now: datetime, resolve_timeout: timedelta) -> tuple[datetime, datetime]:
    if report.ends_at is None:
        starts_at = report.starts_at or now
        # A sender whose clock runs ahead of ours must not lose its alert, so the lease begins no earlier.
        return starts_at, max(
            starts_at, min(max(starts_at, now), _LATEST - resolve_timeout) + resolve_timeout
        )
    return report.starts_at or min(now, report.ends_at), report.ends_at


def _overlaps(known: Alert, heard: Alert) -> bool:
    # Alertmanager has only the last two; without the first, an end that is told twice would be two episodes.
    if heard.starts_at == heard.ends_at == known.ends_at:
        return True
    return (
        known.starts_at < heard.ends_at < known.ends_at or known.starts_at < heard.starts_at < known.ends_at
    )


def _is_bygone(known: Alert, heard: Alert, now: datetime) -> bool:
    """A sender that tries again for hours may tell of an end after a newer beginning was heard."""
    earlier = heard.starts_at < known.starts_at and heard.ends_at < known.starts_at
    return earlier and heard.is_resolved(now)


def _united(known: Alert, heard: Alert, now: datetime) -> Alert:
    ends_at, by_timeout = heard.ends_at, heard.ends_by_timeout
    if heard.is_resolved(now):
        keeps_end = known.is_resolved(now) and known.ends_at > heard.ends_at
    else:
        keeps_end = known.ends_at > heard.ends_at and not known.ends_by_timeout
    if keeps_end:
        ends_at, by_timeout = known.ends_at, known.ends_by_timeout
    return replace(
        heard,
        starts_at=min(known.starts_at, heard.starts_at),
        ends_at=ends_at,
        ends_by_timeout=by_timeout,
    )


def _begins_anew(known: Alert, heard: Alert, now: datetime) -> bool:
    """An alert that fires after it was over needs a new look, even where the two spans touch."""
    fires_again = known.is_resolved(now) and not heard.is_resolved(now)
    apart = heard.starts_at >= known.ends_at or heard.ends_at <= known.starts_at
    touches = heard.starts_at == known.starts_at or heard.ends_at == known.ends_at
    return fires_again or (apart and not touches)


def _same_episode(known: Alert, alert: Alert) -> Alert:
    keeps_evidence = known.count > alert.count or not alert.evidence
    return replace(
        alert,
        number=known.number,
        incident_id=known.incident_id,
        count=max(known.count, alert.count),
        evidence=known.evidence if keeps_evidence else alert.evidence,
        muted_by=known.muted_by,
        inhibits=known.inhibits,
        over=known.over,
    )


def _change(known: Alert, alert: Alert, now: datetime) -> Change:
    if alert.is_resolved(now) and not known.is_resolved(now):
        return Change.RESOLVED
    as_before = replace(
        alert, ends_at=known.ends_at, ends_by_timeout=known.ends_by_timeout, updated_at=known.updated_at
    )
    return Change.RESENT if as_before == known else Change.UPDATED
