"""Headers on every answer."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tocsin.console.security import HEADERS, SecurityHeaders


def _answered(response: HttpResponse) -> HttpResponse:
    return SecurityHeaders(lambda _: response)(RequestFactory().get("/"))


def test_every_answer_carries_the_headers_and_is_not_kept():
    answer = _answered(HttpResponse())
    assert all(answer[name] == text for name, text in HEADERS)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("part", ["unsafe-inline", "unsafe-eval", "http:", "https:", "*", "blob:"])
def test_the_content_policy_lets_nothing_foreign_in(part):
    assert part not in dict(HEADERS)["Content-Security-Policy"]


def test_no_other_host_learns_an_address_that_holds_a_token():
    # `no-referrer` would also do that, but makes browsers send `Origin: null` with our own forms.
    assert dict(HEADERS)["Referrer-Policy"] == "same-origin"


def test_a_header_that_a_view_set_is_left_alone():
    assert _answered(HttpResponse(headers={"Cache-Control": "private"}))["Cache-Control"] == "private"
