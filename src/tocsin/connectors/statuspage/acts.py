"""What runbooks do on a public status page: tell of an incident in words of theirs, mark a component."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.acts import INCIDENT_KEY, telling, text
from tocsin.connectors.each import EachSet
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import LONGEST_ANSWER_BYTES, RestCaller
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Arguments, Call, Caller, CallFailed, Kept, Outcome, Performer, Play, Seen
from tocsin.domain.action import BlastRadius, Right, Undo
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import FailureKind

STATUSES = ("investigating", "identified", "monitoring", "resolved")
STANDINGS = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
_ONGOING = "GET /pages/{page}/incidents/unresolved"


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of Statuspage. Raises `Misconfigured` without a key."""
    return rest_caller(Secret(values["TOCSIN_STATUSPAGE_KEY"]), values["TOCSIN_STATUSPAGE_URL"])


def rest_caller(key: Secret, url: str, outbound: Outbound | None = None) -> RestCaller:
    """Return the caller."""
    if not key:
        raise Misconfigured(
            "The status page is not set up: TOCSIN_STATUSPAGE_KEY is empty.",
            means="The action was not begun; the public was told nothing.",
            next_step="Set the API key of a user who manages the page.",
        )
    headers = {"Authorization": f"OAuth {key.reveal()}"}
    return RestCaller(
        partner="Statuspage",
        base_url=url,
        credentials=lambda: headers,
        secrets=(key,),
        outbound=outbound or Outbound(longest_answer=LONGEST_ANSWER_BYTES),
    )


def _known(arguments: Arguments) -> Play[Any]:
    """Return the page's open incident that is ours, None if there is none."""
    told = yield Call(
        service="statuspage", operation=_ONGOING, parameters={"page": arguments["page"]}, sample=[]
    )
    key = arguments.get("incident_key", "")
    for one in told if isinstance(told, list) else ():
        if ((one.get("metadata") or {}).get("tocsin") or {}).get("incident_key") == key:
            return one
    return None


def _post(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Open the page's incident, or update the one that is ours."""
    status = _one_of(arguments["status"], STATUSES)
    found = yield from _known(arguments)
    incident: dict[str, Any] = {"status": status, "body": str(arguments["text"])}
    if found is not None and _is_so(found, arguments):
        return Outcome(text="the page says so already", output={"id": found["id"]})
    if found is None and status == "resolved":
        return Outcome(text="the page has no open incident of this one")
    if found is None:
        incident["name"] = str(arguments["title"])
        incident["metadata"] = {"tocsin": {"incident_key": arguments.get("incident_key", "")}}
        operation, more = "POST /pages/{page}/incidents", {}
    else:
        operation, more = "PATCH /pages/{page}/incidents/{incident}", {"incident": found["id"]}
    told = yield Call(
        service="statuspage",
        operation=operation,
        parameters={"page": arguments["page"], **more, "body": {"incident": incident}},
        changes=True,
        sample={"id": "p31zjtct2jer"},
    )
    return Outcome(text=f"the page says {status}", output={"id": told.get("id")})


def _is_so(found: Any, arguments: Arguments) -> bool:
    updates = found.get("incident_updates") or [found]
    latest = updates[0]
    return bool(found.get("status") == arguments["status"] and latest.get("body") == arguments["text"])


def _is_told(arguments: Arguments, kept: Kept) -> Play[bool]:
    found = yield from _known(arguments)
    if found is None:
        return bool(arguments["status"] == "resolved")
    return _is_so(found, arguments)


def _seen_told(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_done = yield from _is_told(arguments, kept)
    return Seen.DONE if is_done else Seen.NOT_DONE


def _one_of(word: object, words: tuple[str, ...]) -> str:
    if word not in words:
        raise CallFailed(FailureKind.REFUSED, f"the status is none of {', '.join(words)}")
    return str(word)


def _read_component(component: str, arguments: Arguments) -> Call:
    return Call(
        service="statuspage",
        operation="GET /pages/{page}/components/{component}",
        parameters={"page": arguments["page"], "component": component},
        sample={"id": component, "status": "operational"},
    )


def _write_component(component: str, value: Any, arguments: Arguments) -> Call:
    body = {"component": {"status": _one_of(value, STANDINGS)}}
    return Call(
        service="statuspage",
        operation="PATCH /pages/{page}/components/{component}",
        parameters={"page": arguments["page"], "component": component, "body": body},
        changes=True,
        sample={"id": component, "status": value},
    )


_STANDING = EachSet(
    argument="component",
    unit="components",
    read=_read_component,
    value_in=lambda answer: answer.get("status"),
    write=_write_component,
    wanted=lambda arguments: arguments["status"],
)
POST = Performer(
    declaration=telling(
        "statuspage.post",
        "Tell the public on the status page",
        text("page", "Id of the page."),
        text("status", f"One of {', '.join(STATUSES)}."),
        text("title", "Title of the incident, for the public."),
        text("text", "What the public reads."),
        INCIDENT_KEY,
        rule="The page's open incident carries our incident's key, and is looked for first.",
        no_undo="The public may have read it; a further update can say that it was wrong.",
        blast=BlastRadius(unit="updates", per_run=1, per_hour=20),
        rights=(Right(name="incidents", why="to find, open and update the incident that is ours"),),
    ),
    perform=_post,
    seen=_seen_told,
    verify=_is_told,
)
UPDATE_COMPONENT = Performer(
    declaration=telling(
        "statuspage.update_component",
        "Mark a component on the status page",
        text("page", "Id of the page."),
        text("component", "Id of the component."),
        text("status", f"One of {', '.join(STANDINGS)}."),
        rule="The status is set; a second time changes nothing.",
        undo=Undo(does="Sets the status that the component had.", keeps=("status",)),
        blast=BlastRadius(unit="components", per_run=1, per_hour=60),
        rights=(Right(name="components", why="to read and set the component's status"),),
    ),
    objects=_STANDING.objects,
    before=_STANDING.before,
    perform=_STANDING.perform,
    seen=_STANDING.seen,
    verify=_STANDING.verify,
    undo=_STANDING.undo,
)
PERFORMERS = (POST, UPDATE_COMPONENT)
