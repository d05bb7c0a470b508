"""What Alertmanager's API shows: alerts with their state, computed when asked; groups; receivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from tocsin.app.wiring import App
from tocsin.domain.alert import Alert
from tocsin.domain.matchers import Matcher
from tocsin.domain.notification import NotificationGroup
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.silence import SilenceState
from tocsin.flow.in_force import InForce
from tocsin.triage.classify import Classified, classify
from tocsin.triage.inhibition import Inhibition, sources_wanted
from tocsin.triage.noise import Noise
from tocsin.triage.silencing import state_of

MOST_ALERTS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which alerts are asked for. `receiver` is a compiled pattern that must match a whole name."""

    active: bool = True
    silenced: bool = True
    inhibited: bool = True
    matchers: tuple[Matcher, ...] = ()
    receiver: Any = None

    def wants(self, seen: SeenAlert) -> bool:
        """Say whether an alert is asked for."""
        is_active = not seen.silenced_by and not seen.inhibited_by
        if (is_active and not self.active) or (seen.silenced_by and not self.silenced):
            return False
        if seen.inhibited_by and not self.inhibited:
            return False
        return all(matcher.matches(seen.alert.labels) for matcher in self.matchers)

    def wants_any(self, receivers: Sequence[str]) -> bool:
        """Say whether one of these receivers is asked for."""
        return self.receiver is None or any(self.receiver.fullmatch(name) for name in receivers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAlert:
    """An unresolved alert, who is to be told of it, and what mutes it now."""

    alert: Alert
    receivers: tuple[str, ...] = ()
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    """A group with those of its alerts that were asked for."""

    group: NotificationGroup
    alerts: tuple[SeenAlert, ...]


@dataclass(slots=True)
class _Sight:
    """What is needed to say how an alert stands, read once for all of them."""

    in_force: InForce | None
    noise: Noise
    classified: Callable[[Alert], Classified]
    inhibition: Inhibition
    now: datetime
    _known: dict[str, SeenAlert] = field(default_factory=dict)

    def seen(self, alert: Alert) -> SeenAlert:
        """Return the alert with its state."""
        found = self._known.get(alert.fingerprint)
        if found is None:
            found = SeenAlert(
                alert=alert,
                receivers=self.in_force.receivers_of(alert) if self.in_force else (),
                silenced_by=self._silenced_by(alert),
                inhibited_by=tuple(
                    source.fingerprint for source in self.inhibition.inhibiting(alert, self.now)
                ),
            )
            self._known[alert.fingerprint] = found
        return found

    def _silenced_by(self, alert: Alert) -> tuple[str, ...]:
        """What fits an alert may still not mute it, as for who is called; to classify is the dearer part."""
        if not any(each.fits(alert.labels) for each in self.noise.silences):
            return ()
        found = self.noise.silencing(alert, self.classified(alert), self.now)
        return tuple(sorted(str(each.silence_id) for each in found))


def alerts_seen(app: App, asked: Asked) -> tuple[SeenAlert, ...]:
    """Return the unresolved alerts that are asked for, by fingerprint."""
    with app.store.reading() as shelves:
        alerts, sight = _look(app, shelves)
    return tuple(
        seen
        for fingerprint in sorted(alerts)
        if asked.wants(seen := sight.seen(alerts[fingerprint])) and asked.wants_any(seen.receivers)
    )


def groups_seen(app: App, asked: Asked) -> tuple[SeenGroup, ...]:
    """Return the groups that hold alerts that are asked for, by their labels and then by receiver."""
    with app.store.reading() as shelves:
        alerts, sight = _look(app, shelves)
        groups, members = shelves.groups.all(), shelves.groups.members()
    by_number = {alert.number: alert for alert in alerts.values()}
    inside: dict[str, list[SeenAlert]] = {}
    for member in members:
        alert = by_number.get(member.alert)
        if alert is not None and asked.wants(seen := sight.seen(alert)):
            inside.setdefault(member.group_id, []).append(seen)
    found = [
        SeenGroup(group=group, alerts=tuple(inside[group.group_id]))
        for group in groups
        if group.group_id in inside and asked.wants_any((group.receiver,))
    ]
    return tuple(sorted(found, key=lambda each: (sorted(each.group.labels.items()), each.group.receiver)))


def _look(app: App, shelves: Shelves) -> tuple[Mapping[str, Alert], _Sight]:
    now = app.clock.now()
    alerts = {alert.fingerprint: alert for alert in shelves.alerts.unresolved(now, MOST_ALERTS)}
    silences = [
        each for each in shelves.silences.ending_after(now) if state_of(each, now) is SilenceState.ACTIVE
    ]
    in_force = app.take.notify.routing.in_force
    rules = in_force.configuration.inhibit_rules if in_force else ()
    inhibition = Inhibition(rules, sources_wanted(rules, alerts.values()))
    policies = app.policies
    noise = Noise(policies.noise, silences, Inhibition((), ()))
    classified = partial(classify, policy=policies.triage, words=policies.words)
    return alerts, _Sight(in_force, noise, classified, inhibition, now)
