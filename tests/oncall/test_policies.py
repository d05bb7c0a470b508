"""Tests of reading escalation policies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.calendar import Calendar
from tocsin.domain.pack_file import PackProblem, parse
from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import Team
from tocsin.oncall.policies import Known, Policy, Target, TargetKind, read_policies, read_rounds

KNOWN = Known(
    people=("ben", "ada"),
    teams={
        "web": Team(name="web", members=("ben",), lead="ben"),
        "flat": Team(name="flat", members=("ada",)),
    },
    schedules=("default", "nights"),
    calendars={"office": Calendar()},
    channels={"room": Contact(channel="slack", address="C1")},
)


def policies(text: str) -> dict[str, Policy]:
    return dict(read_policies(parse(text, "oncall.yml"), KNOWN))


def steps(text: str, more: str = "") -> str:
    return f"{{default: {{{more}steps: {{P1: {text}}}}}}}"


def test_a_step_has_everything_that_it_may_have() -> None:
    written = steps(
        "[{after: 0m, page: [primary, secondary of nights, lead of web, everybody of flat, ada],"
        " by: [slack, sms, slack], fallback: smtp, needs: 2, tell: room},"
        " {after: next business day, tell: [room]}]",
        "schedule: nights, calendar: office, ",
    )
    first, second = policies(written)["default"].of(Severity.P1)
    assert [(target.kind, target.name, target.role) for target in first.page] == [
        (TargetKind.PRIMARY, "nights", "primary of nights"),
        (TargetKind.SECONDARY, "nights", "secondary of nights"),
        (TargetKind.LEAD, "web", "lead of web"),
        (TargetKind.EVERYBODY, "flat", "everybody of flat"),
        (TargetKind.PERSON, "ada", "named person"),
    ]
    assert (first.by, first.fallback, first.needs) == (("slack", "sms"), ("smtp",), 2)
    assert (second.page, second.needs, second.after.days) == ((), 1, 1)
    assert first.tell == second.tell == (KNOWN.channels["room"],)


def test_the_people_of_a_policy_that_is_handed_over_to_may_acknowledge_too() -> None:
    first = "{repeat: never, hand_over: default, steps: {P1: [{after: 0m, page: ben, needs: 2}]}}"
    read = policies(f"{{default: {{steps: {{P1: [{{after: 0m, page: ada}}]}}}}, first: {first}}}")
    assert read["first"].of(Severity.P1)[0].needs == 2


def test_who_is_primary_by_the_default_schedule_is_just_the_primary() -> None:
    assert Target(kind=TargetKind.PRIMARY, name="default").role == "primary"
    assert Target(kind=TargetKind.LEAD, name="default").role == "lead of default"


def test_a_severity_without_steps_calls_nobody() -> None:
    policy = policies(steps("[{after: 0m, page: primary}]"))["default"]
    assert policy.of(Severity.P2) == ()
    assert [policy.pages(severity) for severity in (Severity.P1, Severity.P2)] == [True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (steps("[{after: 5m, page: primary}, {after: 5m, page: primary}]"), "do not follow each other"),
        (steps("[{after: 5m}]"), "calls and tells nobody"),
        (steps("[{after: 5m, page: []}]"), "calls nobody"),
        (steps("[{after: 5m, page: boss}]"), "`boss` is not possible"),
        (steps("[{after: 5m, page: primary of days}]"), "`days` is not listed under `schedules`"),
        (steps("[{after: 5m, page: lead of sales}]"), "`sales` is not listed under `teams`"),
        (steps("[{after: 5m, page: lead of flat}]"), "has no `lead`"),
        (steps("[{after: 5m, page: primary, needs: 0}]"), "no number of people"),
        (steps("[{after: 5m, page: primary, needs: 1.5}]"), "no number of people"),
        (steps("[{after: 5m, page: [primary, lead of web], needs: 9}]"), "but the steps call 2 at most"),
        (
            steps("[{after: 1m, page: everybody of web, needs: 2}, {after: 5m, page: ben}]"),
            "oncall.yml:1:68: 2 people must acknowledge, but the steps call 1 at most",
        ),
        (steps("[{after: 5m, page: primary, tell: hall}]"), "`hall` is not listed"),
        (steps("[{after: 2 business days, page: primary}]"), "needs a calendar"),
        (steps("[]", "calendar: sea, "), "`sea` is not listed under `calendars`"),
        (steps("[]", "schedule: days, "), "`days` is not listed under `schedules`"),
        (steps("[]", "repeat: always, "), "`always` is not possible"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        policies(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{a: {steps: {}, hand_over: a}}", "a repeats until somebody acknowledges and never hands over"),
        ("{a: {steps: {}, repeat: never, hand_over: b}}", "there is no policy `b`"),
        (
            "{a: {steps: {}, repeat: never, hand_over: b}, b: {steps: {}, repeat: never, hand_over: a}}",
            "a → b → a leads back",
        ),
    ],
)
def test_a_hand_over_leads_to_an_end(text: str, said: str) -> None:
    with pytest.raises(PackProblem, match=said):
        policies(text)


def test_one_policy_hands_over_to_the_next() -> None:
    found = policies(
        "{a: {steps: {}, repeat: 1 time, hand_over: b}, b: {steps: {P1: [{after: 1h, page: ada}]}}}"
    )
    assert (found["a"].hand_over, found["a"].rounds, found["b"].rounds) == ("b", 2, None)
    assert found["b"].of(Severity.P1)[0].after.elapsed == timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "rounds"), [("until acknowledged", None), ("never", 1), ("1 time", 2), ("12 times", 13)]
)
def test_rounds_are_counted_from_the_first(text: str, rounds: int | None) -> None:
    assert read_rounds(parse(text, "oncall.yml")) == rounds
