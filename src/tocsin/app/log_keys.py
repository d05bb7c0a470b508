"""Finds the keys of the log that somebody else holds."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.app.settings import Settings
from tocsin.connectors.catalogue import load, manifest_of
from tocsin.domain.ports.keeping import SigningKey

LOG_KEY = "log_key"


def held_keys(settings: Settings) -> Callable[[int], SigningKey | None]:
    """Return what gives the key of a log by its number, None for one in a file of its own.

    Raises `Misconfigured`.
    """
    if not (settings.text("TOCSIN_LOG_KEY_URI") or settings.text("TOCSIN_LOG_KEY_PUBLIC")):
        return lambda number: None
    manifest = manifest_of(LOG_KEY)
    values = {each.name: settings.text(each.name) for each in manifest.settings}
    keys: tuple[SigningKey, ...] = load(manifest.log_keys)(values)
    return lambda number: keys[number - 1] if number <= len(keys) else None
