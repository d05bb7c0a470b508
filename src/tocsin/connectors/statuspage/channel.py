"""Keeps one incident of a public status page in step with ours; the public reads fixed words, never ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret
from tocsin.connectors.sorting import failure_of
from tocsin.domain.page import Message
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

# The form is from https://developer.statuspage.io (REST API v1, Incidents).
STATUSPAGE_URL = "https://api.statuspage.io/v1/"
LONGEST_ANSWER_BYTES = 4_194_304
"""The list of unresolved incidents carries every update of each."""

_ADDRESS = re.compile(r"([a-z0-9]{4,40})/([a-z0-9]{4,40}(?:,[a-z0-9]{4,40}){0,49})", re.IGNORECASE)
_REFERENCE = re.compile(r"[A-Za-z0-9]{4,40}")
_STATUSES = {
    "opened": "investigating",
    "acknowledged": "identified",
    "changed": "identified",
    "resolved": "resolved",
}
_COMPONENTS = {"P1": "major_outage", "P2": "partial_outage"}
_IMPACTS = {"P1": "critical", "P2": "major"}
_WORDS = {
    "investigating": "We are looking into a disturbance of this service.",
    "identified": "We are working on a disturbance of this service.",
    "resolved": "The disturbance is over.",
}
TITLE = "Disturbance of service"
"""What happened inside is not for the public: a person may write more on the page itself."""


@dataclass(frozen=True, slots=True)
class StatuspageChannel:
    """A status page as a channel; the address is a page's id, a slash, and ids of components with commas."""

    key: Secret
    base_url: str = STATUSPAGE_URL
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    @property
    def name(self) -> str:
        return "statuspage"

    @property
    def is_real(self) -> bool:
        return True

    def send(self, message: Message, address: str) -> Receipt:
        """Open the page's incident or update it; the same key changes nothing more. Raises `DeliveryFailed`.

        Only what tells the public something is sent: opened, acknowledged, changed, resolved.
        """
        fits = _ADDRESS.fullmatch(address)
        if fits is None:
            reason = "the address is not a page's id, a slash and the ids of its components"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        page, components = fits[1], tuple(fits[2].split(","))
        status = _STATUSES.get(message.event)
        if status is None or message.is_page:
            return Receipt(f"nothing to tell the public of {one_line(message.event, limit=40)}")
        key = message.incident_key or message.incident
        known = message.thread if _REFERENCE.fullmatch(message.thread) else self._known(page, key)
        body = orjson.dumps({"incident": _incident(message, status, components, key, is_new=not known)})
        if known:
            found = self._asked("PATCH", f"pages/{page}/incidents/{known}", body)
        elif status == "resolved":
            return Receipt("nothing to resolve: the page has no open incident of this one")
        else:
            found = self._asked("POST", f"pages/{page}/incidents", body)
        reference = _id_of(found)
        return Receipt(f"incident {reference} is {status}", reference)

    def _known(self, page: str, key: str) -> str:
        """Return the id of the open incident that is ours; a try that was cut off may have made it."""
        found = self._asked("GET", f"pages/{page}/incidents/unresolved")
        incidents = found if isinstance(found, list) else []
        return next((_id_of(each) for each in incidents if _key_in(each) == key), "")

    def _asked(self, method: str, path: str, content: bytes = b"") -> object:
        headers = {"Authorization": f"OAuth {self.key.reveal()}", "Content-Type": "application/json"}
        url = f"{self.base_url.rstrip('/')}/{path}"
        answer = self.outbound.request(method, url, content=content, headers=headers)
        if answer.status == 420:
            # Statuspage's own code for too many requests; see its page on rate limits.
            reason = "Statuspage answered 420: too many requests"
            raise DeliveryFailed(FailureKind.RETRY_LATER, reason, retry_after_s=60.0, status=420)
        if not 200 <= answer.status < 300:
            raise failure_of(answer, "Statuspage", self.key)
        return _json(answer)


def _json(answer: Answer) -> object:
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        reason = f"Statuspage answered {answer.status} with what is not its JSON"
        raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status) from None


def _incident(
    message: Message, status: str, components: tuple[str, ...], key: str, *, is_new: bool
) -> dict[str, Any]:
    standing = (
        "operational" if status == "resolved" else _COMPONENTS.get(message.severity, "degraded_performance")
    )
    incident: dict[str, Any] = {
        "status": status,
        "body": _WORDS[status],
        "components": dict.fromkeys(components, standing),
        "component_ids": list(components),
    }
    if is_new:
        incident["name"] = TITLE
        incident["impact_override"] = _IMPACTS.get(message.severity, "minor")
        incident["metadata"] = {"tocsin": {"incident_key": key}}
    return incident


def _id_of(found: object) -> str:
    number = found.get("id") if isinstance(found, dict) else None
    if not isinstance(number, str) or not _REFERENCE.fullmatch(number):
        reason = "Statuspage answered with an incident that has no id"
        raise DeliveryFailed(FailureKind.UNKNOWN, reason)
    return number


def _key_in(found: object) -> object:
    metadata = found.get("metadata") if isinstance(found, dict) else None
    ours = metadata.get("tocsin") if isinstance(metadata, dict) else None
    return ours.get("incident_key") if isinstance(ours, dict) else None
