"""Builds the channels that are set up; a connector's code is imported only where its settings are there."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.app.settings import Settings
from tocsin.connectors.catalogue import load, manifests
from tocsin.connectors.manifest import Manifest
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import Channel
from tocsin.domain.ports.shelves import Store


def build_channels(settings: Settings, store: Store, clock: Clock) -> Mapping[str, Channel]:
    """Return the channels by name; the Inbox is always there.

    Raises `Misconfigured` for a channel of whose settings only some are there, or are wrong.
    """
    channels: dict[str, Channel] = {}
    for manifest in manifests():
        values = {setting.name: settings.text(setting.name) for setting in manifest.settings}
        places = _places(manifest)
        if places and _is_set_up(manifest, values):
            channels |= {name: load(place)(values, clock, store) for name, place in places}
    return channels


def channel_names() -> frozenset[str]:
    """Return the names of all channels that there are, set up or not; no code of a connector is imported."""
    return frozenset(name for manifest in manifests() for name, _ in _places(manifest))


def _places(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    own = ((manifest.name, manifest.channel),) if manifest.channel else ()
    return (*own, *manifest.channels)


def _is_set_up(manifest: Manifest, values: Mapping[str, str]) -> bool:
    required = [setting.name for setting in manifest.settings if setting.required]
    missing = [name for name in required if not values[name]]
    if missing and len(missing) < len(required):
        raise Misconfigured(
            f"The {manifest.name} channel is set up only in part: {' and '.join(missing)} is missing.",
            means="Tocsin does not start, because messages by this channel would reach nobody.",
            next_step=f"Set {' and '.join(missing)}, or remove the other settings of {manifest.name}.",
        )
    ways = [setting.name for setting in manifest.settings if setting.either]
    return not missing and (not ways or any(values[name] for name in ways))
