"""Alerts in the console: a list, what fires first, and each with why people were paged for it or were not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from tocsin.app.why import Answer, alert_named, why
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, needs, page, time_now
from tocsin.console.incident import shown_alert
from tocsin.console.incidents import Choice, Facet
from tocsin.domain.alert import Alert, AlertFilter, AlertStatus
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Incident
from tocsin.domain.matchers import matcher
from tocsin.domain.person import Permission
from tocsin.oncall.why import Basis, Fact

ROWS = 50
MOST_FACTS = 40
MOST_PEOPLE = 8
MOST_MESSAGES = 12
LONGEST_TEXT = 100
LONGEST_MATCHERS = 1500
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = {AlertStatus.FIRING: "Firing", AlertStatus.MUTED: "Muted", AlertStatus.RESOLVED: "Over"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One alert of the list. `incident` is None where it has none."""

    alert: Alert
    status: str
    incident: Incident | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFacts:
    """Facts under a heading, and how many were left out between the first and the last."""

    words: str
    facts: tuple[Fact, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the address asks for; unknown words are read as no filter. `start` is the first row, from 0."""

    status: str = ""
    text: str = ""
    start: int = 0

    @property
    def filter(self) -> AlertFilter:
        """Return which alerts are looked for."""
        return AlertFilter(status=AlertStatus(self.status) if self.status else None, text=self.text)

    @property
    def words(self) -> str:
        """Say the filter for people; empty when there is none."""
        status = _WORDS[AlertStatus(self.status)].lower() if self.status else ""
        return " and ".join(f"“{part}”" for part in (status, self.text) if part)

    def query(self, **changes: str | int) -> str:
        """Return the address's query with some parts changed; a changed filter begins at the first row."""
        parts = {"status": self.status, "text": self.text, "start": 0} | changes
        return urlencode({name: value for name, value in parts.items() if value})


def chosen_of(request: HttpRequest) -> Chosen:
    """Read the filter from the address."""
    status, start = request.GET.get("status", ""), request.GET.get("start", "0")
    return Chosen(
        status=status if status in tuple(AlertStatus) else "",
        text=request.GET.get("text", "").strip()[:LONGEST_TEXT],
        start=int(start) if start.isascii() and start.isdecimal() and len(start) < 10 else 0,
    )


@needs(Permission.READ)
def alerts(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show one page of the list: what fires, what is muted, what is over; each newest first."""
    chosen, now = chosen_of(request), time_now()
    with current_app().store.reading() as shelves:
        found = shelves.alerts.listed(chosen.filter, now, ROWS, chosen.start)
        total = shelves.alerts.count(chosen.filter, now)
        everything = shelves.alerts.count(AlertFilter(), now)
        ids = {each.incident_id for each in found if each.incident_id}
        incidents = {each: shelves.incidents.get(each) for each in ids}
    rows = [
        Row(
            alert=each,
            status=_WORDS[each.status(now)],
            incident=incidents.get(each.incident_id) if each.incident_id else None,
        )
        for each in found
    ]
    end = chosen.start + len(found)
    context = {
        "room": "alerts",
        "rows": rows,
        "chosen": chosen,
        "facet": _facet(chosen),
        "total": total,
        "everything": everything,
        "first": chosen.start + 1 if found else 0,
        "last": end,
        "newer": chosen.query(start=max(0, chosen.start - ROWS)) or "start=0" if chosen.start else "",
        "older": chosen.query(start=end) if end < total else "",
    }
    return page(request, viewer, "console/alerts.html", context)


@needs(Permission.READ)
def alert(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """Show one alert; `person` in the address asks about one username alone."""
    app, now = current_app(), time_now()
    person = request.GET.get("person", "").strip()[:80]
    with app.store.reading() as shelves:
        known = alert_named(shelves, f"ALR-{number}")
        story = shelves.alerts.story(number)
    unknown = ""
    try:
        answer = why(app, known, person)
    except NotFound as refused:
        # The page about the alert stays of use; only the question about the person has no answer.
        answer, unknown = why(app, known), refused.explain()
    context: dict[str, Any] = {
        "room": "alerts",
        "alert": shown_alert(known, now),
        "status": _WORDS[known.status(now)],
        "muted_by": known.muted_by,
        "labels": sorted(known.labels.items()),
        "annotations": sorted(known.annotations.items()),
        "fingerprint": known.fingerprint,
        "updated_at": known.updated_at,
        "incident": answer.incident,
        "parts": [_shown(each.part.words, each.facts) for each in answer.sections],
        "people": [_asked(each) for each in answer.people[:MOST_PEOPLE]],
        "more_people": [each.username for each in answer.people[MOST_PEOPLE:]],
        "tries": answer.told[-MOST_MESSAGES:],
        "story": story[-MOST_FACTS:],
        "story_total": len(story),
        "person": "" if unknown else person,
        "unknown": unknown,
        "present": Basis.PRESENT,
        "silence": urlencode({"matchers": matchers_for(known)}) if viewer.may_respond else "",
    }
    return page(request, viewer, "console/alert.html", context)


def matchers_for(alert: Alert) -> str:
    """Return matchers that fit the alert, one a line: its name first, as many labels as a form can hold."""
    lines: list[str] = []
    for name in sorted(alert.labels, key=lambda label: (label != "alertname", label)):
        if _LABEL.fullmatch(name):
            line = matcher(name, "=", alert.labels[name]).text
            if sum(map(len, lines)) + len(line) <= LONGEST_MATCHERS:
                lines.append(line)
    return "\n".join(lines)


def _facet(chosen: Chosen) -> Facet:
    statuses = [("", "Any state"), *((each.value, _WORDS[each]) for each in AlertStatus)]
    return Facet(
        "State",
        tuple(Choice(words, chosen.query(status=one), one == chosen.status) for one, words in statuses),
    )


def _shown(words: str, facts: tuple[Fact, ...]) -> ShownFacts:
    if len(facts) <= MOST_FACTS:
        return ShownFacts(words=words, facts=facts, left_out=0)
    half = MOST_FACTS // 2
    return ShownFacts(words=words, facts=(*facts[:half], *facts[-half:]), left_out=len(facts) - 2 * half)


def _asked(answer: Answer) -> dict[str, Any]:
    sent = [*(each for told in answer.pages for each in told.sent), *answer.notices]
    return {
        "username": answer.username,
        "was_paged": answer.was_paged,
        "said": _shown("", answer.because),
        "messages": sent[:MOST_MESSAGES],
        "messages_total": len(sent),
    }
