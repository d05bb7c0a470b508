"""Makes the syslog doors from their settings."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from ipaddress import ip_network

from tocsin.connectors.syslog.server import Doors, Network
from tocsin.domain.errors import Misconfigured

_PORTS = ("TOCSIN_SYSLOG_PORT", "TOCSIN_SYSLOG_TLS_PORT", "TOCSIN_SYSLOG_UDP_PORT")
_MOST = 65_535


def build(values: Mapping[str, str]) -> Doors | None:
    """Return the doors, None if no port is set. Raises `Misconfigured`."""
    ports = {name: _port(name, values[name]) for name in _PORTS if values[name]}
    if not ports:
        return None
    tls_port = ports.get("TOCSIN_SYSLOG_TLS_PORT")
    return Doors(
        host=values["TOCSIN_SYSLOG_HOST"],
        port=ports.get("TOCSIN_SYSLOG_PORT"),
        udp_port=ports.get("TOCSIN_SYSLOG_UDP_PORT"),
        tls_port=tls_port,
        tls=None if tls_port is None else _tls(values),
        demands_certificate=bool(values["TOCSIN_SYSLOG_CLIENT_CA"]),
        allowed=_networks(values["TOCSIN_SYSLOG_ALLOW"]),
    )


def _port(name: str, text: str) -> int:
    if not (text.isdecimal() and len(text) <= 5 and int(text) <= _MOST):
        raise _wrong(f"{name} is {text[:40]!r}, which is no port.", f"Set {name} to a number such as 6514.")
    return int(text)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise _wrong(
            f"TOCSIN_SYSLOG_ALLOW holds what is no network: {error}.",
            "Write networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas.",
        ) from error


def _tls(values: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(values["TOCSIN_SYSLOG_CERT"], values["TOCSIN_SYSLOG_KEY"] or None)
        if authority := values["TOCSIN_SYSLOG_CLIENT_CA"]:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise _wrong(
            f"The certificate for syslog over TLS cannot be read ({type(error).__name__}).",
            "Set TOCSIN_SYSLOG_CERT and TOCSIN_SYSLOG_KEY to PEM files that belong together.",
        ) from error
    return context


def _wrong(happened: str, next_step: str) -> Misconfigured:
    return Misconfigured(
        happened,
        means="Tocsin does not start, because syslog that you count on would not be heard.",
        next_step=next_step,
    )
