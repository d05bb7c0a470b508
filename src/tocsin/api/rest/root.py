"""The REST application: who may call it, how refusals look, and which routers it has."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

import tocsin
from tocsin.api.problems import document, status_of
from tocsin.api.rest.audit import router as audit
from tocsin.api.rest.evidence import router as evidence
from tocsin.api.rest.guard import authenticate
from tocsin.api.rest.incidents import router as incidents
from tocsin.api.rest.quarantine import router as quarantine
from tocsin.domain.errors import Explained

rest = NinjaAPI(
    title="Tocsin",
    version=tocsin.__version__,
    auth=authenticate,
    urls_namespace="rest",
    docs_url=None,
    openapi_url="/openapi.json",
)
rest.add_router("/v1/incidents", incidents)
rest.add_router("/v1/evidence", evidence)
rest.add_router("/v1/audit", audit)
rest.add_router("/v1/quarantine", quarantine)


@rest.exception_handler(Explained)
def refuse(request: HttpRequest, error: Explained) -> HttpResponse:
    """Answer an explained error as a problem document (RFC 9457)."""
    response = rest.create_response(request, document(error), status=status_of(error))
    response["Content-Type"] = "application/problem+json"
    return response
