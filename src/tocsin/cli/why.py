"""`tocsin why`: why a person was paged for an alert, or why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from tocsin.cli.ids import find_alert
from tocsin.cli.opened import opened
from tocsin.cli.show import Record, Show
from tocsin.cli.verb import verb

_FACTS = ("about", "at", "basis", "text")
_TRIES = ("person", "what", "channel", "try", "at", "outcome", "status", "answer")


@verb("why", example="tocsin why ALR-7 ben")
@click.argument("alert_id", metavar="ALERT")
@click.argument("person", default="")
def why(show: Show, *, alert_id: str, person: str) -> None:
    """Say why PERSON, a username, was paged for ALERT or why not; without one, for everybody concerned.

    Each fact tells whether it was recorded at the time or rests on the on-call file as it is now (present);
    then comes each try of each message with the partner's answer. A person whom neither the accounts nor the
    on-call file know ends with 3.
    """
    with opened() as app:
        from tocsin.app.why import why as answered
        from tocsin.app.why_record import SCHEMA, record_of

        with app.store.reading() as shelves:
            alert = find_alert(shelves, alert_id)
        record = record_of(answered(app, alert, person), app.clock.now())
    if show.as_json:
        show.one(SCHEMA, record)
        return
    name, incident = record["alert"]["id"], record["incident"] or "no incident"
    for each in record["people"]:
        verdict = "was paged" if each["was_paged"] else "was not paged"
        show.one("", {"answer": f"{each['person']} {verdict} for {name} ({incident})"})
    show.rows("", list(_facts(record)), _FACTS)
    tries = list(_tries(record))
    if tries:
        show.rows("", tries, _TRIES)


def _facts(record: Record) -> Iterator[Record]:
    for about, facts in (
        *((each["name"], each["facts"]) for each in record["sections"]),
        *((each["person"], each["because"]) for each in record["people"]),
    ):
        yield from ({"about": about, **fact} for fact in facts)


def _tries(record: Record) -> Iterator[Record]:
    """Yield each try of each message, and each message that was not tried, with what stands of it."""
    for each in record["people"]:
        messages = [*(one for page in each["pages"] for one in page["messages"]), *each["notices"]]
        for message in messages:
            known = {"person": each["person"], "what": message["what"], "channel": message["channel"]}
            state = {"at": message["finished_at"] or message["requested_at"], "outcome": message["state"]}
            yield from (
                _tried(known, one)
                for one in message["attempts"] or [{**state, "answer": message["answer"], "number": 0}]
            )
    for one in record["receivers"]:
        yield _tried({"person": "", "what": "receiver", "channel": one["key"]}, one)


def _tried(known: Record, one: Any) -> Record:
    tried = {name: one.get(name) for name in ("at", "outcome", "status", "answer")}
    return {**known, "try": one["number"], **tried}
