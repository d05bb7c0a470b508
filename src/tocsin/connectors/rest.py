"""Makes the calls of plays to partners that speak JSON over HTTP, one request a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import kind_of, shown
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

LONGEST_ANSWER_BYTES = 4_194_304
LONGEST_SEGMENT = 512
"""Characters of one value in a path; longer ones are no names of anything."""

_PLACE = re.compile(r"\{([a-z_]+)\}")
_OPERATION = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (/\S*)")
_CODE_NAMES = ("code", "error", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCaller:
    """Calls one partner below `base_url`.

    The operation of a call is `METHOD /path/{name}`. Its parameters fill the places of the path, each as one
    segment; `query`, `body` (JSON), `headers`, `success` (statuses, any 2xx without it) and `output` (of a
    read, which parts of the answer) have their own meaning. `credentials` gives the headers that prove who
    calls; it may make a request of its own. `secrets` are hidden in whatever the partner repeats.
    """

    partner: str
    base_url: str
    credentials: Callable[[], Mapping[str, str]] = field(repr=False)
    secrets: tuple[Secret, ...] = ()
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    def call(self, call: Call) -> Any:
        """Make one request and return the JSON that came, `{}` for an empty body. Raises `CallFailed`."""
        method, path = _taken_apart(call)
        parameters = call.parameters
        body = parameters.get("body")
        content = b"" if body is None else orjson.dumps(body)
        headers = {"Accept": "application/json", **self.credentials(), **parameters.get("headers", {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        query = parameters.get("query")
        url = self.base_url.rstrip("/") + _filled(path, parameters)
        url += f"?{urlencode(query, doseq=True)}" if query else ""
        try:
            answer = self.outbound.request(method, url, headers=headers, content=content)
        except DeliveryFailed as failed:
            raise call_failed(failed, changes=call.changes) from None
        return self._read(answer, call)

    def _read(self, answer: Answer, call: Call) -> Any:
        secrets = (*self.secrets, *secrets_of(call))
        success = call.parameters.get("success")
        is_good = answer.status in success if success else 200 <= answer.status < 300
        if not is_good:
            raise self._refused(answer, call, secrets)
        if not answer.body.strip():
            return {}
        try:
            found = None if answer.is_cut else orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict | list):
            reason = f"{self.partner} answered {answer.status} with what is not its JSON, or too much of it"
            raise CallFailed(FailureKind.UNKNOWN, reason, status=answer.status)
        return found

    def _refused(self, answer: Answer, call: Call, secrets: tuple[Secret, ...]) -> CallFailed:
        words = shown(answer, *secrets)
        return CallFailed(
            kind_for(answer.status, changes=call.changes),
            f"{self.partner} answered {answer.status}" + (f": {words}" if words else ""),
            code=hidden_in(_code_in(answer), *secrets),
            status=answer.status,
        )


def kind_for(status: int, *, changes: bool) -> FailureKind:
    """Return what a status that is no success means for an action.

    What is not there is no wrong setting: it was refused. An answer 5xx to a call that changes something
    leaves open whether it took effect, but for 503, which says that it did not.
    """
    if status in (404, 410):
        return FailureKind.REFUSED
    if changes and 500 <= status < 600 and status != 503:
        return FailureKind.UNKNOWN
    return kind_of(status)


def call_failed(failed: DeliveryFailed, *, changes: bool) -> CallFailed:
    """Return the failure of a call to which no answer came, or one that was sorted as a message's.

    Without an answer nobody can tell whether a change took effect.
    """
    is_open = changes and failed.kind is FailureKind.RETRY_LATER and failed.status is None
    kind = FailureKind.UNKNOWN if is_open else failed.kind
    return CallFailed(kind, failed.reason, status=failed.status)


def secrets_of(call: Call) -> tuple[Secret, ...]:
    """Return the texts within a call's secret parameters."""
    found = (each for name in call.secret for each in _texts(call.parameters.get(name)))
    return tuple(Secret(each) for each in found)


def is_absent(failed: CallFailed) -> bool:
    """Say whether the partner has nothing by that name."""
    return failed.status in (404, 410)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif value not in (None, ""):
        yield str(value)


def _taken_apart(call: Call) -> tuple[str, str]:
    matched = _OPERATION.fullmatch(call.operation)
    if matched is None:
        reason = f"{call.operation[:60]!r} is no method and path"
        raise CallFailed(FailureKind.MISCONFIGURED, reason)
    return matched[1], matched[2]


def _filled(path: str, parameters: Mapping[str, Any]) -> str:
    """Return the path with its places filled. A value never leaves its segment. Raises `CallFailed`."""

    def segment(place: re.Match[str]) -> str:
        value = str(parameters.get(place[1], ""))
        if value in ("", ".", "..") or len(value) > LONGEST_SEGMENT:
            reason = f"the value of {place[1]} cannot stand in a path"
            raise CallFailed(FailureKind.REFUSED, reason)
        return quote(value, safe="")

    return _PLACE.sub(segment, path)


def _code_in(answer: Answer) -> str:
    """Return the partner's own word for what is wrong, wherever partners put it."""
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return ""
    for name in _CODE_NAMES:
        part = found.get(name) if isinstance(found, dict) else None
        if isinstance(part, dict):
            part = part.get("code")
        if isinstance(part, str | int) and part:
            return one_line(str(part), limit=80)
    return ""
