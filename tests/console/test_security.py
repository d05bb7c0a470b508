"""Headers on every answer."""

from __future__ import annotations

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from tocsin.console.security import HEADERS, SecurityHeaders


def _answered(**headers: str):
    return TestClient(SecurityHeaders(Response("x", headers=headers))).get("/").headers


def test_every_answer_carries_the_headers_and_is_not_kept():
    headers = _answered()
    assert all(headers[name] == text for name, text in HEADERS)
    assert headers["Cache-Control"] == "no-store"


def test_what_has_an_etag_may_be_kept():
    assert "Cache-Control" not in _answered(ETag='"1"')


@pytest.mark.parametrize("part", ["unsafe-inline", "unsafe-eval", "http:", "https:", "*", "blob:"])
def test_the_content_policy_lets_nothing_foreign_in(part):
    assert part not in dict(HEADERS)["Content-Security-Policy"]


def test_no_other_host_learns_an_address_that_holds_a_token():
    # `no-referrer` would also do that, but makes browsers send `Origin: null` with our own forms.
    assert dict(HEADERS)["Referrer-Policy"] == "same-origin"


def test_a_header_that_an_answer_brings_is_left_alone():
    assert _answered(**{"Cache-Control": "private"})["Cache-Control"] == "private"
