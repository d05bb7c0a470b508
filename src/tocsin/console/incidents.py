"""The list of incidents: its filters, its order and its place live in the address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from tocsin.app.wiring import current_app
from tocsin.console.gate import ACTIVE, Viewer, needs, page
from tocsin.console.rows import row_of
from tocsin.domain.incident import Status
from tocsin.domain.person import Permission
from tocsin.domain.severity import Severity

ROWS = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: its words, the query that chooses it, and whether it is chosen."""

    words: str
    query: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow the list."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the address asks for; unknown words are read as no filter. `start` is the first row, from 0."""

    status: str = ""
    severity: str = ""
    start: int = 0

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Return the statuses to list, none of them for any."""
        if self.status == "active":
            return ACTIVE
        return (Status(self.status),) if self.status else ()

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return the severities to list, none of them for any."""
        return (Severity(self.severity),) if self.severity else ()

    @property
    def words(self) -> str:
        """Say the filter for people; empty when there is none."""
        severity = Severity(self.severity).label if self.severity else ""
        return " and ".join(f"“{part}”" for part in (self.status, severity) if part)

    def query(self, **changes: str | int) -> str:
        """Return the address's query with some parts changed; a changed filter begins at the first row."""
        parts = {"status": self.status, "severity": self.severity, "start": 0} | changes
        return urlencode({name: value for name, value in parts.items() if value})


def filter_of(request: HttpRequest) -> Filter:
    """Read the filter from the address."""
    status = request.GET.get("status", "")
    severity = request.GET.get("severity", "")
    start = request.GET.get("start", "0")
    return Filter(
        status=status if status in ("active", *Status) else "",
        severity=severity if severity in tuple(Severity) else "",
        start=int(start) if start.isascii() and start.isdecimal() and len(start) < 10 else 0,
    )


def facets_of(chosen: Filter) -> tuple[Facet, ...]:
    """Return the facets with the chosen value marked; `All` clears one."""
    statuses = [("", "Any status"), ("active", "Active"), *((s.value, s.value.capitalize()) for s in Status)]
    severities = [("", "Any severity"), *((s.value, s.label) for s in Severity)]
    return (
        Facet("Status", tuple(Choice(w, chosen.query(status=v), v == chosen.status) for v, w in statuses)),
        Facet(
            "Severity",
            tuple(Choice(w, chosen.query(severity=v), v == chosen.severity) for v, w in severities),
        ),
    )


@needs(Permission.READ)
def incidents(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show one page of the list, the newest first."""
    chosen = filter_of(request)
    with current_app().store.reading() as shelves:
        found = shelves.incidents.listed(
            statuses=chosen.statuses, severities=chosen.severities, limit=ROWS, offset=chosen.start
        )
        total = shelves.incidents.count(statuses=chosen.statuses, severities=chosen.severities)
        everything = shelves.incidents.count()
    end = chosen.start + len(found)
    context = {
        "room": "incidents",
        "rows": [row_of(one, viewer) for one in found],
        "facets": facets_of(chosen),
        "filtered": chosen.words,
        "total": total,
        "everything": everything,
        "first": chosen.start + 1 if found else 0,
        "last": end,
        "newer": chosen.query(start=max(0, chosen.start - ROWS)) or "start=0" if chosen.start else "",
        "older": chosen.query(start=end) if end < total else "",
    }
    return page(request, viewer, "console/incidents.html", context)
