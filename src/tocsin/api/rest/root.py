"""The REST application: who may call it, how refusals look, and which routers it has."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

import tocsin
from tocsin.api.doorkeeper import not_signed_in
from tocsin.api.problems import MEDIA_TYPE, document, headers_of, status_of
from tocsin.api.rest.actions import router as actions
from tocsin.api.rest.alerts import router as alerts
from tocsin.api.rest.audit import router as audit
from tocsin.api.rest.deliveries import router as deliveries
from tocsin.api.rest.evidence import router as evidence
from tocsin.api.rest.guard import authenticate
from tocsin.api.rest.incidents import router as incidents
from tocsin.api.rest.oncall import router as oncall
from tocsin.api.rest.quarantine import router as quarantine
from tocsin.api.rest.runs import router as runs
from tocsin.api.rest.runs import runbooks
from tocsin.api.rest.schedules import router as schedules
from tocsin.api.rest.silences import router as silences
from tocsin.domain.errors import Explained

LONGEST_DETAIL = 500


class RequestInvalid(Explained):
    """A request to the REST API lacks something, or holds something of another kind than promised."""

    code: ClassVar[str] = "request_invalid"


class RequestUnreadable(Explained):
    """The body of a request to the REST API is no JSON (HTTP 400)."""

    code: ClassVar[str] = "request_unreadable"


rest = NinjaAPI(
    title="Tocsin",
    version=tocsin.__version__,
    auth=authenticate,
    urls_namespace="rest",
    docs_url=None,
    openapi_url="/openapi.json",
)
rest.add_router("/v1/incidents", incidents)
rest.add_router("/v1/alerts", alerts)
rest.add_router("/v1/evidence", evidence)
rest.add_router("/v1/audit", audit)
rest.add_router("/v1/quarantine", quarantine)
rest.add_router("/v1/oncall", oncall)
rest.add_router("/v1/runs", runs)
rest.add_router("/v1/runbooks", runbooks)
rest.add_router("/v1/schedules", schedules)
rest.add_router("/v1/deliveries", deliveries)
rest.add_router("/v1/silences", silences)
rest.add_router("/v1/actions", actions)


@rest.exception_handler(Explained)
def refuse(request: HttpRequest, error: Explained) -> HttpResponse:
    """Answer an explained error as a problem document (RFC 9457)."""
    response = rest.create_response(request, document(error), status=status_of(error))
    response["Content-Type"] = MEDIA_TYPE
    for name, value in headers_of(error).items():
        response[name] = value
    return response


@rest.exception_handler(AuthenticationError)
def refuse_stranger(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    """Answer a request without a valid token like every other refusal."""
    return refuse(request, not_signed_in())


@rest.exception_handler(ValidationError)
def refuse_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say which fields of the request are wrong, without repeating what was in them."""
    wrong = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors]
    return refuse(request, _invalid(f"The request does not fit: {'; '.join(wrong)[:LONGEST_DETAIL]}."))


@rest.exception_handler(HttpError)
def refuse_unreadable(request: HttpRequest, _: HttpError) -> HttpResponse:
    """Answer a body that is no JSON."""
    unreadable = RequestUnreadable(
        "The body of the request cannot be read as JSON.",
        means="Nothing was changed or shown.",
        next_step="Send JSON; /api/openapi.json describes what each address takes.",
    )
    return refuse(request, unreadable)


def _invalid(happened: str) -> RequestInvalid:
    return RequestInvalid(
        happened,
        means="Nothing was changed or shown.",
        next_step="Correct the request; /api/openapi.json describes what each address takes.",
    )
