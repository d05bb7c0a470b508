"""Builds the chapters of readiness and of lists from the application, where they are asked for."""

from __future__ import annotations

from typing import Any

from tocsin.app.manners import manners_of
from tocsin.app.wiring import App
from tocsin.flow.lists import Lists
from tocsin.flow.ready import Ready
from tocsin.oncall.rehearsal import Rehearsal


def ready_of(app: App) -> Ready:
    """Return the chapter of who can be reached by what."""
    return Ready(app.store, app.clock, app.policies.roster, app.call.link_key, app.deliver.public_url)


def lists_of(app: App) -> Lists:
    """Return the chapter of lists and hand-overs."""
    return Lists(
        app.store,
        app.clock,
        app.policies.roster,
        ready_of(app),
        app.deliver.public_url,
        manners_of(app.channels).interrupts,
    )


def readiness_records(app: App) -> list[dict[str, Any]]:
    """Return who can be reached by what, as people read it; addresses stay in the file."""
    with app.store.reading() as shelves:
        found = ready_of(app).standing(shelves)
    return [
        {
            "person": each.person,
            "channel": each.contact.channel,
            "is_verified": each.is_verified,
            "verified_at": each.verified_at.isoformat() if each.verified_at else None,
            "is_set_up": each.contact.channel in app.channels,
        }
        for each in found
    ]


def played_record(played: Rehearsal) -> dict[str, Any]:
    """Return a rehearsal as people and programs read it."""
    return {
        "policy": played.policy,
        "why": played.why,
        "pages": [
            {
                "at": page.at.isoformat(),
                "policy": page.policy,
                "step": page.step + 1,
                "person": page.person,
                "role": page.role,
                "by": [
                    {
                        "channel": wave.contact.channel,
                        "at": (page.at + wave.after).isoformat(),
                        "only_in_need": wave.in_need,
                    }
                    for wave in page.waves
                ],
                "reason": page.reason,
            }
            for page in played.pages
        ],
        "nobody": [{"at": gap.at.isoformat(), "reason": gap.reason} for gap in played.gaps],
        "told": [
            {"at": one.at.isoformat(), "event": one.event.value, "channel": one.contact.channel}
            for one in played.told
        ],
        "ending": played.ending,
    }
