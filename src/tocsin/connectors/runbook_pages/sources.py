"""Which pages may be read: those below the addresses that the operator named, and no others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from tocsin.connectors.named import named_secrets
from tocsin.connectors.plain import is_web_link
from tocsin.domain.errors import Misconfigured

SOURCES = "TOCSIN_RUNBOOK_SOURCES"
LONGEST_ADDRESS = 400
_PORTS = {"http": 80, "https": 443}
# What a server may read as another path than it looks like is in no source.
_DISGUISED = re.compile(r"%2e|%2f|%5c|\\|//|/\.\.?(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sources:
    """The addresses by name, each the beginning of the pages that are in the source."""

    addresses: Mapping[str, str]

    def source_of(self, url: str) -> str | None:
        """Return the name of the source that a page is in, None for any other address."""
        page = taken_apart(url)
        if page is None:
            return None
        return next((name for name, one in self.addresses.items() if _is_below(page, urlsplit(one))), None)


def sources_in(text: str) -> Sources:
    """Read `name=https://host/path`, comma-separated; one alone may have no name. Raises `Misconfigured`."""
    addresses = {name: one.reveal() for name, one in named_secrets(text, SOURCES).items()}
    for name, address in addresses.items():
        parts = taken_apart(address)
        if parts is None or parts.query:
            raise Misconfigured(
                f"{SOURCES} names for {name} what is no address of pages.",
                means="Nothing is started, so that no page is asked for at a wrong place.",
                next_step="Write name=https://host/path, without a user name, a query or a fragment.",
            )
    return Sources(addresses)


def taken_apart(url: str) -> SplitResult | None:
    """Return a page's address in parts, without its fragment; None for what is none or is disguised."""
    if not is_web_link(url) or len(url) > LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return None
    if not has_port or not parts.hostname or "@" in parts.netloc or _DISGUISED.search(parts.path):
        return None
    return urlsplit(urlunsplit(parts._replace(fragment="")))


def _is_below(page: SplitResult, source: SplitResult) -> bool:
    if (page.scheme, page.hostname, _port(page)) != (source.scheme, source.hostname, _port(source)):
        return False
    above = source.path.rstrip("/")
    return page.path == above or page.path.startswith(above + "/")


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]
