"""Acts in PagerDuty find the incident that is ours, and leave alone what is so already."""

from __future__ import annotations

import pytest
from fake_pagerduty_rest import FakePagerDutyRest

from tocsin.connectors.pagerduty.acts import ACKNOWLEDGE, LONGEST_NOTE, NOTE, make
from tocsin.domain.acting import Caller, CallFailed
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.playing import drive
from tocsin.domain.ports.delivery import FailureKind

OURS = {"incident_key": "tocsin-0d7e"}


def values(fake: FakePagerDutyRest) -> dict[str, str]:
    return {
        "TOCSIN_PAGERDUTY_TOKEN": fake.token,
        "TOCSIN_PAGERDUTY_FROM": fake.sender,
        "TOCSIN_PAGERDUTY_API_URL": fake.url,
    }


@pytest.fixture
def caller(pagerduty_rest: FakePagerDutyRest) -> Caller:
    return make(values(pagerduty_rest), SystemClock())


def test_a_resolved_incident_needs_no_acknowledgement(
    pagerduty_rest: FakePagerDutyRest, caller: Caller
) -> None:
    pagerduty_rest.status = "resolved"
    told = drive(ACKNOWLEDGE.perform(OURS, {}, "k"), lambda _: caller)
    assert told.text == "PT4KHLK is resolved already"
    assert drive(ACKNOWLEDGE.verify(OURS, {}), lambda _: caller) is True


def test_an_incident_that_is_not_there_is_refused(caller: Caller) -> None:
    with pytest.raises(CallFailed, match="no incident with this key") as raised:
        drive(ACKNOWLEDGE.perform({"incident_key": "other"}, {}, "k"), lambda _: caller)
    assert raised.value.kind is FailureKind.REFUSED


def test_two_notes_of_one_text_are_two_by_their_keys(
    pagerduty_rest: FakePagerDutyRest, caller: Caller
) -> None:
    arguments = {**OURS, "text": "x" * 30_000}
    for key in ("one", "two", "two"):
        drive(NOTE.perform(arguments, {}, key), lambda _: caller)
    assert [(len(note), note[-5:]) for note in pagerduty_rest.notes] == [
        (LONGEST_NOTE, "[one]"),
        (LONGEST_NOTE, "[two]"),
    ]
    assert drive(NOTE.verify({**OURS, "text": "y"}, {}), lambda _: caller) is False


def test_a_missing_setting_is_named(pagerduty_rest: FakePagerDutyRest) -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_PAGERDUTY_FROM is empty"):
        make(values(pagerduty_rest) | {"TOCSIN_PAGERDUTY_FROM": ""}, SystemClock())
