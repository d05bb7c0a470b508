"""Tests of which contacts a page uses, and when each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.person import Contact
from tocsin.domain.severity import Severity
from tocsin.oncall.people import PersonalRules, RuleStep
from tocsin.oncall.policies import PolicyStep
from tocsin.oncall.waits import Wait
from tocsin.oncall.waves import chosen_by, spoken, waves

SLACK, VOICE, MAIL = (Contact(channel=name, address=name[0]) for name in ("slack", "voice", "mail"))
ALL = (SLACK, VOICE, MAIL)
FIVE = timedelta(minutes=5)
RULES = PersonalRules(
    sets={
        "default": (
            RuleStep(after=timedelta(), by=("slack",)),
            RuleStep(after=timedelta(minutes=2), by=("voice", "slack")),
        )
    }
)


def planned(
    rules: PersonalRules | None = None,
    patience: timedelta = FIVE,
    by: tuple[str, ...] = (),
    fallback: tuple[str, ...] = (),
    contacts: tuple[Contact, ...] = ALL,
) -> list[tuple[str, float, bool]]:
    step = PolicyStep(after=Wait(), by=by, fallback=fallback)
    found = waves(contacts, rules, Severity.P1, step, patience)
    return [(one.contact.channel, one.after.total_seconds(), one.in_need) for one in found]


def test_without_rules_all_contacts_are_used_at_once() -> None:
    assert planned() == [("slack", 0, False), ("voice", 0, False), ("mail", 0, False)]


def test_a_persons_rules_say_when_and_the_rest_stands_ready_for_need() -> None:
    assert planned(RULES) == [
        ("slack", 0, False),
        ("slack", 120, False),
        ("voice", 120, False),
        ("mail", 60, True),
    ]


def test_a_step_that_forces_channels_wins_over_the_rules() -> None:
    assert planned(RULES, by=("mail", "slack")) == [
        ("mail", 0, False),
        ("slack", 0, False),
        ("voice", 60, True),
    ]


def test_the_fallback_of_a_step_is_used_in_its_order_and_only_in_need() -> None:
    assert planned(fallback=("mail", "voice")) == [
        ("slack", 0, False),
        ("mail", 60, True),
        ("voice", 120, True),
    ]


def test_all_of_the_fallback_comes_within_the_time_to_acknowledge() -> None:
    assert planned(patience=timedelta(seconds=30), by=("slack",)) == [
        ("slack", 0, False),
        ("voice", 10, True),
        ("mail", 20, True),
    ]


@pytest.mark.parametrize(
    ("by", "fallback"),
    [pytest.param(("fax",), (), id="forced, and not there"), pytest.param((), ("mail",), id="all in need")],
)
def test_nobody_is_left_without_a_message(by: tuple[str, ...], fallback: tuple[str, ...]) -> None:
    assert planned(by=by, fallback=fallback, contacts=(MAIL,)) == [("mail", 0, False)]


@pytest.mark.parametrize(
    ("rules", "by", "words"),
    [
        (None, (), "ben has no rule for P1 Critical, so every contact is used."),
        (RULES, (), "The rules of ben choose the channels: set “default”."),
        (PersonalRules(), (), "ben has no rule for P1 Critical, so every contact is used."),
        (RULES, ("mail", "voice"), "The step asks for mail, voice."),
    ],
)
def test_a_sentence_says_what_chose_the_channels(rules, by, words) -> None:
    assert chosen_by("ben", rules, Severity.P1, PolicyStep(after=Wait(), by=by)) == words


def test_a_sentence_says_which_channel_is_used_when() -> None:
    found = waves(ALL, RULES, Severity.P1, PolicyStep(after=Wait()), timedelta(minutes=5, seconds=30))
    assert (
        spoken(found) == "By slack at once, slack after 2 min, voice after 2 min, mail after 1 min if needed."
    )
    half = waves(ALL[:1], None, Severity.P1, PolicyStep(after=Wait(), by=("voice",)), timedelta(seconds=90))
    assert spoken(half) == "By slack at once."
