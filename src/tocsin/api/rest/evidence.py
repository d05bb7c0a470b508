"""Exhibits over REST: keep one, list, read and pack those of an incident, hold them."""

from __future__ import annotations

from typing import Any, BinaryIO

from django.http import FileResponse, HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from tocsin.api.rest.guard import desk
from tocsin.api.rest.incidents import find
from tocsin.app.bagging import bagging_of
from tocsin.app.exhibit_seals import Seals, seals_of
from tocsin.domain.action import Demand
from tocsin.domain.bag import Bag
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import Exhibit
from tocsin.domain.person import Permission
from tocsin.flow.holding import Holding

router = Router(tags=["evidence"])


class Reason(Schema):
    """Why something is held, released or destroyed."""

    reason: str


class Collect(Schema):
    """Which collector is started: of which objects, with which arguments."""

    collector: str
    of: tuple[str, ...] = ()
    arguments: dict[str, str] = {}


@router.get("/{incident}")
def listed(request: HttpRequest, incident: str) -> dict[str, Any]:
    """List an incident's exhibits with their labels and digests."""
    seat = desk(request, Permission.READ)
    found = find(seat, incident)
    with seat.app.store.reading() as shelves:
        exhibits = shelves.exhibits.of_incident(found.incident_id)
        seals = seals_of(seat.app, shelves)
        return {"exhibits": [_out(exhibit, seals) for exhibit in exhibits]}


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
    with seat.app.store.reading() as shelves:
        return _out(exhibit, seals_of(seat.app, shelves))


@router.get("/{incident}/bags")
def bags(request: HttpRequest, incident: str) -> dict[str, Any]:
    """List an incident's bags."""
    seat = desk(request, Permission.READ)
    found = find(seat, incident)
    with seat.app.store.reading() as shelves:
        return {"bags": [_bag(bag) for bag in shelves.bags.of_incident(found.incident_id)]}


@router.post("/{incident}/bags")
def pack(request: HttpRequest, incident: str) -> dict[str, Any]:
    """Pack all exhibits of an incident into a bag."""
    seat = desk(request, Permission.COMMAND)
    return _bag(bagging_of(seat.app).pack(find(seat, incident).incident_id, seat.actor))


@router.post("/{incident}/collect")
def collect(request: HttpRequest, incident: str, body: Collect) -> dict[str, Any]:
    """Start a collector; what it keeps, or why it could not, is an exhibit soon after."""
    seat = desk(request, Permission.RESPOND)
    if body.collector not in seat.app.respond.collectors:
        raise NotFound(
            f"There is no collector {body.collector[:60]!r}.",
            means="Nothing was started.",
            next_step=f"There are: {', '.join(sorted(seat.app.respond.collectors))}.",
        )
    asked = find(seat, incident)
    demands = tuple(Demand(collector=body.collector, of=each) for each in body.of or ("",))
    with seat.app.store.transaction() as shelves:
        seat.app.respond.collect_for(shelves, asked, demands, body.arguments)
    return {"incident": asked.short_name, "collector": body.collector, "started": len(demands)}


@router.post("/{incident}/hold")
def hold(request: HttpRequest, incident: str, body: Reason) -> dict[str, Any]:
    """Forbid that exhibits of the incident are destroyed."""
    seat = desk(request, Permission.COMMAND)
    asked = find(seat, incident)
    placed = Holding(seat.app.store, seat.app.clock, seat.app.locker).hold(
        asked.incident_id, body.reason, seat.actor
    )
    return {"id": f"LH-{placed.number}", "incident": asked.short_name, "reason": placed.reason}


@router.post("/holds/{number}/release")
def release(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    """Release a legal hold by its number."""
    seat = desk(request, Permission.ADMINISTER)
    ended = Holding(seat.app.store, seat.app.clock, seat.app.locker).release(number, body.reason, seat.actor)
    return {"id": f"LH-{ended.number}", "released_at": ended.released_at, "reason": ended.release_reason}


@router.post("/exhibits/{number}/destroy")
def destroy(request: HttpRequest, number: int, body: Reason) -> dict[str, Any]:
    """Ask that an exhibit's bytes be destroyed; two signed-in administrators consent to it."""
    seat = desk(request, Permission.ADMINISTER)
    done = Holding(seat.app.store, seat.app.clock, seat.app.locker).ask(number, body.reason, seat.actor)
    people = list(done.asked.people) if done.asked else []
    return {"id": done.exhibit.short_name, "destroyed": done.asked is None, "consented": people}


@router.get("/exhibits/{number}/content")
def content(request: HttpRequest, number: int, reason: str, released_to: str = "") -> FileResponse:
    """Hand out an exhibit's bytes as they were kept; the reason goes into custody and log."""
    seat = desk(request, Permission.RESPOND)
    exhibit, stream = bagging_of(seat.app).open_exhibit(number, seat.actor, reason, released_to)
    return _download(stream, f"{exhibit.short_name}-{exhibit.name}")


@router.get("/bags/{number}/content")
def archive(request: HttpRequest, number: int, reason: str, released_to: str = "") -> FileResponse:
    """Hand out a bag's archive; the reason goes into custody and log."""
    seat = desk(request, Permission.COMMAND)
    bag, stream = bagging_of(seat.app).open(number, seat.actor, reason, released_to)
    return _download(stream, f"{bag.short_name}.tar{'.age' if bag.recipients else ''}")


def _download(stream: BinaryIO, name: str) -> FileResponse:
    return FileResponse(stream, as_attachment=True, filename=name, content_type="application/octet-stream")


def _bag(bag: Bag) -> dict[str, Any]:
    return {
        "id": bag.short_name,
        "digest": f"sha256:{bag.digest}",
        "archive": f"sha256:{bag.archive}",
        "size": bag.size,
        "exhibits": [f"EX-{number}" for number in bag.exhibits],
        "recipients": bag.recipients,
        "packed_at": bag.packed_at.isoformat(),
        "packed_by": bag.packed_by,
        "left_out": list(bag.left_out),
    }


def _out(exhibit: Exhibit, seals: Seals) -> dict[str, Any]:
    return {
        "id": exhibit.short_name,
        "name": exhibit.name,
        "digest": f"sha256:{exhibit.digest}",
        "size": exhibit.size,
        "media_type": exhibit.media_type,
        "kept_at": exhibit.kept_at.isoformat(),
        "collector": exhibit.collector,
        "of": exhibit.of,
        "gap": exhibit.gap,
        "encrypted": exhibit.encrypted,
        "sealed": seals.of(exhibit).value,
        "label": {
            "incident_date": exhibit.label.incident_date.isoformat(),
            "description": exhibit.label.description,
            "exported_by": exhibit.label.exported_by,
        },
    }
