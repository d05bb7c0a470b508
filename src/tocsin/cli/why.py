"""`tocsin why`: why a person was paged for an alert, or why not."""

from __future__ import annotations

from typing import Any

import click

from tocsin.cli.ids import find_alert
from tocsin.cli.opened import opened
from tocsin.cli.person import demand_account
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import verb
from tocsin.oncall.people import ADMINISTRATORS


@verb("why", example="tocsin why ALR-7 ben")
@click.argument("alert_id", metavar="ALERT")
@click.argument("person")
def why(show: Show, *, alert_id: str, person: str) -> None:
    """Say why PERSON, a username, was paged for ALERT or why not, and what became of each message.

    A person whom neither the accounts nor the on-call file know ends with 3.
    """
    with opened() as app:
        from tocsin.app import why as reasons

        with app.store.reading() as shelves:
            alert = find_alert(shelves, alert_id)
            answer = reasons.why(shelves, app.policies.roster, alert, person)
        if not answer.was_paged and person not in (*app.policies.roster.people, ADMINISTRATORS):
            demand_account(person)
    messages = [_message(told, each) for told in answer.pages for each in told.deliveries]
    incident = answer.incident.short_name if answer.incident else None
    if show.as_json:
        record = {
            "alert": alert.short_name,
            "person": person,
            "incident": incident,
            "was_paged": answer.was_paged,
            "because": list(answer.because),
            "messages": messages,
        }
        show.one("tocsin.why/1", record)
        return
    verdict = "was paged" if answer.was_paged else "was not paged"
    show.one("", {"answer": f"{person} {verdict} for {alert.short_name} ({incident or 'no incident'})"})
    show.rows("", [{"because": line} for line in answer.because], ("because",))
    if messages:
        show.rows("", messages, ("step", "channel", "address", "state", "finished_at", "answer"))


def _message(told: Any, delivery: Any) -> dict[str, Any]:
    return {
        "step": told.page.step + 1,
        "requested_at": iso(told.page.requested_at),
        "acknowledge_by": iso(told.page.acknowledge_by),
        "acknowledged_at": iso(told.page.acknowledged_at),
        "channel": delivery.channel,
        "address": delivery.address,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "finished_at": iso(delivery.finished_at),
        "answer": delivery.answer,
    }
