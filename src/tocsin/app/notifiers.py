"""Builds what tells the receivers of an `alertmanager.yml`, one notifier a kind of integration."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.connectors.catalogue import load, manifests
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Notifier


def notifier_kinds() -> tuple[str, ...]:
    """Return the kinds of integration that some connector tells; none of its code is imported."""
    return tuple(kind for manifest in manifests() for kind, _ in manifest.notifiers)


def build_notifiers(clock: Clock) -> Mapping[str, Notifier]:
    """Return the notifiers by kind (`webhook`, `slack` ...)."""
    return {kind: load(place)(clock) for manifest in manifests() for kind, place in manifest.notifiers}
