"""`tocsin evidence`: keep exhibits, look at them, and prove that they are what was kept."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.evidence_acts import collected, destroyed, held, holds, released
from tocsin.cli.evidence_bags import bags, checked, decrypted, exported, packed
from tocsin.cli.evidence_records import exhibit_record
from tocsin.cli.exits import Exit
from tocsin.cli.ids import demand_number, find_incident, unknown
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import leave, noun, verb
from tocsin.domain.exhibit import CustodyAct, Exhibit

if TYPE_CHECKING:
    from tocsin.app.proving import Disagreements
    from tocsin.app.wiring import App
    from tocsin.audit.decisions import RecordFault
    from tocsin.domain.ports.shelves import Shelves

COLUMNS = ("id", "incident", "name", "size", "description", "sealed", "kept_at", "digest")


@verb(
    "keep", example="tocsin evidence keep INC-3 dump.pcap --description 'Traffic of web-2' --exported-by ada"
)
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.option("--description", required=True, help="What it is, in one sentence.")
@click.option("--exported-by", help="Who took it from where it was; you, unless said.")
@click.option("--media-type", help="For example text/csv; guessed from the name, unless said.")
def kept(
    show: Show,
    *,
    incident_id: str,
    file: Path,
    description: str,
    exported_by: str | None,
    media_type: str | None,
) -> None:
    """Keep a file as an exhibit of an incident, labelled and under its digest."""
    with opened() as app, file.open("rb") as content:
        from tocsin.app.exhibit_seals import seals_of

        with app.store.reading() as shelves:
            incident = find_incident(shelves, incident_id)
        exhibit = app.respond.keep(
            incident.incident_id,
            name=file.name,
            media_type=media_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            content=content,
            description=description,
            exported_by=exported_by or actor(),
            actor=actor(),
        )
        with app.store.reading() as shelves:
            record = exhibit_record(exhibit, incident.short_name, seals_of(app, shelves))
    if show.as_json:
        show.one("tocsin.evidence.show/1", record)
    show.say(f"{exhibit.short_name} is kept for {incident.short_name}: sha256:{exhibit.digest}.")


@verb("list", example="tocsin evidence list INC-3")
@click.argument("incident_id", metavar="[INCIDENT]", required=False)
def listed(show: Show, *, incident_id: str | None) -> None:
    """List exhibits, of one incident or of all."""
    with opened() as app, app.store.reading() as shelves:
        from tocsin.app.exhibit_seals import seals_of

        if incident_id is None:
            exhibits = shelves.exhibits.all()
        else:
            exhibits = shelves.exhibits.of_incident(find_incident(shelves, incident_id).incident_id)
        names = {each.incident_id: "" for each in exhibits}
        for key in names:
            incident = shelves.incidents.get(key)
            names[key] = incident.short_name if incident else ""
        seals = seals_of(app, shelves)
        records = [exhibit_record(each, names[each.incident_id], seals) for each in exhibits]
    show.rows("tocsin.evidence.list/1", records, COLUMNS)


@verb("show", example="tocsin evidence show EX-1")
@click.argument("exhibit_id", metavar="EXHIBIT")
def shown(show: Show, *, exhibit_id: str) -> None:
    """Show an exhibit's label, digest and custody; its bytes are not read."""
    with opened() as app, app.store.reading() as shelves:
        from tocsin.app.exhibit_seals import seals_of

        number = demand_number(exhibit_id, "EX", "tocsin evidence list")
        exhibit = shelves.exhibits.get(number)
        if exhibit is None:
            raise unknown(exhibit_id, "EX", "tocsin evidence list")
        incident = shelves.incidents.get(exhibit.incident_id)
        custody = [
            {"at": iso(event.at), "act": event.act.value, "actor": event.actor, "reason": event.reason}
            for event in shelves.exhibits.custody_of(number)
        ]
        name = incident.short_name if incident else ""
        record = exhibit_record(exhibit, name, seals_of(app, shelves))
    show.one("tocsin.evidence.show/1", {**record, "custody": custody})


@verb("verify", example="tocsin evidence verify INC-3")
@click.argument("named", metavar="[INCIDENT|EXHIBIT]", required=False)
def verified(show: Show, *, named: str | None) -> None:
    """Hash exhibits anew and compare their labels with the log: all, an incident's, or one.

    Ends with 6 and names each that is not what was kept; with 7 when the log itself is broken.
    """
    with opened() as app:
        verdict = app.proving.verify()
        if not verdict.sound:
            show.warn(f"The log is broken, so it proves no exhibit. {verdict.reason}")
            leave(Exit.BROKEN)
        checked, faults = _verified(app, named)
    records = [{"id": name, "fault": sentence} for name, sentence in faults]
    if show.as_json:
        show.one("tocsin.evidence.verify/1", {"checked": checked, "faults": records})
    else:
        show.rows("", records, ("id", "fault"))
    show.say(f"{checked} exhibits checked, {len(faults)} not as kept.")
    leave(Exit.PROBLEMS if faults else Exit.OK)


def _verified(app: App, named: str | None) -> tuple[int, list[tuple[str, str]]]:
    """Return how many exhibits are meant, and the faults of those."""
    from tocsin.evidence.custody import verify_exhibits

    against = app.proving.disagreements()
    if against.unreadable:
        return 0, [("", each.sentence) for each in against.unreadable]
    with app.store.reading() as shelves:
        if named is None:
            exhibits, differing = shelves.exhibits.all(), against.of_exhibits()
        elif named.upper().startswith("EX-"):
            exhibits, differing = _one(shelves, named, against)
        else:
            incident = find_incident(shelves, named)
            exhibits = shelves.exhibits.of_incident(incident.incident_id)
            differing = against.of_exhibits(incident=incident.short_name)
        gone = shelves.exhibits.custody((CustodyAct.DESTROYED,))
    changed = verify_exhibits(exhibits, app.locker.digest_of, gone)
    faults = [(each.name, each.sentence) for each in differing]
    return len(exhibits), faults + [(each.exhibit.short_name, each.sentence) for each in changed]


def _one(
    shelves: Shelves, named: str, against: Disagreements
) -> tuple[tuple[Exhibit, ...], tuple[RecordFault, ...]]:
    """Return one exhibit and its faults; one that is only in the log has no row, but a fault."""
    number = demand_number(named, "EX", "tocsin evidence list")
    exhibit = shelves.exhibits.get(number)
    differing = against.of_exhibits(name=f"EX-{number}")
    if exhibit is None and not differing:
        raise unknown(named, "EX", "tocsin evidence list")
    return (exhibit,) if exhibit else (), differing


evidence = noun(
    "evidence",
    "Exhibits: keep, collect, verify, bag, export, hold.",
    kept,
    collected,
    listed,
    shown,
    verified,
    packed,
    bags,
    exported,
    checked,
    decrypted,
    held,
    released,
    holds,
    destroyed,
)
