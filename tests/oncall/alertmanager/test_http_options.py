"""`http_config` is checked as Prometheus checks it, and a bearer token becomes an authorization."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager.document import read_document
from tocsin.oncall.alertmanager.fields import SECRET, shown
from tocsin.oncall.alertmanager.http_options import DEFAULTS, HTTP, SIGV4


def written(text: str) -> Located:
    return read_document(f"a: {text}\n", "f").pairs[0][1]


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("{}", {}),
        ("{follow_redirects: no}", {"follow_redirects": False}),
        ("{bearer_token: t}", {"authorization": {"type": "Bearer", "credentials": "t"}}),
        ("{bearer_token_file: f}", {"authorization": {"type": "Bearer", "credentials_file": "f"}}),
        ("{authorization: {credentials: t}}", {"authorization": {"type": "Bearer", "credentials": "t"}}),
        ("{authorization: {type: ' Token '}}", {"authorization": {"type": "Token"}}),
        ("{basic_auth: {username: u, password: p}}", {"basic_auth": {"username": "u", "password": "p"}}),
        (
            "{oauth2: {client_id: i, client_secret: s, token_url: u, scopes: [a]}}",
            {"oauth2": {"client_id": "i", "client_secret": "s", "token_url": "u", "scopes": ("a",)}},
        ),
        (
            "{proxy_url: 'http://p', proxy_connect_header: {A: [b, c], D: e}}",
            {"proxy_url": "http://p", "proxy_connect_header": {"A": ("b", "c"), "D": ("e",)}},
        ),
        ("{proxy_connect_header: }", {"proxy_connect_header": {}}),
        (
            "{tls_config: {min_version: TLS12, max_version: }}",
            {"tls_config": {"min_version": "TLS12"}},
        ),
        ("{http_headers: {A: {values: [b]}}}", {"http_headers": {"A": {"values": ("b",)}}}),
        ("{http_headers: }", {"http_headers": {}}),
    ],
)
def test_options_are_read(text: str, added: dict[str, Any]) -> None:
    assert HTTP.read(written(text)) == {**DEFAULTS, **added}


def test_nothing_is_nothing() -> None:
    assert HTTP.read(written("")) is None
    assert SIGV4.read(written("")) is None


@pytest.mark.parametrize(
    "text",
    [
        "{bearer_token: a, bearer_token_file: b}",
        "{basic_auth: {username: u, password: a, password_file: b}}",
        "{basic_auth: {username: u}, bearer_token: t}",
        "{basic_auth: {username: u}, authorization: {credentials: t}}",
        "{authorization: {credentials: a, credentials_file: b}}",
        "{authorization: {type: Basic, credentials: a}}",
        "{oauth2: {}}",
        "{oauth2: {client_id: i, token_url: u}}",
        "{oauth2: {client_id: i, token_url: u, client_secret: a, client_secret_file: b}}",
        "{proxy_connect_header: {A: [b]}}",
        "{tls_config: {min_version: TLS9}}",
        "{colour: red}",
    ],
)
def test_what_alertmanager_refuses_is_refused(text: str) -> None:
    with pytest.raises(PackProblem):
        HTTP.read(written(text))


def test_keys_of_aws_go_together() -> None:
    assert SIGV4.read(written("{access_key: a, secret_key: b}")) == {"access_key": "a", "secret_key": "b"}
    with pytest.raises(PackProblem, match="go together"):
        SIGV4.read(written("{access_key: a}"))


def test_no_secret_is_shown() -> None:
    read = HTTP.read(
        written(
            "{basic_auth: {username: u, password: t0p}, proxy_url: 'http://u:t0p@p',"
            " http_headers: {A: {secrets: [t0p]}}, proxy_connect_header: {A: [t0p]}, tls_config: {key: t0p}}"
        )
    )
    told = shown(read, HTTP)
    assert "t0p" not in str(told)
    assert told["basic_auth"] == {"username": "u", "password": SECRET}
