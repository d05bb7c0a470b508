"""Builds what tells the receivers of an `alertmanager.yml`, one notifier a kind of integration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from tocsin.connectors.catalogue import load, manifests
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import Notifier, Receipt


@dataclass(frozen=True, slots=True)
class _OnFirstUse:
    """Imports and makes a notifier when the first notification of its kind is there: most are never used."""

    make: Callable[[], Notifier]

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        return self.make().notify(notification, integration)


def notifier_kinds() -> tuple[str, ...]:
    """Return the kinds of integration that some connector tells; none of its code is imported."""
    return tuple(kind for manifest in manifests() for kind, _ in manifest.notifiers)


def build_notifiers(clock: Clock) -> Mapping[str, Notifier]:
    """Return the notifiers by kind (`webhook`, `slack` ...)."""
    return {
        kind: _OnFirstUse(_made_once(place, clock))
        for manifest in manifests()
        for kind, place in manifest.notifiers
    }


def _made_once(place: str, clock: Clock) -> Callable[[], Notifier]:
    @cache
    def make() -> Notifier:
        made: Notifier = load(place)(clock)
        return made

    return make
