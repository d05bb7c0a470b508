"""Which names this server answers to: a hostile page can lead a browser here only under a name of its own."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tocsin.app.settings import Settings
from tocsin.domain.errors import Misconfigured

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANY = "*"


def allowed_hosts(settings: Settings) -> list[str]:
    """Return what Django may be addressed by: this machine, TOCSIN_PUBLIC_URL's host, and those listed.

    Raises `Misconfigured`.
    """
    names = dict.fromkeys((*LOOPBACK, public_host(settings), *settings.listed("TOCSIN_ALLOWED_HOSTS")))
    return [f"[{name}]" if ":" in name and not name.startswith("[") else name for name in names]


def own_names(settings: Settings) -> frozenset[str]:
    """Return the names that only we have, whatever else may be allowed. Raises `Misconfigured`."""
    return frozenset((*LOOPBACK, public_host(settings)))


def public_host(settings: Settings) -> str:
    """Return the host of TOCSIN_PUBLIC_URL. Raises `Misconfigured` where there is none."""
    url = settings.text("TOCSIN_PUBLIC_URL")
    host = host_in(url)
    if not url.startswith(("https://", "http://")) or not host:
        raise Misconfigured(
            f"TOCSIN_PUBLIC_URL is {url[:80]!r}, which is no address of a web page.",
            means="Tocsin does not start, because the links in its messages would lead nowhere.",
            next_step="Set it to what people type into a browser, such as https://tocsin.example.org.",
        )
    return host


def host_in(address: str) -> str:
    """Return the host in a URL, an Origin or a Host header, in lower case; empty where there is none."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's own; a name is none."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
