"""A plan as records, for people at a terminal and programs alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin.app.planning import Calls, PackPlan, PageChange
from tocsin.app.shift_changes import hours_by_person


def plan_record(planned: PackPlan) -> dict[str, Any]:
    """Return the whole plan."""
    return {
        "digest": planned.tree.digest,
        "instead_of": planned.base,
        "problems": list(planned.problems),
        "files": [{"path": each.path, "change": each.what} for each in planned.files],
        "meanings": [
            {"section": each.section, "name": each.name, "before": each.before, "after": each.after}
            for each in planned.meanings
        ],
        "shifts": [
            {
                "schedule": each.schedule,
                "start": _iso(each.start),
                "end": _iso(each.end),
                "before": list(each.before),
                "after": list(each.after),
            }
            for each in planned.shifts
        ],
        "hours": dict(hours_by_person(planned.shifts)),
        "calls": None if planned.calls is None else _calls(planned.calls),
    }


def page_row(change: PageChange) -> dict[str, Any]:
    """Return one page that would be sent or would not have been."""
    page = change.page
    return {
        "change": "would have been sent" if change.is_new else "would not have been sent",
        "at": _iso(page.at),
        "person": page.person,
        "role": page.role,
        "alert": f"ALR-{page.alert}",
        "title": page.title,
        "severity": page.severity.value,
        "policy": page.policy,
        "step": page.step + 1,
        "reason": page.reason,
    }


def total_rows(calls: Calls) -> list[dict[str, Any]]:
    """Return how many pages each person had and would have had."""
    everybody = sorted({*calls.before, *calls.after, *calls.really})
    return [
        {
            "person": person,
            "before": calls.before.get(person, 0),
            "after": calls.after.get(person, 0),
            "really": calls.really.get(person, 0),
        }
        for person in everybody
    ]


def _calls(calls: Calls) -> dict[str, Any]:
    return {
        "from": _iso(calls.start),
        "until": _iso(calls.end),
        "alerts": calls.alerts,
        "pages": [page_row(each) for each in calls.changes],
        "totals": total_rows(calls),
        "remarks": list(calls.remarks),
    }


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
