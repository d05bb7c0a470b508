"""Tests of the single-use link: the right one works once, within a day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.page import Page
from tocsin.oncall.links import LINK_LIFETIME, LinkExpired, LinkRefused, LinkUsed, LinkWrong, check, token

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = b"k" * 32
PAGE = Page(
    page_id=UUID(int=9),
    incident_id=UUID(int=1),
    step=0,
    person="ben",
    role="primary",
    reason="",
    requested_at=AT,
    acknowledge_by=AT + timedelta(minutes=5),
    link_expires_at=AT + LINK_LIFETIME,
)


def test_the_right_link_works_until_it_expires() -> None:
    given_token = token(PAGE, KEY)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", given_token)
    check(PAGE, given_token, KEY, AT)
    check(PAGE, given_token, KEY, PAGE.link_expires_at - timedelta(microseconds=1))
    with pytest.raises(LinkExpired, match="expired at 2026-11-21 12:00 UTC"):
        check(PAGE, given_token, KEY, PAGE.link_expires_at)


def test_a_used_link_does_not_work_again() -> None:
    with pytest.raises(LinkUsed, match="used at 2026-11-20 12:00 UTC"):
        check(replace(PAGE, link_used_at=AT), token(PAGE, KEY), KEY, AT)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(replace(PAGE, page_id=UUID(int=10)), id="of another page"),
        pytest.param(replace(PAGE, link_expires_at=AT + timedelta(days=9)), id="with a later end"),
    ],
)
def test_a_link_fits_only_its_own_page_and_end(page: Page) -> None:
    with pytest.raises(LinkWrong):
        check(page, token(PAGE, KEY), KEY, AT)


def test_a_link_of_another_key_is_wrong_and_learns_nothing_more() -> None:
    used = replace(PAGE, link_used_at=AT)
    with pytest.raises(LinkWrong) as caught:
        check(used, token(PAGE, b"other"), KEY, AT + timedelta(days=9))
    assert isinstance(caught.value, LinkRefused)
    assert "used" not in caught.value.explain()


@given(st.text(max_size=60))
def test_no_other_text_is_accepted(guess: str) -> None:
    with pytest.raises(LinkWrong):
        check(PAGE, guess, KEY, AT)
