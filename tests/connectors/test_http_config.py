"""What an `http_config` asks for is done, or refused with the reason."""

from __future__ import annotations

import ssl

import pytest

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind


def test_headers_and_user_agent_are_sent(tmp_path):
    (tmp_path / "team").write_text("db\n")
    given = {
        "http_headers": {"X-Team": {"values": ("a",), "secrets": ("b",), "files": (str(tmp_path / "team"),)}}
    }
    assert headers_of(given) == {"User-Agent": "Alertmanager/0.25.0", "X-Team": "a, b, db"}


@pytest.mark.parametrize("name", ["oauth2", "proxy_url", "proxy_from_environment"])
def test_what_is_not_supported_is_said(name):
    with pytest.raises(DeliveryFailed) as failed:
        headers_of({name: "x"})
    assert failed.value.kind is FailureKind.MISCONFIGURED
    assert name in failed.value.reason


def test_a_secret_comes_from_its_file_each_time(tmp_path):
    path = tmp_path / "token"
    settings = {"token_file": str(path)}
    for text in ("one", "two"):
        path.write_text(f"{text}\n")
        assert secret_in(settings, "token").reveal() == text
    assert secret_in({"token": "inline"}, "token").reveal() == "inline"
    assert secret_in({}, "token").reveal() == ""


def test_a_file_that_is_not_there_is_a_failure_without_its_content(tmp_path):
    with pytest.raises(DeliveryFailed, match="cannot be read"):
        secret_in({"token_file": str(tmp_path / "none")}, "token")


def test_trust_follows_the_tls_config():
    assert outbound_of({}).tls is None
    context = outbound_of({"tls_config": {"insecure_skip_verify": True}}).tls
    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE
    with pytest.raises(DeliveryFailed, match="tls_config"):
        outbound_of({"tls_config": {"ca_file": "/nowhere"}})
    with pytest.raises(DeliveryFailed, match="tls_config"):
        outbound_of({"tls_config": {"cert_file": "/nowhere"}})
