"""Exhibits over REST: keep one, list those of an incident, verify them all."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router
from ninja.files import UploadedFile

from tocsin.api.rest.guard import desk
from tocsin.api.rest.incidents import find
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.person import Permission

router = Router(tags=["evidence"])


@router.get("/{incident}")
def listed(request: HttpRequest, incident: str) -> dict[str, Any]:
    """List an incident's exhibits with their labels and digests."""
    seat = desk(request, Permission.READ)
    found = find(seat, incident)
    with seat.app.store.reading() as shelves:
        exhibits = shelves.exhibits.of_incident(found.incident_id)
    return {"exhibits": [_out(exhibit) for exhibit in exhibits]}


@router.post("/{incident}")
def keep(
    request: HttpRequest,
    incident: str,
    description: Form[str],
    exported_by: Form[str],
    file: File[UploadedFile],
) -> dict[str, Any]:
    """Keep a file as an exhibit, labelled."""
    seat = desk(request, Permission.RESPOND)
    exhibit = seat.app.respond.keep(
        find(seat, incident).incident_id,
        name=file.name or "",
        media_type=file.content_type or "",
        content=file,  # type: ignore[arg-type]  # Django's upload reads like a binary file.
        description=description,
        exported_by=exported_by,
        actor=seat.actor,
    )
    return _out(exhibit)


def _out(exhibit: Exhibit) -> dict[str, Any]:
    return {
        "id": exhibit.short_name,
        "name": exhibit.name,
        "digest": f"sha256:{exhibit.digest}",
        "size": exhibit.size,
        "media_type": exhibit.media_type,
        "kept_at": exhibit.kept_at.isoformat(),
        "collector": exhibit.collector,
        "label": {
            "incident_date": exhibit.label.incident_date.isoformat(),
            "description": exhibit.label.description,
            "exported_by": exhibit.label.exported_by,
        },
    }
