"""Reads configured addresses, whose answers are evidence; only their names are known elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

LONGEST_ANSWER = 64 * 1024 * 1024
TIME_LIMIT_S = 60.0
_TOO_MANY, _FIRST_FAULT = 429, 500


def caller(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return who reads the addresses of the settings."""
    headers: dict[str, dict[str, str]] = {}
    for line in values["TOCSIN_EVIDENCE_CAPTURE_HEADERS"].split("|"):
        name, _, header = line.strip().partition("=")
        called, _, value = header.partition(":")
        if name and value:
            headers.setdefault(name, {})[called.strip()] = value.strip()
    pairs = (pair.strip().partition("=") for pair in values["TOCSIN_EVIDENCE_CAPTURES"].split(","))
    urls = {name: Secret(url) for name, _, url in pairs if url}
    return CaptureCaller(urls, clock, {name: Secretly(each) for name, each in headers.items()})


@dataclass(frozen=True, slots=True)
class Secretly:
    """Headers that are not printed."""

    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaptureCaller:
    """Makes one GET. Redirects are not followed, and the answer is taken whatever it says."""

    urls: Mapping[str, Secret]
    clock: Clock
    headers: Mapping[str, Secretly] = field(default_factory=dict)

    def call(self, call: Call) -> Any:
        """Return the answer: `url` without its query, `status`, `headers`, `body`, `is_cut`, `at`.

        Raises `CallFailed`, also for an answer that asks to come again.
        """
        name = str(call.parameters["name"])
        url = self.urls.get(name)
        if url is None:
            reason = f"TOCSIN_EVIDENCE_CAPTURES has no address named {name[:60]!r}"
            raise CallFailed(FailureKind.MISCONFIGURED, reason)
        sent = self.headers[name].headers if name in self.headers else {}
        client = Outbound(time_limit_s=TIME_LIMIT_S, longest_answer=LONGEST_ANSWER)
        try:
            answer = client.request("GET", url.reveal(), headers=sent)
        except DeliveryFailed as failed:
            raise CallFailed(failed.kind, failed.reason) from None
        if answer.status == _TOO_MANY or answer.status >= _FIRST_FAULT:
            reason = f"{name} was answered with status {answer.status}"
            raise CallFailed(FailureKind.RETRY_LATER, reason, status=answer.status)
        return {
            "url": _shown(url.reveal()),
            "status": answer.status,
            "headers": {key: value for key, value in answer.headers.items() if key != "set-cookie"},
            "body": answer.body,
            "is_cut": answer.is_cut,
            "at": self.clock.now().isoformat(),
        }


def _shown(url: str) -> str:
    """Return the address without its query, in which a key may stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
