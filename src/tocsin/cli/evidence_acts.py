"""`tocsin evidence collect`, `hold`, `release`, `destroy`: what starts, what is held, and what ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tocsin.cli.evidence_records import hold_record
from tocsin.cli.ids import demand_number, find_incident
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import verb

if TYPE_CHECKING:
    from tocsin.app.wiring import App
    from tocsin.flow.holding import Holding

HOLD_COLUMNS = ("id", "incident", "reason", "held_by", "held_at", "released_at", "released_by")


@verb("collect", example="tocsin evidence collect INC-3 files --with path=/var/log/app.log")
@click.argument("incident_id", metavar="INCIDENT")
@click.argument("collector", metavar="COLLECTOR")
@click.option("--of", "objects", multiple=True, help="Only of this object, such as a task; may be repeated.")
@click.option("--with", "given", multiple=True, metavar="NAME=VALUE", help="What the collector must know.")
def collected(
    show: Show, *, incident_id: str, collector: str, objects: tuple[str, ...], given: tuple[str, ...]
) -> None:
    """Start a collector for an incident. A running server gathers, or keeps why that could not be."""
    from tocsin.domain.action import Demand

    arguments = dict(_pair(each) for each in given)
    demands = tuple(Demand(collector=collector, of=each) for each in objects or ("",))
    with opened() as app:
        known = app.respond.collectors
        if collector not in known:
            raise click.UsageError(
                f"There is no collector {collector!r}. There are: {', '.join(sorted(known))}."
            )
        with app.store.transaction() as shelves:
            incident = find_incident(shelves, incident_id)
            app.respond.collect_for(shelves, incident, demands, arguments)
    show.say(
        f"{collector} was started for {incident.short_name}; `tocsin evidence list` shows what it keeps."
    )


@verb("hold", example="tocsin evidence hold INC-3 --reason 'Order 4711 of the county court'")
@click.argument("incident_id", metavar="[INCIDENT]", required=False)
@click.option("--reason", required=True, help="Who asks for what; it is kept in the log.")
def held(show: Show, *, incident_id: str | None, reason: str) -> None:
    """Forbid that exhibits of an incident (of all, without one) are destroyed, until the hold is released."""
    with opened() as app:
        with app.store.reading() as shelves:
            incident = find_incident(shelves, incident_id) if incident_id else None
        hold = _holding(app).hold(incident.incident_id if incident else None, reason, actor())
    name = incident.short_name if incident else ""
    if show.as_json:
        show.one("tocsin.evidence.hold/1", hold_record(hold, name))
    show.say(f"LH-{hold.number} is in force for {name or 'every incident'}.")


@verb("release", example="tocsin evidence release LH-1 --reason 'Court order 4711 was lifted'")
@click.argument("hold_id", metavar="HOLD")
@click.option("--reason", required=True, help="Who allowed it; it is kept in the log.")
def released(show: Show, *, hold_id: str, reason: str) -> None:
    """Release a legal hold."""
    with opened() as app:
        number = demand_number(hold_id, "LH", "tocsin evidence holds")
        _holding(app).release(number, reason, actor())
    show.say(f"LH-{number} is released.")


@verb("holds", example="tocsin evidence holds")
def holds(show: Show) -> None:
    """List legal holds on exhibits, also released ones; `tocsin lake hold list` shows those on signals."""
    with opened() as app, app.store.reading() as shelves:
        records = []
        for hold in shelves.bags.holds():
            incident = None if hold.incident_id is None else shelves.incidents.get(hold.incident_id)
            records.append(hold_record(hold, incident.short_name if incident else ""))
    show.rows("tocsin.evidence.holds/1", records, HOLD_COLUMNS)


@verb("destroy", example="tocsin evidence destroy EX-4 --reason 'Kept by mistake: private photographs'")
@click.argument("exhibit_id", metavar="EXHIBIT")
@click.option("--reason", required=True, help="Why, and who allowed it; it is kept in the log.")
@click.option("--yes", is_flag=True, help="Do it; without this it is only said what would be done.")
def destroyed(show: Show, *, exhibit_id: str, reason: str, yes: bool) -> None:
    """Ask that an exhibit's bytes be destroyed; two administrators consent to it in the console.

    Its label, digest and custody stay. Bags are not touched.
    """
    number = demand_number(exhibit_id, "EX", "tocsin evidence list")
    if not yes:
        show.say(f"It would be asked that EX-{number} be destroyed, for good. Say --yes to do it.")
        return
    with opened() as app:
        done = _holding(app).ask(number, reason, actor())
        exhibit = done.exhibit
        with app.store.reading() as shelves:
            copies = [
                b.short_name for b in shelves.bags.of_incident(exhibit.incident_id) if number in b.exhibits
            ]
    if done.asked is not None:
        show.say(
            f"It is asked that {exhibit.short_name} be destroyed; two administrators consent on its page."
        )
        return
    show.say(f"The bytes of {exhibit.short_name} are destroyed.")
    if copies:
        show.warn(f"Copies are still in {', '.join(copies)}.")


def _holding(app: App) -> Holding:
    from tocsin.flow.holding import Holding

    return Holding(app.store, app.clock, app.locker)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--with takes NAME=VALUE, not {text[:60]!r}.")
    return name, value
