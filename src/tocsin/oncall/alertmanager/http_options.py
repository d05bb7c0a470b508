"""The `http_config`, `tls_config` and `sigv4` mappings that integrations share, and what they forbid."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tocsin.domain.pack_file import Located
from tocsin.oncall.alertmanager.fields import (
    Field,
    Secrecy,
    flag,
    settings,
    struct,
    text,
    text_map,
    texts,
)

DEFAULTS: Mapping[str, Any] = MappingProxyType({"follow_redirects": True, "enable_http2": True})
_TLS_VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")


def _tls_version(written: Located) -> str | None:
    return None if written.is_null else written.choice(_TLS_VERSIONS)


def _secret_lists(written: Located) -> dict[str, tuple[str, ...]]:
    """Read headers: to each name one text or a list of them."""
    if written.is_null:
        return {}
    return {
        key.text: texts(value) if value.kind == "seq" else (text(value),) for key, value in written.entries()
    }


def _headers(written: Located) -> dict[str, Any]:
    if written.is_null:
        return {}
    return {key.text: settings(value, _HEADER) for key, value in written.entries()}


TEXT = Field(read=text)
HIDDEN = Field(read=text, secrecy=Secrecy.HIDDEN)
_HEADER = {
    "values": Field(read=texts),
    "secrets": Field(read=texts, secrecy=Secrecy.HIDDEN),
    "files": Field(read=texts),
}
TLS = struct(
    {
        **dict.fromkeys(("ca", "ca_file", "cert", "cert_file", "key_file", "server_name"), TEXT),
        "key": HIDDEN,
        "insecure_skip_verify": Field(read=flag),
        "min_version": Field(read=_tls_version),
        "max_version": Field(read=_tls_version),
    }
)
_PROXY = {
    "proxy_url": Field(read=text, secrecy=Secrecy.HOST),
    "no_proxy": TEXT,
    "proxy_from_environment": Field(read=flag),
    "proxy_connect_header": Field(read=_secret_lists, secrecy=Secrecy.HIDDEN),
}
_BASIC = {"username": TEXT, "username_file": TEXT, "password": HIDDEN, "password_file": TEXT}
_OAUTH2 = {
    **dict.fromkeys(("client_id", "client_secret_file", "token_url"), TEXT),
    "client_secret": HIDDEN,
    "scopes": Field(read=texts),
    "endpoint_params": Field(read=text_map),
    "tls_config": TLS,
    **_PROXY,
}
_HTTP = {
    "basic_auth": struct(_BASIC),
    "authorization": struct({"type": TEXT, "credentials": HIDDEN, "credentials_file": TEXT}),
    "oauth2": struct(_OAUTH2),
    "bearer_token": HIDDEN,
    "bearer_token_file": TEXT,
    "tls_config": TLS,
    "follow_redirects": Field(read=flag),
    "enable_http2": Field(read=flag),
    "http_headers": Field(read=_headers, secrecy=Secrecy.HIDDEN),
    **_PROXY,
}
_SIGV4 = {**dict.fromkeys(("region", "access_key", "profile", "role_arn"), TEXT), "secret_key": HIDDEN}


def _http(written: Located) -> dict[str, Any] | None:
    if written.is_null:
        return None
    read = settings(written, _HTTP)
    for happened in (*_clashes(read), *_incomplete(read)):
        raise written.problem(happened, "Keep one way to authenticate, and write it out whole.")
    return {**DEFAULTS, **_modern(read)}


def _sigv4(written: Located) -> dict[str, Any] | None:
    if written.is_null:
        return None
    read = settings(written, _SIGV4)
    if bool(read.get("access_key")) is not bool(read.get("secret_key")):
        raise written.problem("access_key and secret_key go together.", "Write both, or neither.")
    return read


HTTP = Field(read=_http, members=_HTTP)
SIGV4 = Field(read=_sigv4, members=_SIGV4)


def _clashes(read: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what of the ways to authenticate must not stand together."""
    found = [f"at most one of {pair[0]} and {pair[1]} may be given." for pair in _pairs(read)]
    bearer = bool(read.get("bearer_token") or read.get("bearer_token_file"))
    ways = [name for name in ("basic_auth", "authorization", "oauth2") if name in read]
    if len(ways) + bearer > 1:
        found.append(f"{', '.join(ways)}{' and a bearer token' * bearer} stand together.")
    if read.get("authorization", {}).get("type", "").strip().lower() == "basic":
        found.append("the authorization type is `basic`, for which there is basic_auth.")
    return tuple(found)


def _pairs(read: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    holders: tuple[tuple[Mapping[str, Any], str], ...] = (
        (read, "bearer_token"),
        (read.get("basic_auth", {}), "username"),
        (read.get("basic_auth", {}), "password"),
        (read.get("authorization", {}), "credentials"),
        (read.get("oauth2", {}), "client_secret"),
    )
    return tuple(
        (name, f"{name}_file") for holder, name in holders if holder.get(name) and holder.get(f"{name}_file")
    )


def _incomplete(read: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    if (oauth2 := read.get("oauth2")) is not None:
        found += [f"oauth2 has no {name}." for name in ("client_id", "token_url") if not oauth2.get(name)]
        if not (oauth2.get("client_secret") or oauth2.get("client_secret_file")):
            found.append("oauth2 has neither client_secret nor client_secret_file.")
    if read.get("proxy_connect_header") and not (read.get("proxy_url") or read.get("proxy_from_environment")):
        found.append("proxy_connect_header stands without proxy_url.")
    return tuple(found)


def _modern(read: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping with a bearer token as `authorization`, which has taken its place."""
    kept = {name: value for name, value in read.items() if name not in ("bearer_token", "bearer_token_file")}
    if token := read.get("bearer_token"):
        kept["authorization"] = {"type": "Bearer", "credentials": token}
    elif file := read.get("bearer_token_file"):
        kept["authorization"] = {"type": "Bearer", "credentials_file": file}
    elif "authorization" in kept:
        kind = kept["authorization"].get("type", "").strip()
        kept["authorization"] = {**kept["authorization"], "type": kind or "Bearer"}
    return kept
