"""Exhibits, bags and holds as the command line prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.cli.show import iso
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.exhibit import Exhibit

if TYPE_CHECKING:
    from tocsin.app.exhibit_seals import Seals


def exhibit_record(exhibit: Exhibit, incident: str, seals: Seals) -> dict[str, Any]:
    """Return what is told of an exhibit; whether it is sealed is asked of the log."""
    return {
        "id": exhibit.short_name,
        "incident": incident or None,
        "name": exhibit.name,
        "size": exhibit.size,
        "media_type": exhibit.media_type,
        "digest": f"sha256:{exhibit.digest}",
        "description": exhibit.label.description,
        "exported_by": exhibit.label.exported_by,
        "incident_date": exhibit.label.incident_date.isoformat(),
        "collector": exhibit.collector,
        "of": exhibit.of or None,
        "gap": exhibit.gap or None,
        "encrypted": exhibit.encrypted,
        "sealed": seals.of(exhibit).value,
        "kept_at": iso(exhibit.kept_at),
    }


def bag_record(bag: Bag, incident: str) -> dict[str, Any]:
    """Return what is told of a bag."""
    return {
        "id": bag.short_name,
        "incident": incident or None,
        "exhibits": len(bag.exhibits),
        "size": bag.size,
        "recipients": len(bag.recipients),
        "digest": f"sha256:{bag.digest}",
        "archive": f"sha256:{bag.archive}",
        "packed_at": iso(bag.packed_at),
        "packed_by": bag.packed_by,
    }


def hold_record(hold: LegalHold, incident: str) -> dict[str, Any]:
    """Return what is told of a legal hold."""
    return {
        "id": f"LH-{hold.number}",
        "incident": incident or None,
        "reason": hold.reason,
        "held_by": hold.held_by,
        "held_at": iso(hold.held_at),
        "released_at": iso(hold.released_at),
        "released_by": hold.released_by or None,
    }
