"""Where the log's head is kept outside, and how far the log can be believed for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tocsin.app.wiring import App
from tocsin.audit.trust import Reached, Trust, trust_of
from tocsin.connectors.catalogue import load, manifest_of
from tocsin.domain.ports.anchoring import Anchor
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.anchor import Anchoring, Held, all_held
from tocsin.flow.sealing import attendance_in

ANCHORS = "anchors"


@dataclass(frozen=True, slots=True)
class Believed:
    """The level of trust now, and what each place outside holds."""

    trust: Trust
    places: tuple[tuple[str, Held], ...]


def anchors_of(app: App) -> tuple[Anchor, ...]:
    """Return the places outside that are set up. Raises `Misconfigured`."""
    manifest = manifest_of(ANCHORS)
    values = {setting.name: app.settings.text(setting.name) for setting in manifest.settings}
    built: tuple[Anchor, ...] = load(manifest.anchors)(values, app.clock)
    return built


def anchoring_of(app: App) -> Anchoring:
    """Return the chapter of anchors."""
    every = timedelta(seconds=app.settings.number("TOCSIN_ANCHOR_SECONDS"))
    return Anchoring(app.store, app.clock, every)


def believed(app: App) -> Believed:
    """Return how far the present log can be believed."""
    with app.store.reading() as shelves:
        return believed_in(shelves, app.clock.now())


def believed_in(shelves: Shelves, now: datetime) -> Believed:
    """Return the same, seen from inside a transaction."""
    number = shelves.log.latest()
    last = shelves.log.of(number).last_checkpoint()
    held = all_held(shelves)
    anchored = [each.at for each in held.values() if each.log == number and each.at is not None]
    reached = Reached(
        signed_at=last.signed_at if last else None,
        anchored_at=max(anchored, default=None),
        cosigned_at=attendance_in(shelves, number).cosigned_at,
    )
    return Believed(trust_of(reached, now), tuple(sorted(held.items())))


def trust_record(found: Believed) -> dict[str, Any]:
    """Return it as REST and the command line show it."""
    return {
        "level": found.trust.level.value,
        "sentence": found.trust.sentence,
        "window_s": found.trust.window_s,
        "places": [
            {
                "name": name,
                "log": held.log,
                "size": held.size,
                "at": held.at.isoformat() if held.at else None,
                "reference": held.reference,
                "probed": held.probed,
                "failure": held.failure,
            }
            for name, held in found.places
        ],
    }
