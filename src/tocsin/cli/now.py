"""`tocsin now`: what waits for somebody, due first; a script can ask by the exit code."""

from __future__ import annotations

import click

from tocsin.cli.exits import Exit
from tocsin.cli.incident import due_order, due_words, incident_record
from tocsin.cli.opened import opened
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb
from tocsin.domain.incident import Incident, Status

COLUMNS = ("id", "severity", "status", "title", "waits_for", "due")
MOST_READ = 1000
_WAITING = (Status.OPEN, Status.INVESTIGATING, Status.MITIGATED, Status.RESOLVED)


@verb("now", example="tocsin now --quiet || echo 'look at Tocsin'")
@click.option("--mine", metavar="USERNAME", help="Only what is unacknowledged or commanded by this person.")
def now(show: Show, *, mine: str | None) -> None:
    """Show the incidents that wait for somebody; ends with 10 if there is one."""
    with opened() as app, app.store.reading() as shelves:
        at = app.clock.now()
        known = shelves.incidents.listed(statuses=_WAITING, limit=MOST_READ)
    waiting = [(each, _waits_for(each)) for each in sorted(known, key=due_order)]
    records = [
        {**incident_record(each), "waits_for": what, "due": due_words(each, at)}
        for each, what in waiting
        if what and (mine is None or each.acknowledged_at is None or each.commander == mine)
    ]
    show.rows("tocsin.now/1", records, COLUMNS)
    show.say(f"{len(records)} incidents wait." if records else "Nothing waits.")
    leave(Exit.WAITING if records else Exit.OK)


def _waits_for(incident: Incident) -> str:
    """Return what the incident waits for; empty when nobody has to do anything now."""
    if incident.status.is_active:
        return "acknowledgement" if incident.acknowledged_at is None else "work"
    return "review" if incident.next_clock is not None else ""
