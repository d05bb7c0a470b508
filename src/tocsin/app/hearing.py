"""What comes in is read by its connector, then taken; what cannot be read is set aside for replay."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from tocsin.app.counters import received
from tocsin.app.hooks import Hooks, is_hook
from tocsin.app.incomplete import IncompleteGroups
from tocsin.app.together import Together
from tocsin.connectors.alertmanager.inbound import (
    ReadAlerts,
    ReadWebhook,
    read_api_alerts,
    read_webhook,
)
from tocsin.connectors.refusal import BodyRefused, Refused
from tocsin.connectors.signals.formats import demand_format, read
from tocsin.domain.arrival import Arrival, Quarantined
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Explained, NotFound
from tocsin.domain.ports.keeping import SignalLake
from tocsin.domain.ports.shelves import Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.flow.take import Body, Take, Taken, Unreadable
from tocsin.intake.lease import RESOLVE_TIMEOUT
from tocsin.store.lake import checked_source

API_ALERTS = "alertmanager.api"
WEBHOOK = "alertmanager.webhook"
SIGNALS = "signals"
JSON = "application/json"
# Alertmanager repeats a firing group only every `repeat_interval` (4 h by default) and always tells the end.
WEBHOOK_LEASE = timedelta(hours=24)


class StillUnreadable(Explained):
    """A replay met the same fault again; what was set aside stays where it is."""

    code = "still_unreadable"


@dataclass(frozen=True, slots=True)
class AlertsHeard:
    """What to answer to a sender of alerts: Alertmanager's status and body, and what became of them."""

    taken: Taken
    status: int = 200
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class SignalsHeard:
    """How many signals were kept and how many set aside."""

    accepted: int
    quarantined: tuple[Quarantined, ...]


