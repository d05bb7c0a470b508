"""Silences on one page: what each mutes now, who made it and why; a form that shows what it would mute."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.hushing import Asked, ask, hush_of, matchers_of
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, done, needs, page, time_now
from tocsin.console.refusals import RoleLacksPermission
from tocsin.domain.alert import Alert
from tocsin.domain.person import Permission
from tocsin.domain.silence import Silence, SilenceState
from tocsin.flow.hush import MOST_ALERTS
from tocsin.triage.silence_rules import is_planned, person_of
from tocsin.triage.silencing import next_change, state_of

ROWS = 50
MOST_NAMED = 5
MOST_TYPED = 6000
_ORDER = (SilenceState.UNCONFIRMED, SilenceState.ACTIVE, SilenceState.PENDING, SilenceState.EXPIRED)
_WORDS = {
    SilenceState.UNCONFIRMED: "Waits for a second person",
    SilenceState.ACTIVE: "Mutes now",
    SilenceState.PENDING: "Mutes later",
    SilenceState.EXPIRED: "Ended",
}
_FIELDS = ("matchers", "reason", "lasts", "rule", "zone", "each")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One silence as this person sees it. `muted` are the first alerts that fire and fit, `count` all."""

    silence: Silence
    words: str
    is_over: bool
    changes_at: datetime | None
    count: int
    muted: tuple[Alert, ...]
    each: str
    is_planned: bool
    can_confirm: bool
    can_end: bool


def row_of(
    silence: Silence, alerts: Sequence[Alert], viewer: Viewer, now: datetime, makers: Collection[str]
) -> Row:
    """Return one silence with the alerts that it fits, if it mutes now; its makers cannot confirm it."""
    state = state_of(silence, now)
    fitting = [each for each in alerts if silence.fits(each.labels)] if state is SilenceState.ACTIVE else []
    is_theirs = viewer.username in {person_of(each) for each in makers}
    is_over = state is SilenceState.EXPIRED
    return Row(
        silence=silence,
        words=_WORDS[state],
        is_over=is_over,
        changes_at=next_change(silence, now),
        count=len(fitting),
        muted=tuple(fitting[:MOST_NAMED]),
        each=length(silence.recurrence.lasts) if silence.recurrence else "",
        is_planned=is_planned(silence),
        can_confirm=viewer.may_command and silence.second is None and not is_theirs and not is_over,
        can_end=viewer.may_respond and not is_over and not is_planned(silence),
    )


def length(span: timedelta) -> str:
    """Return a length of time whole, `7 d`, `1 h 30 min`; seconds are left out."""
    minutes = int(span.total_seconds()) // 60
    sizes = (("d", minutes // 1440), ("h", minutes // 60 % 24), ("min", minutes % 60))
    return " ".join(f"{count} {unit}" for unit, count in sizes if count)


@needs(Permission.READ)
def silences(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the silences; a form that was sent makes one, or only shows what it would mute."""
    if request.method != "POST":
        return _page(request, viewer, {})
    if not viewer.may_respond:
        raise RoleLacksPermission(viewer.role, Permission.RESPOND)
    typed = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    asked = Asked(
        matchers=tuple(typed["matchers"].splitlines()),
        reason=typed["reason"],
        lasts=typed["lasts"],
        until_resolved=request.POST.get("until_resolved") == "on",
        rule=typed["rule"],
        zone=typed["zone"] or "UTC",
        each=typed["each"],
    )
    if request.POST.get("do") == "preview":
        seen = hush_of(current_app()).preview(matchers_of(asked.matchers))
        shown = {"preview": seen, "named": seen.alerts[:MOST_NAMED], "until_resolved": asked.until_resolved}
        return _page(request, viewer, {**shown, "typed": typed})
    made = ask(current_app(), asked, viewer.username)
    waits = " It mutes nothing until a second person confirms it." if made.needs_second else ""
    return done(
        request, f"Silence made, until {made.ends_at:%Y-%m-%d %H:%M} UTC.{waits}", reverse("silences")
    )


@require_POST
@needs(Permission.COMMAND)
def confirm(request: HttpRequest, viewer: Viewer, silence_id: UUID) -> HttpResponse:
    """Be the second person of a silence."""
    hush_of(current_app()).confirm(silence_id, viewer.username)
    return done(request, "Silence confirmed: you are its second person.", reverse("silences"))


@require_POST
@needs(Permission.RESPOND)
def end(request: HttpRequest, viewer: Viewer, silence_id: UUID) -> HttpResponse:
    """End a silence now."""
    hush_of(current_app()).expire(silence_id, viewer.username)
    return done(request, "Silence ended: alerts that still fire call people again.", reverse("silences"))


def _page(request: HttpRequest, viewer: Viewer, context: Mapping[str, Any]) -> HttpResponse:
    app, now = current_app(), time_now()
    kept = sorted(hush_of(app).listed(), key=lambda each: (_ORDER.index(state_of(each, now)), each.ends_at))
    with app.store.reading() as shelves:
        alerts = shelves.alerts.unresolved(now, limit=MOST_ALERTS)
    start = request.GET.get("start", "0")
    first = int(start) if start.isascii() and start.isdecimal() and len(start) < 10 else 0
    chosen = kept[first : first + ROWS]
    makers = hush_of(app).makers(chosen)
    rows = [row_of(each, alerts, viewer, now, makers[each.silence_id]) for each in chosen]
    last, longest = first + len(rows), app.policies.noise.longest
    shown = {
        "room": "silences",
        "rows": rows,
        "total": len(kept),
        "first": first + 1 if rows else 0,
        "last": last,
        "older": last if last < len(kept) else 0,
        "newer": first > 0,
        "newer_start": max(0, first - ROWS),
        "typed": {"lasts": "2h", "zone": "UTC", "matchers": request.GET.get("matchers", "")[:MOST_TYPED]},
        "longest": ", ".join(f"{each.label} {length(most)}" for each, most in longest.items()),
        **context,
    }
    return page(request, viewer, "console/silences.html", shown)
