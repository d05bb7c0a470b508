"""Tests of how many messages a person gets by one method."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.pack_file import PackProblem, parse
from tocsin.oncall.limits import DEFAULT_LIMIT, Limit, Limits, pace, read_limits

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
THREE = Limit(most=3, within=timedelta(minutes=15))


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_three_in_fifteen_minutes_hold_for_every_method_but_those_that_disturb_nobody() -> None:
    assert Limits().of("voice") == DEFAULT_LIMIT == THREE
    assert Limits().of("inbox") is None
    assert Limits().of("pagerduty") is None


def test_a_file_may_set_or_lift_a_limit() -> None:
    limits = read_limits(parse("{sms: {most: 5, within: 15m}, ntfy: none}", "oncall.yml"))
    assert limits.of("sms") == Limit(most=5, within=timedelta(minutes=15))
    assert limits.of("ntfy") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{sms: {most: 0, within: 1m}}", "no number of messages"),
        ("{sms: {most: 2.5, within: 1m}}", "no number of messages"),
        ("{sms: {most: 1, within: 0m}}", "within no time"),
        ("{sms: many}", "a mapping is expected"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        read_limits(parse(text, "oncall.yml"))


def test_what_is_beyond_the_limit_waits_until_the_oldest_has_left_the_window() -> None:
    sent = (minute(-14), minute(-3), minute(-2))
    assert pace(THREE, sent, NOON, first=False).held_until == minute(1)


def test_what_went_before_the_window_does_not_count() -> None:
    paced = pace(THREE, (minute(-15), minute(-3), minute(-2)), NOON, first=False)
    assert (paced.held_until, paced.sent) == (None, (minute(-3), minute(-2), NOON))


def test_the_first_page_of_a_p1_goes_before_all_others_and_counts() -> None:
    sent = (minute(-3), minute(-2), minute(-1))
    paced = pace(THREE, sent, NOON, first=True)
    assert (paced.held_until, len(paced.sent)) == (None, 4)
    assert pace(THREE, paced.sent, NOON, first=False).held_until == minute(13)


@given(st.lists(st.integers(0, 3600), max_size=60))
def test_no_window_ever_holds_more_than_the_limit(seconds: list[int]) -> None:
    sent: tuple[datetime, ...] = ()
    went = []
    for at in sorted(NOON + timedelta(seconds=each) for each in seconds):
        paced = pace(THREE, sent, at, first=False)
        sent = paced.sent
        if paced.held_until is None:
            went.append(at)
        else:
            assert at < paced.held_until <= at + THREE.within
    for at in went:
        assert sum(at - THREE.within < other <= at for other in went) <= THREE.most
