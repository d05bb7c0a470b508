"""The one HTTP client: bounded in time and size, deaf to redirects, silent about addresses."""

from __future__ import annotations

import gzip
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.connectors.outbound import Outbound
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind


def post(url: str, outbound: Outbound | None = None, **headers: str) -> Any:
    return (outbound or Outbound(time_limit_s=20)).post(url, content=b'{"a":1}', headers=headers)


def failure(url: str, outbound: Outbound | None = None, **headers: str) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        post(url, outbound, **headers)
    return failed.value


def test_a_post_is_sent_and_answered(partner: Any) -> None:
    partner.reply = lambda got: (201, {"X-Answer": "Yes"}, b"created")
    answer = post(f"{partner.url}p%20q?x=1", Authorization="Bearer abc")
    sent = partner.received[0]
    assert (answer.status, answer.headers["x-answer"], answer.body, answer.is_cut) == (
        201,
        "Yes",
        b"created",
        False,
    )
    assert (sent.path, sent.body, sent.headers["authorization"]) == ("/p%20q?x=1", b'{"a":1}', "Bearer abc")
    assert sent.headers["host"] == partner.url.split("/")[2]


def test_other_methods_are_sent_as_they_are_named(partner: Any) -> None:
    Outbound(time_limit_s=20).request("PATCH", partner.url, content=b"{}", headers={})
    Outbound(time_limit_s=20).request("GET", partner.url, headers={})
    assert [(got.method, got.body) for got in partner.received] == [("PATCH", b"{}"), ("GET", b"")]


def test_several_requests_together_have_one_limit(partner: Any, bad: Any) -> None:
    silent = bad.serve(bad.say_nothing)
    with Outbound(time_limit_s=0.3).together() as together:
        assert post(partner.url, together).status == 200
        assert post(partner.url, together).status == 200
        assert (
            failure(f"http://127.0.0.1:{silent}/", together).reason == "127.0.0.1 did not answer within 0.6 s"
        )
        assert failure(partner.url, together).kind is FailureKind.RETRY_LATER
    assert len(partner.received) == 2


def test_a_huge_answer_is_cut(partner: Any) -> None:
    partner.reply = lambda got: (200, {}, b"x" * 5_000_000)
    answer = post(partner.url, Outbound(longest_answer=1000, time_limit_s=20))
    assert (len(answer.body), answer.is_cut) == (1000, True)


def test_a_packed_answer_is_not_unpacked(partner: Any) -> None:
    packed = gzip.compress(bytes(10_000_000))
    partner.reply = lambda got: (200, {"Content-Encoding": "gzip"}, packed)
    assert post(partner.url).body == packed
    assert partner.received[0].headers["accept-encoding"] == "identity"


def test_a_redirect_is_not_followed(partner: Any) -> None:
    partner.reply = lambda got: (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b"")
    assert post(partner.url).status == 302
    assert len(partner.received) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.example/",
        "http://",
        "https:///x",
        "a.example",
        "http://u:p@127.0.0.1/",
        "http://[::1",
        "http://a b/",
    ],
)
def test_what_is_no_address_is_misconfigured(url: str) -> None:
    assert failure(url).kind is FailureKind.MISCONFIGURED


def test_a_refused_address_is_misconfigured(partner: Any) -> None:
    assert failure(partner.url, Outbound(allow_private=False)).kind is FailureKind.MISCONFIGURED
    assert failure("http://169.254.169.254/latest/").kind is FailureKind.MISCONFIGURED
    assert partner.received == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ключ", "nul\0"])
def test_a_header_cannot_be_injected_nor_its_value_told(partner: Any, value: str) -> None:
    failed = failure(partner.url, Authorization=f"Bearer topsecret{value}")
    assert failed.kind is FailureKind.MISCONFIGURED
    assert "topsecret" not in "".join(traceback.format_exception(failed))
    assert all("x-evil" not in got.headers for got in partner.received)


@pytest.mark.parametrize(
    "start", [b"not http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"]
)
def test_nonsense_and_half_answers_are_tried_again(bad: Any, start: bytes) -> None:
    port = bad.serve(lambda talk, stop: (talk.recv(65536), talk.sendall(start)))
    assert failure(f"http://127.0.0.1:{port}/").kind is FailureKind.RETRY_LATER


def test_an_untrusted_certificate_is_misconfigured_and_a_trusted_one_is_fine(
    serve_http: Callable[..., Any], partner: Any, certificate: Any
) -> None:
    secure = serve_http(type(partner)(), certificate.server)
    assert secure.url.startswith("https://")
    failed = failure(secure.url)
    assert (failed.kind, "certificate" in failed.reason) == (FailureKind.MISCONFIGURED, True)
    assert post(secure.url, Outbound(tls=certificate.trust, time_limit_s=20)).status == 200


def test_tls_to_a_server_that_speaks_none_is_tried_again(partner: Any) -> None:
    assert failure(partner.url.replace("http:", "https:")).kind is FailureKind.RETRY_LATER


def test_no_log_and_no_reason_tells_the_url(
    partner: Any, caplog: pytest.LogCaptureFixture, dead_port: int
) -> None:
    caplog.set_level(logging.DEBUG)
    post(f"{partner.url}hooks/topsecret")
    failed = failure(f"http://127.0.0.1:{dead_port}/hooks/topsecret")
    assert "topsecret" not in caplog.text + "".join(traceback.format_exception(failed))
