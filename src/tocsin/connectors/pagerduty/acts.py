"""What runbooks do in PagerDuty: acknowledge or resolve the incident that is ours there, and add notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tocsin.connectors.acts import INCIDENT_KEY, telling, text
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import LONGEST_ANSWER_BYTES, RestCaller
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Arguments, Call, Caller, CallFailed, Kept, Outcome, Performer, Play, Seen
from tocsin.domain.action import BlastRadius, Right
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import FailureKind

# https://developer.pagerduty.com/api-reference/ (REST API v2: incidents, notes).
LONGEST_NOTE = 25_000
_WRITE = Right(name="incidents.write", why="to change the incident and add notes")
_READ = Right(name="incidents.read", why="to find the incident by its key, and to read it back")
_SAMPLE = {"incidents": [{"id": "PT4KHLK", "status": "triggered"}]}
_STATUSES = ("triggered", "acknowledged", "resolved")


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of PagerDuty's REST API. Raises `Misconfigured` while a setting is missing."""
    return rest_caller(
        Secret(values["TOCSIN_PAGERDUTY_TOKEN"]),
        values["TOCSIN_PAGERDUTY_FROM"],
        values["TOCSIN_PAGERDUTY_API_URL"],
    )


def rest_caller(token: Secret, sender: str, url: str, outbound: Outbound | None = None) -> RestCaller:
    """Return the caller; `sender` is the mail address in whose name changes are made."""
    if not token or not sender:
        raise Misconfigured(
            "PagerDuty's REST API is not set up: TOCSIN_PAGERDUTY_TOKEN or TOCSIN_PAGERDUTY_FROM is empty.",
            means="The action was not begun, and nothing was changed.",
            next_step="Set both: an API key, and the mail address of a user of the account.",
        )
    headers = {"Authorization": f"Token token={token.reveal()}", "From": sender}
    return RestCaller(
        partner="PagerDuty",
        base_url=url,
        credentials=lambda: headers,
        secrets=(token,),
        outbound=outbound or Outbound(longest_answer=LONGEST_ANSWER_BYTES),
    )


def _ours(arguments: Arguments) -> Play[Any]:
    """Return the newest incident with our key. Raises `CallFailed` where there is none."""
    query = {
        "incident_key": arguments.get("incident_key", ""),
        "date_range": "all",
        "statuses[]": list(_STATUSES),
        "sort_by": "created_at:desc",
        "limit": 1,
    }
    told = yield Call(
        service="pagerduty", operation="GET /incidents", parameters={"query": query}, sample=_SAMPLE
    )
    found = told.get("incidents") if isinstance(told, dict) else None
    if not isinstance(found, list) or not found:
        raise CallFailed(FailureKind.REFUSED, "PagerDuty has no incident with this key", code="not_found")
    return found[0]


def _changed(number: str, status: str) -> Call:
    body = {"incident": {"type": "incident_reference", "status": status}}
    return Call(
        service="pagerduty",
        operation="PUT /incidents/{id}",
        parameters={"id": number, "body": body},
        changes=True,
        sample={"incident": {"id": number, "status": status}},
    )


def _moved(name: str, title: str, status: str, enough: tuple[str, ...], no_undo: str) -> Performer:
    def perform(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        found = yield from _ours(arguments)
        if found.get("status") in enough:
            return Outcome(text=f"{found.get('id')} is {found.get('status')} already")
        yield _changed(str(found.get("id")), status)
        return Outcome(text=f"{found.get('id')} is {status}", output={"id": found.get("id")})

    def verify(arguments: Arguments, kept: Kept) -> Play[bool]:
        return (yield from _ours(arguments)).get("status") in enough

    def seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        is_done = yield from verify(arguments, kept)
        return Seen.DONE if is_done else Seen.NOT_DONE

    declaration = telling(
        name,
        title,
        INCIDENT_KEY,
        rule="The incident is read first; one that is so already is left alone.",
        no_undo=no_undo,
        blast=BlastRadius(unit="incidents", per_run=1, per_hour=100),
        rights=(_READ, _WRITE),
    )
    return Performer(
        # Acknowledged, PagerDuty calls nobody any more: somebody must be awake by then.
        declaration=replace(declaration, speaks_for_people=status == "acknowledged"),
        perform=perform,
        seen=seen,
        verify=verify,
    )


def _content(arguments: Arguments, key: str) -> str:
    ending = f"\n[{key}]"
    return str(arguments["text"])[: LONGEST_NOTE - len(ending)] + ending


def _found_note(arguments: Arguments, key: str) -> Play[Any]:
    found = yield from _ours(arguments)
    told = yield Call(
        service="pagerduty",
        operation="GET /incidents/{id}/notes",
        parameters={"id": found.get("id")},
        sample={"notes": []},
    )
    for one in told.get("notes") or ():
        content = str(one.get("content", ""))
        if content.endswith(f"[{key}]") if key else content.startswith(str(arguments["text"])):
            return {"note": one}
    return None


def _note(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    there = yield from _found_note(arguments, key)
    if there is not None:
        return Outcome(text="the note is there already")
    found = yield from _ours(arguments)
    yield Call(
        service="pagerduty",
        operation="POST /incidents/{id}/notes",
        parameters={"id": found.get("id"), "body": {"note": {"content": _content(arguments, key)}}},
        changes=True,
        sample={"note": {"id": "PWL7QXS"}},
    )
    return Outcome(text="note added")


def _is_noted(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _found_note(arguments, "")) is not None


def _seen_note(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    there = yield from _found_note(arguments, key)
    return Seen.NOT_DONE if there is None else Seen.DONE


ACKNOWLEDGE = _moved(
    "pagerduty.acknowledge",
    "Acknowledge the incident in PagerDuty",
    "acknowledged",
    ("acknowledged", "resolved"),
    "PagerDuty takes an acknowledgement back by itself only, after the time its service says.",
)
RESOLVE = _moved(
    "pagerduty.resolve",
    "Resolve the incident in PagerDuty",
    "resolved",
    ("resolved",),
    "A resolved incident stays resolved; the next alert opens another.",
)
NOTE = Performer(
    declaration=telling(
        "pagerduty.note",
        "Add a note to the incident in PagerDuty",
        text("text", "What to note."),
        INCIDENT_KEY,
        rule="Our key ends the note; the notes are looked through first.",
        no_undo="A note cannot be removed.",
        rights=(_READ, _WRITE),
    ),
    perform=_note,
    seen=_seen_note,
    verify=_is_noted,
)
PERFORMERS = (ACKNOWLEDGE, RESOLVE, NOTE)
