"""What an `http_config` of an `alertmanager.yml` asks of a request: who we are, and whom we trust."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

USER_AGENT = "Alertmanager/0.25.0"
"""Receivers of imported files may tell their sender by it; Alertmanager cannot be told to change it."""

_MISSING = ("oauth2", "proxy_url", "proxy_from_environment")


def headers_of(http_config: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that tell who we are, and those that the file adds. Raises `DeliveryFailed`."""
    for name in _MISSING:
        if http_config.get(name):
            raise _misconfigured(f"`{name}` of an http_config is not supported")
    headers = {"User-Agent": USER_AGENT}
    for name, given in (http_config.get("http_headers") or {}).items():
        values = [*given.get("values", ()), *given.get("secrets", ())]
        headers[name] = ", ".join([*values, *(_read(path) for path in given.get("files", ()))])
    basic, bearer = http_config.get("basic_auth"), http_config.get("authorization")
    if basic:
        name = secret_in(basic, "username").reveal()
        pair = f"{name}:{secret_in(basic, 'password').reveal()}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
    elif bearer:
        credentials = secret_in(bearer, "credentials").reveal()
        headers["Authorization"] = f"{bearer.get('type') or 'Bearer'} {credentials}"
    return headers


def secret_in(settings: Mapping[str, Any], name: str) -> Secret:
    """Return the secret that stands inline or in the file that is named, empty without either.

    A file is read each time, so that it can be rotated. Raises `DeliveryFailed`.
    """
    if settings.get(name):
        return Secret(str(settings[name]))
    path = settings.get(f"{name}_file")
    return Secret(_read(path) if path else "")


def outbound_of(http_config: Mapping[str, Any], **given: Any) -> Outbound:
    """Return a client that trusts whom the `tls_config` says. Raises `DeliveryFailed`."""
    tls = http_config.get("tls_config")
    return Outbound(**given, tls=_trust(tls) if tls else None)


def _trust(tls: Mapping[str, Any]) -> ssl.SSLContext:
    try:
        authority, path = tls.get("ca"), tls.get("ca_file")
        context = ssl.create_default_context(cafile=path or None, cadata=authority or None)
        if tls.get("insecure_skip_verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if tls.get("cert_file"):
            context.load_cert_chain(tls["cert_file"], tls.get("key_file") or None)
    except (OSError, ValueError) as error:
        raise _misconfigured(f"the tls_config cannot be used ({type(error).__name__})") from None
    return context


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _misconfigured(f"a file of the http_config cannot be read ({type(error).__name__})") from None


def _misconfigured(reason: str) -> DeliveryFailed:
    return DeliveryFailed(FailureKind.MISCONFIGURED, reason)
