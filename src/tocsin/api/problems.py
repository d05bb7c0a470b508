"""Turns our explained errors into RFC 9457 problem documents with a fitting HTTP status."""

from __future__ import annotations

import orjson
from starlette.responses import Response

from tocsin.domain.errors import Explained, NotFound, Overloaded

MEDIA_TYPE = "application/problem+json"
JSON = "application/json"
ALERTMANAGERS = "/api/v2/"
"""Clients below this address read no body but plain JSON."""
RETRY_AFTER_S = 5
_STATUS = {
    "not_found": 404,
    "overloaded": 503,
    "body_too_large": 413,
    "request_invalid": 422,
    "body_cut_short": 408,
    "not_signed_in": 401,
    "not_allowed": 403,
    "move_refused": 409,
    "only_people_close": 409,
    "link_expired": 410,
    "link_used": 410,
    "misconfigured": 500,
}


def status_of(error: Explained) -> int:
    """Return the HTTP status for an error; 400 for those about what was sent."""
    if isinstance(error, Overloaded):
        return 503
    if isinstance(error, NotFound):
        return 404
    return int(getattr(error, "status", 0)) or _STATUS.get(error.code, 400)


def document(error: Explained) -> dict[str, object]:
    """Return the problem document (RFC 9457) of an error, with what it has for programs to read."""
    return {
        **getattr(error, "details", {}),
        "type": f"urn:tocsin:error:{error.code}",
        "title": error.happened,
        "status": status_of(error),
        "detail": f"{error.means} {error.next_step}",
        "code": error.code,
        "happened": error.happened,
        "means": error.means,
        "next_step": error.next_step,
    }


def problem(error: Explained) -> Response:
    """Return the response for an error."""
    return Response(
        orjson.dumps(document(error)), status_of(error), headers=headers_of(error), media_type=MEDIA_TYPE
    )


def problem_and_close(error: Explained, path: str = "") -> Response:
    """Return the response for an error whose body may not have been read to its end.

    In Alertmanager's API, wherever its prefix lies, it is the `{"code", "message"}` of go-openapi.
    """
    response = _as_alertmanager(error) if ALERTMANAGERS in path else problem(error)
    if status_of(error) in (401, 403, 408, 413, 503):
        # The rest of the body is not read, so the connection cannot be used again.
        response.headers["Connection"] = "close"
    return response


def _as_alertmanager(error: Explained) -> Response:
    status = status_of(error)
    words = {"code": status, "message": f"{error.happened} {error.next_step} [{error.code}]"}
    return Response(orjson.dumps(words), status, headers=headers_of(error), media_type=JSON)


def headers_of(error: Explained) -> dict[str, str]:
    """Return what else is said to the sender: when to come again."""
    return {"Retry-After": str(RETRY_AFTER_S)} if status_of(error) == 503 else {}
