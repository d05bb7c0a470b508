"""Each dead message says what is to be done, and many of them raise an alarm that ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON, later
from tocsin.domain.severity import Severity
from tocsin.oncall.dead_letters import Cause, DeadLetter, alarms, cause_of, firing

LETTER = DeadLetter(
    key="k",
    kind="deliver.webhook",
    channel="webhook",
    address="https://x/…",
    person="ben",
    incident="INC-1",
    reason="refused: the webhook answered 410",
    status=410,
    attempts=1,
    requested_at=NOON,
    died_at=later(3),
)


@pytest.mark.parametrize(
    ("status", "reason", "cause"),
    [
        (None, "retry later: hooks.example cannot be reached (ConnectError)", Cause.UNREACHABLE),
        (0, "retry later: no route", Cause.UNREACHABLE),
        (None, "retry later: hooks.example did not answer within 10 s", Cause.TIMEOUT),
        (None, "misconfigured: the channel 'sms' is not set up", Cause.UNSENT),
        (None, "refused: it is too long", Cause.REFUSED),
        (401, "", Cause.CREDENTIALS),
        (403, "", Cause.CREDENTIALS),
        (407, "", Cause.CREDENTIALS),
        (404, "", Cause.MOVED),
        (405, "", Cause.MOVED),
        (301, "", Cause.MOVED),
        (408, "", Cause.TIMEOUT),
        (504, "", Cause.TIMEOUT),
        (410, "", Cause.GONE),
        (429, "", Cause.BUSY),
        (500, "", Cause.RECEIVER),
        (503, "", Cause.RECEIVER),
        (400, "", Cause.REFUSED),
        (422, "", Cause.REFUSED),
        (999, "", Cause.REFUSED),
    ],
)
def test_the_cause_is_read_from_the_status(status: int | None, reason: str, cause: Cause) -> None:
    assert cause_of(status, reason) is cause


def test_every_cause_says_what_to_do() -> None:
    assert all(cause.remedy.endswith(".") for cause in Cause)


def test_a_dead_letter_knows_its_cause_and_age() -> None:
    assert (LETTER.cause, LETTER.age(later(60)), LETTER.age(later(-5))) == (
        Cause.GONE,
        timedelta(seconds=60),
        timedelta(),
    )


def test_its_record_is_plain_and_in_utc() -> None:
    record = LETTER.record(later(60))
    assert (record["age_s"], record["status"], record["cause"], record["died_at"]) == (
        60,
        410,
        "receiver wants no more",
        "2026-03-01T12:00:03Z",
    )
    assert record["remedy"] == Cause.GONE.remedy


@pytest.mark.parametrize(
    ("count", "raised"),
    [(0, set()), (10, set()), (11, {Severity.P3}), (50, {Severity.P3}), (51, {Severity.P1, Severity.P3})],
)
def test_more_than_ten_an_hour_warn_and_more_than_fifty_are_critical(
    count: int, raised: set[Severity]
) -> None:
    assert firing(count) == raised
    told = {report.labels["severity"] for report in alarms(count, NOON, frozenset())}
    assert told == {{"P1": "critical", "P3": "warning"}[each] for each in raised}


def test_what_was_raised_before_is_ended_when_it_is_over() -> None:
    (warns, ended) = alarms(20, NOON, frozenset({Severity.P1, Severity.P3}))
    assert (warns.labels["severity"], warns.ends_at) == ("warning", later(900))
    assert (ended.labels["severity"], ended.ends_at) == ("critical", NOON)
    assert "More than 10 messages" in warns.annotations["description"]
    assert alarms(30, NOON, frozenset())[0].annotations == warns.annotations
