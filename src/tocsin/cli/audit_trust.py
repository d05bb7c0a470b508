"""`tocsin audit trust`: how far the log can be believed now, and who outside holds its head."""

from __future__ import annotations

from tocsin.cli.opened import opened
from tocsin.cli.show import Show
from tocsin.cli.verb import verb


@verb("trust", example="tocsin audit trust --json")
def trusted(show: Show) -> None:
    """Show the level of trust that was really reached, with the time in which a change could go unseen."""
    with opened() as app:
        # Only now is Django set up, without which its tables cannot be imported.
        from tocsin.app.trusting import believed, trust_record

        record = trust_record(believed(app))
    show.one("tocsin.audit.trust/1", record)
    for place in record["places"]:
        if place["failure"]:
            show.warn(f"{place['name']} failed last: {place['failure']}")
