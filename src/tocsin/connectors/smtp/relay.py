"""Where mail is handed over: the setting's URL, read once and checked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from tocsin.connectors.secret import Secret
from tocsin.domain.errors import Misconfigured

PORTS = {"smtp": 587, "smtps": 465}
"""RFC 8314: submission, and submission over TLS."""

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server. TLS is from the first byte (`is_tls`), by STARTTLS (`is_starttls`), or not at all."""

    host: str
    port: int
    is_tls: bool
    is_starttls: bool
    user: str
    password: Secret


def relay_of(url: Secret) -> Relay:
    """Read `smtp://user:password@host:587?starttls=true` or `smtps://...`, percent-encoded.

    Raises `Misconfigured` (without repeating the URL): also for a password that would travel in the clear
    although `starttls=false` was not written out.
    """
    try:
        parts = urlsplit(url.reveal().strip())
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise _wrong("cannot be read as a URL") from None
    if parts.scheme not in PORTS or not parts.hostname or not parts.hostname.isascii():
        raise _wrong("does not begin with smtp://host or smtps://host")
    starttls = _starttls(parts)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and parts.scheme == "smtp" and starttls is None:
        raise _wrong(
            "has a password but no TLS; add ?starttls=true (or ?starttls=false if it may be read on the way)"
        )
    return Relay(parts.hostname, port, parts.scheme == "smtps", bool(starttls), user, Secret(password))


def _starttls(parts: SplitResult) -> bool | None:
    """Return what the query says of STARTTLS, None if nothing."""
    query = parse_qs(parts.query, keep_blank_values=True)
    words = query.pop("starttls", None)
    if query or (words is not None and (parts.scheme == "smtps" or words[-1].lower() not in _TRUTH)):
        raise _wrong("has an option other than starttls=true or starttls=false, or has it with smtps")
    return None if words is None else _TRUTH[words[-1].lower()]


def _wrong(fault: str) -> Misconfigured:
    return Misconfigured(
        f"TOCSIN_SMTP_URL {fault}.",
        means="The smtp channel is not set up; no mail goes out.",
        next_step="Write smtp://user:password@host:587?starttls=true, special characters percent-encoded.",
    )