@dataclass(frozen=True, slots=True)
class Hearing:
    """All that is heard goes through here. Each method returns only once everything accepted is durable."""

    store: Store
    lake: SignalLake
    clock: Clock
    take: Take
    taking: Together[Body, Taken]
    ring: Callable[[], None]
    max_decoded: int
    hooks: Hooks
    groups: IncompleteGroups

    def api_alerts(self, body: bytes, content_type: str, *, source: str, sender: str) -> AlertsHeard:
        """Take a body of `POST /api/v2/alerts`. Raises `BodyRefused` once the body is quarantined."""
        arrival = self._arrival(API_ALERTS, source, body, sender)
        try:
            found = read_api_alerts(body, content_type, source=source)
        except BodyRefused as refused:
            self._set_aside(arrival, (Refused(body, refused.happened),))
            raise
        ended = sum(1 for each in found.reports if each.ends_at and each.ends_at <= arrival.received_at)
        received(len(found.reports) - ended, ended, len(found.refused))
        lease = self.take.notify.resolve_timeout
        body_read = Body(arrival, found.reports, _unreadable(found.refused), lease)
        return AlertsHeard(self.taking.ask(body_read), found.status, found.answer)

    def webhook(self, body: bytes, *, source: str, sender: str) -> AlertsHeard:
        """Take a webhook of Alertmanager, version 4. Raises `BodyRefused` once the body is quarantined."""
        arrival = self._arrival(WEBHOOK, source, body, sender)
        try:
            found = read_webhook(body, source=source)
        except BodyRefused as refused:
            self._set_aside(arrival, (Refused(body, refused.happened),))
            raise
        taken = self.taking.ask(Body(arrival, found.reports, _unreadable(found.refused), WEBHOOK_LEASE))
        self.groups.heard(found, source)
        return AlertsHeard(taken)

    def signals(
        self, body: bytes, content_encoding: str, *, source: str, sender: str, form: str = ""
    ) -> SignalsHeard:
        """Keep signals in the lake; `form` names their format, empty lets it be recognised.

        Raises `BodyRefused` once the body is quarantined, `SignalRefused` for a name that can be no source's,
        `UnknownFormat` for a format that there is not.
        """
        checked_source(source)
        if form:
            demand_format(form)
        arrival = self._arrival(f"{SIGNALS}.{form}" if form else SIGNALS, source, body, sender)
        try:
            found = read(body, content_encoding=content_encoding, max_decoded=self.max_decoded, form=form)
        except BodyRefused as refused:
            self._set_aside(arrival, (Refused(body, refused.happened),))
            raise
        kept = self._set_aside(arrival, found.refused)
        if found.lines:
            self.lake.append(source, found.lines)
            self.ring()
        return SignalsHeard(len(found.lines), kept)

    def replay(self, number: int, actor: str) -> str:
        """Put what was set aside through its intake again; return what came of it.

        Raises `NotFound`, and `StillUnreadable` when it cannot be understood today either.
        """
        with self.store.reading() as shelves:
            waiting = shelves.quarantine.get(number)
        if waiting is None or waiting.replayed_at is not None:
            raise NotFound(
                f"Nothing waits in quarantine as Q-{number}.",
                means="Nothing was replayed.",
                next_step="Look at `tocsin alert quarantine` for what waits.",
            )
        accepted = self._again(waiting)
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.quarantine.mark_replayed(number, now)
            note(shelves, Happening.REPLAYED, at=now, actor=actor, subject=waiting.short_name)
        return f"{waiting.short_name}: {accepted} accepted"

    def _again(self, waiting: Quarantined) -> int:
        try:
            if is_hook(waiting.connector):
                return self.hooks.again(waiting)
            return self._signals_again(waiting) if _is_signals(waiting) else self._alerts_again(waiting)
        except BodyRefused as error:
            raise _still(waiting, error.happened) from error

    def _signals_again(self, waiting: Quarantined) -> int:
        form = waiting.connector.removeprefix(SIGNALS).removeprefix(".")
        found = read(waiting.body, max_decoded=self.max_decoded, form=form)
        if found.refused:
            raise _still(waiting, found.refused[0].reason)
        self.lake.append(waiting.source, found.lines)
        self.ring()
        return len(found.lines)

    def _alerts_again(self, waiting: Quarantined) -> int:
        found: ReadAlerts | ReadWebhook
        if waiting.connector == WEBHOOK:
            found, lease = read_webhook(waiting.body, source=waiting.source), WEBHOOK_LEASE
        else:
            found = read_api_alerts(waiting.body, JSON, source=waiting.source)
            lease = RESOLVE_TIMEOUT
        if found.refused:
            raise _still(waiting, found.refused[0].reason)
        arrival = self._arrival(waiting.connector, waiting.source, waiting.body, "replay")
        return self.take.alerts(arrival, found.reports, resolve_timeout=lease).accepted

    def _arrival(self, connector: str, source: str, body: bytes, sender: str) -> Arrival:
        return Arrival(
            arrival_id=uuid4(),
            connector=connector,
            source=source,
            key=hashlib.sha256(body).hexdigest(),
            received_at=self.clock.now(),
            body=body,
            sender=sender,
        )

    def _set_aside(self, arrival: Arrival, refused: Sequence[Refused]) -> tuple[Quarantined, ...]:
        if not refused:
            return ()
        with self.store.transaction() as shelves:
            return tuple(self.take.set_aside(shelves, arrival, part) for part in _unreadable(refused))


def _is_signals(waiting: Quarantined) -> bool:
    """Say whether it came as signals; what follows a dot in the connector's name is their format."""
    return waiting.connector.partition(".")[0] == SIGNALS


def _unreadable(refused: Sequence[Refused]) -> tuple[Unreadable, ...]:
    return tuple(Unreadable(part.body, part.reason) for part in refused)


def _still(waiting: Quarantined, reason: str) -> StillUnreadable:
    return StillUnreadable(
        f"{waiting.short_name} still cannot be understood: {reason}.",
        means="It stays in quarantine, as it was.",
        next_step="Update Tocsin or correct the sender; then replay it again.",
    )
