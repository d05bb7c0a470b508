"""Reads one page of a runbook: from Confluence by its REST API, from anywhere else as the file it is."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlunsplit

import orjson

from tocsin.connectors.leaves import leaf, word
from tocsin.connectors.named import named_secrets
from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.rest import call_failed, kind_for
from tocsin.connectors.runbook_pages.quoting import quoted_html, quoted_text
from tocsin.connectors.runbook_pages.sources import SOURCES, Sources, sources_in, taken_apart
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TOKENS = "TOCSIN_RUNBOOK_TOKENS"
LONGEST_ANSWER_BYTES = 1_048_576
EXPAND = "body.storage,space,version"
_PAGE = re.compile(r"(?P<above>/.*|)/spaces/(?P<space>[^/]+)/pages/(?P<id>[0-9]{1,20})(?:/[^/]*)?")
_VIEWED = re.compile(r"(?P<above>/.*|)/pages/viewpage\.action")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|h[1-6]|p|div|body)\b", re.IGNORECASE)


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return who reads the pages of the sources that are set. Raises `Misconfigured`."""
    tokens = named_secrets(values[TOKENS], TOKENS)
    return PagesCaller(sources_in(values[SOURCES]), tokens, clock)


@dataclass(frozen=True, slots=True)
class PagesCaller:
    """Makes one GET to a named source. A source may be in a private network, for the operator named it.

    What is in no source is not asked for at all, and a redirect is not followed.
    """

    sources: Sources
    tokens: Mapping[str, Secret] = field(repr=False)
    clock: Clock
    outbound: Outbound = field(default_factory=lambda: Outbound(longest_answer=LONGEST_ANSWER_BYTES))

    def call(self, call: Call) -> Any:
        """Return `quote` (plain text), `digest` (SHA-256 hex of the answer), `version`, `is_cut` and `at`.

        Raises `CallFailed`.
        """
        url = str(call.parameters["url"])
        name, page = self.sources.source_of(url), taken_apart(url)
        if name is None or page is None:
            raise CallFailed(FailureKind.REFUSED, f"the page is in no source of {SOURCES}")
        wiki = _in_confluence(page)
        answer = self._asked(wiki[0] if wiki else urlunsplit(page), name)
        if wiki:
            quote, version = _of_confluence(answer, wiki[1], name)
        else:
            quote, version = _of_file(answer, name), ""
        return {
            "quote": quote,
            "digest": sha256(answer.body).hexdigest(),
            "version": version,
            "is_cut": answer.is_cut,
            "at": self.clock.now().isoformat(timespec="seconds"),
        }

    def _asked(self, url: str, name: str) -> Answer:
        token = self.tokens.get(name, Secret("")).reveal()
        try:
            answer = self.outbound.request("GET", url, headers=_credentials(token))
        except DeliveryFailed as failed:
            raise call_failed(failed, changes=False) from None
        if answer.status != 200:
            kind = kind_for(answer.status, changes=False)
            raise CallFailed(kind, f"{name} answered {answer.status}", status=answer.status)
        return answer


def _credentials(token: str) -> Mapping[str, str]:
    """Return the header that shows who asks: `user:token` is Basic (Confluence Cloud), else Bearer."""
    if not token:
        return {}
    if ":" in token:
        return {"Authorization": f"Basic {base64.b64encode(token.encode()).decode('ascii')}"}
    return {"Authorization": f"Bearer {token}"}


def _in_confluence(page: SplitResult) -> tuple[str, str] | None:
    """Return the REST address of a page in Confluence, and its space (empty: any); None for other pages."""
    space = ""
    if found := _PAGE.fullmatch(page.path):
        number, space = found["id"], unquote(found["space"])
    elif found := _VIEWED.fullmatch(page.path):
        (number,) = parse_qs(page.query).get("pageId", [""])[:1]
    if found is None or not (number.isascii() and number.isdecimal()):
        return None
    path = f"{found['above']}/rest/api/content/{number}"
    return urlunsplit((page.scheme, page.netloc, path, f"expand={EXPAND}", "")), space


def _of_confluence(answer: Answer, space: str, name: str) -> tuple[str, str]:
    """Return quote and version. The page must be in the space that its address names: a source may be one."""
    try:
        told = None if answer.is_cut else orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    body = leaf(told, "body", "storage", "value")
    if not isinstance(body, str):
        raise CallFailed(FailureKind.REFUSED, f"{name} answered with no page, or with one that is too long")
    if space and leaf(told, "space", "key") != space:
        raise CallFailed(FailureKind.REFUSED, f"{name} has the page in another space than its address says")
    title = escape(word(told, "title"))
    return quoted_html(f"<h1>{title}</h1>{body}"), word(told, "version", "number")


def _of_file(answer: Answer, name: str) -> str:
    if b"\0" in answer.body:
        raise CallFailed(FailureKind.REFUSED, f"{name} answered with what is no text")
    text = answer.body.decode("utf-8", "replace")
    is_html = "html" in answer.headers.get("content-type", "") or _MARKUP.match(text)
    return quoted_html(text) if is_html else quoted_text(text)
