"""The only HTTP of the Entra connector: Microsoft Graph, called as an application of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import LONGEST_ANSWER_BYTES, RestCaller, call_failed, kind_for
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import shown
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

# https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
SCOPE = "https://graph.microsoft.com/.default"
EARLY = timedelta(seconds=60)
"""A token is asked for anew this long before its end, so that it does not end on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Who we are to Entra: an application of a tenant, with a secret of its own."""

    tenant: str
    client: str
    secret: Secret
    login_url: str


@dataclass(slots=True, kw_only=True)
class GraphCaller:
    """Calls Microsoft Graph with a token of the client-credentials grant, kept in memory until its end."""

    application: Application
    rest: RestCaller
    clock: Clock
    _token: Secret = field(default_factory=lambda: Secret(""), repr=False)
    _until: datetime | None = None

    def call(self, call: Call) -> Any:
        """Make one call. A token that was refused is asked for anew the next time. Raises `CallFailed`."""
        token = self._valid_token()
        rest = replace(
            self.rest,
            credentials=lambda: {"Authorization": f"Bearer {token.reveal()}"},
            secrets=(token, self.application.secret),
        )
        try:
            return rest.call(call)
        except CallFailed as failed:
            if failed.status == 401:
                self._until = None
            raise

    def _valid_token(self) -> Secret:
        if self._until is None or self.clock.now() >= self._until:
            self._token, lasts = self._asked_for()
            self._until = self.clock.now() + lasts - EARLY
        return self._token

    def _asked_for(self) -> tuple[Secret, timedelta]:
        us = self.application
        form = {
            "client_id": us.client,
            "client_secret": us.secret.reveal(),
            "scope": SCOPE,
            "grant_type": "client_credentials",
        }
        url = f"{us.login_url.rstrip('/')}/{quote(us.tenant, safe='')}/oauth2/v2.0/token"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            answer = self.rest.outbound.post(url, content=urlencode(form).encode(), headers=headers)
        except DeliveryFailed as failed:
            raise call_failed(failed, changes=False) from None
        if answer.status != 200:
            # Entra answers 400 and 401 to a wrong tenant, application or secret.
            kind = kind_for(answer.status, changes=False)
            is_ours = answer.status in (400, 401)
            reason = f"Entra gave no token ({answer.status}): {shown(answer, us.secret)}"
            raise CallFailed(
                FailureKind.MISCONFIGURED if is_ours else kind,
                hidden_in(reason, us.secret),
                status=answer.status,
            )
        return _token_in(answer.body)


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of Microsoft Graph. Raises `Misconfigured` while a setting is missing."""
    names = ("TOCSIN_ENTRA_TENANT", "TOCSIN_ENTRA_CLIENT", "TOCSIN_ENTRA_SECRET")
    missing = [name for name in names if not values[name].strip()]
    if missing:
        raise Misconfigured(
            f"Entra is not set up: {', '.join(missing)} is empty.",
            means="The action was not begun, and nothing was changed.",
            next_step="Set it; docs/actions-services.md tells which rights the application needs.",
        )
    secret = Secret(values["TOCSIN_ENTRA_SECRET"])
    return GraphCaller(
        application=Application(
            tenant=values["TOCSIN_ENTRA_TENANT"].strip(),
            client=values["TOCSIN_ENTRA_CLIENT"].strip(),
            secret=secret,
            login_url=values["TOCSIN_ENTRA_LOGIN_URL"],
        ),
        rest=RestCaller(
            partner="Microsoft Graph",
            base_url=values["TOCSIN_ENTRA_URL"],
            credentials=dict,
            outbound=Outbound(longest_answer=LONGEST_ANSWER_BYTES),
        ),
        clock=clock,
    )


def _token_in(body: bytes) -> tuple[Secret, timedelta]:
    try:
        found = orjson.loads(body)
        token, lasts = found["access_token"], timedelta(seconds=int(found["expires_in"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, OverflowError):
        token, lasts = None, EARLY
    if not isinstance(token, str) or not token:
        raise CallFailed(FailureKind.UNKNOWN, "Entra answered 200 without a token", status=200)
    return Secret(token), lasts
