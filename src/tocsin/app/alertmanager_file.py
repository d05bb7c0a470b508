"""Finds and reads the `alertmanager.yml` that is to be in force."""

from __future__ import annotations

import logging
from pathlib import Path

from tocsin.app.notifiers import notifier_kinds
from tocsin.app.packs import PackFile, Packs
from tocsin.app.settings import Settings
from tocsin.app.template_files import library_for
from tocsin.domain.errors import Misconfigured
from tocsin.flow.in_force import Routing
from tocsin.oncall.alertmanager.file import Configuration, parse_alertmanager

log = logging.getLogger("tocsin.app")

FILE = "alertmanager.yml"


def file_of(settings: Settings, packs: Packs) -> PackFile | None:
    """Return the file: the one that is set, else that of the last pack in force that has one, else None.

    Raises `Misconfigured` for a file that is set and cannot be read.
    """
    chosen = settings.text("TOCSIN_ALERTMANAGER_FILE")
    if chosen:
        return _read(Path(chosen).expanduser())
    has_one = any((folder / FILE).is_file() for folder in packs.folders())
    return packs.file(FILE) if has_one else None


def routing_of(settings: Settings, packs: Packs) -> Routing:
    """Return the configuration to start with. Raises `Misconfigured`, `PackProblem`."""
    routing = Routing()
    exchange(routing, file_of(settings, packs))
    return routing


def exchange(routing: Routing, file: PackFile | None) -> None:
    """Put a file in force, or none. Raises `PackProblem`; then nothing has changed."""
    if file is None:
        routing.exchange(None)
        return
    configuration = parse_alertmanager(file.text, file.path)
    library, faults = library_for(configuration, Path(file.path).parent)
    for warning in (*warnings_of(configuration), *(f"template {fault}" for fault in faults)):
        log.warning("%s", warning)
    routing.exchange(configuration, file.text, library)


def warnings_of(configuration: Configuration) -> tuple[str, ...]:
    """Return what a person should know of a file: what works otherwise here, and what tells nobody."""
    known = notifier_kinds()
    untold = [
        f"{configuration.path}: nothing here tells `{each.kind}_configs` (receiver {each.receiver!r});"
        " what it should be told becomes a dead letter"
        for integrations in configuration.receivers.values()
        for each in integrations
        if each.kind not in known
    ]
    return tuple(dict.fromkeys([*map(str, configuration.warnings), *untold]))


def _read(path: Path) -> PackFile:
    try:
        return PackFile(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Misconfigured(
            f"TOCSIN_ALERTMANAGER_FILE names {path}, which cannot be read: {reason}.",
            means="The receivers in it would never be told of anything.",
            next_step="Correct the setting or the file.",
        ) from error
