"""The only HTTP of this connector: alerts made, acknowledged and closed by their alias."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import failure_of
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

OPS_URL = "https://api.atlassian.com/jsm/ops/"
ACCEPTED = 202

ACKNOWLEDGE = "acknowledge"
CLOSE = "close"


class Alerts(Protocol):
    """Either of the two doors: that of an integration (by its key) or that of an account (by its token)."""

    def create(self, alert: Mapping[str, Any]) -> Receipt: ...
    def act(self, action: str, alias: str, note: str) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class IntegrationAlerts:
    """Alerts through an integration's API key.

    https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events; that an
    alias may stand where the id does, with `identifierType`, is told in
    https://jira.atlassian.com/browse/JSDCLOUD-14179. `url` is that of the collection of alerts.
    """

    key: Secret
    url: str = f"{OPS_URL}integration/v2/alerts"
    outbound: Outbound = field(default_factory=Outbound)

    def create(self, alert: Mapping[str, Any]) -> Receipt:
        """Make an alert, or count it up where its alias is open. Raises `DeliveryFailed`."""
        return self._told(self._ask("POST", self.url, alert), str(alert["alias"]))

    def act(self, action: str, alias: str, note: str, source: str = "Tocsin") -> Receipt:
        """Acknowledge or close what has this alias; it is done later, and in silence where there is none."""
        body = {"source": source} | ({"note": note} if note else {})
        return self._told(self._ask("POST", self._by_alias(alias, action), body), alias)

    def change(self, part: str, alias: str, text: str) -> Receipt:
        """Change the `message` or `description` of what has this alias. Raises `DeliveryFailed`."""
        return self._told(self._ask("PUT", self._by_alias(alias, part), {part: text}), alias)

    def _by_alias(self, alias: str, part: str) -> str:
        return f"{self.url}/{quote(alias, safe='')}/{part}?identifierType=alias"

    def _ask(self, method: str, url: str, body: Mapping[str, Any]) -> Answer:
        headers = {"Authorization": f"GenieKey {self.key.reveal()}", "Content-Type": "application/json"}
        return self.outbound.request(method, url, content=orjson.dumps(body), headers=headers)

    def _told(self, answer: Answer, alias: str) -> Receipt:
        return accepted(answer, alias, self.key)


@dataclass(frozen=True, slots=True)
class AccountAlerts:
    """Alerts through an account's API token, of one site.

    https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-alerts: only ids name alerts
    there, so that an alias is looked up first. `url` ends with the site's id.
    """

    user: str
    token: Secret
    url: str
    outbound: Outbound = field(default_factory=Outbound)

    def create(self, alert: Mapping[str, Any]) -> Receipt:
        """Make an alert, or count it up where its alias is open. Raises `DeliveryFailed`."""
        # This door calls the details by another name.
        sent = {("extraProperties" if name == "details" else name): part for name, part in alert.items()}
        return self._told(self._ask("POST", "alerts", sent), str(alert["alias"]))

    def act(self, action: str, alias: str, note: str) -> Receipt:
        """Acknowledge or close what has this alias; no alert with it is no fault. Raises `DeliveryFailed`."""
        with self.outbound.together() as together:
            return replace(self, outbound=together)._act(action, alias, note)

    def _act(self, action: str, alias: str, note: str) -> Receipt:
        found = self._ask("GET", f"alerts/alias?{urlencode({'alias': alias})}")
        if found.status == 404:
            return Receipt(f"no open alert to {action}", alias)
        if found.status != 200:
            raise failure_of(found, "Jira Service Management", *self._secrets)
        number = _json(found).get("id")
        if not isinstance(number, str) or not number.replace("-", "").isalnum():
            raise _odd("an alert without an id", found.status)
        return self._told(self._ask("POST", f"alerts/{number}/{action}", {"note": note}), alias)

    @property
    def _secrets(self) -> tuple[Secret, Secret]:
        basic = base64.b64encode(f"{self.user}:{self.token.reveal()}".encode()).decode("ascii")
        return self.token, Secret(basic)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        headers = {"Authorization": f"Basic {self._secrets[1].reveal()}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = b"" if body is None else orjson.dumps(body)
        url = f"{self.url.rstrip('/')}/v1/{path}"
        return self.outbound.request(method, url, content=content, headers=headers)

    def _told(self, answer: Answer, alias: str) -> Receipt:
        return accepted(answer, alias, *self._secrets)


def accepted(answer: Answer, alias: str, *secrets: Secret) -> Receipt:
    """Return the receipt of what will be done later. Raises `DeliveryFailed` for everything but 202."""
    if answer.status != ACCEPTED:
        failed = failure_of(answer, "Jira Service Management", *secrets)
        kind = FailureKind.UNKNOWN if 200 <= answer.status < 300 else failed.kind
        raise DeliveryFailed(kind, failed.reason, retry_after_s=failed.retry_after_s, status=answer.status)
    request = _json(answer).get("requestId")
    if not isinstance(request, str):
        raise _odd("202 without a requestId", answer.status)
    return Receipt(f"202 request {one_line(hidden_in(request, *secrets), limit=80)}", alias)


def _json(answer: Answer) -> Mapping[str, Any]:
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise _odd("what is not its JSON", answer.status)
    return told


def _odd(what: str, status: int) -> DeliveryFailed:
    return DeliveryFailed(FailureKind.UNKNOWN, f"Jira Service Management answered {what}", status=status)
