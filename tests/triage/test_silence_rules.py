"""Tests of who may silence what for how long, and how a silence takes the place of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from tocsin.domain.matchers import matcher
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Recurrence, Silence
from tocsin.triage.classify import Classified
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.severities import parse_severities
from tocsin.triage.silence_rules import (
    WARN_AHEAD,
    ConfirmationRefused,
    Exposure,
    SilenceRefused,
    Wish,
    check,
    confirmed,
    demand_owned,
    expired,
    exposure,
    is_planned,
    made,
    replaced,
    warn_at,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
DISK = matcher("alertname", "=", "DiskFull")
WORDS = parse_severities("common: {words: {critical: P1, high: P2, warning: P3, debug: none}}", "s.yml")
WISH = Wish(
    matchers=(DISK, matcher("zone", "!=", "b")),
    starts_at=NOW,
    ends_at=NOW + HOUR,
    owner="ada",
    comment="The disk is being replaced.",
)
DAILY = Recurrence(rule="FREQ=DAILY", zone="UTC", lasts=HOUR)
OLD_ID, NEW_ID = UUID(int=1), UUID(int=2)


def old(**changes: Any) -> Silence:
    return replace(made(WISH, OLD_ID, NOW - HOUR, needs_second=False), **changes)


def classified(severity: Severity | None, kind: str = "drift") -> Classified:
    return Classified(
        severity=severity,
        type=kind,
        group_key="k",
        title="t",
        description="",
        services=(),
        runbook_url="",
        resolve_when_quiet=True,
        reasons=(),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"matchers": ()},
        {"matchers": (DISK,) * 31},
        {"matchers": (matcher("a", "=", "x" * 201),)},
        {"matchers": (matcher("a" * 201, "=", "x"),)},
        {"matchers": (matcher("a", "=", ""), matcher("a", "=~", ".*"))},
        {"matchers": (matcher("a", "=", "\0"),)},
        {"comment": "x" * 1001},
        {"created_by": "x" * 201},
        {"comment": "a\0b"},
        {"ends_at": NOW},
        {"starts_at": NOW - 2 * HOUR, "ends_at": NOW - HOUR},
    ],
)
def test_what_no_client_may_ask_is_refused(changes: Mapping[str, Any]) -> None:
    check(WISH, NOW)
    with pytest.raises(SilenceRefused) as refused:
        check(replace(WISH, **changes), NOW)
    assert "Nothing was silenced" in refused.value.explain()


@pytest.mark.parametrize(
    ("changes", "worst", "fits"),
    [
        ({"matchers": (matcher("zone", "!=", "b"), matcher("a", "=~", ".*"))}, None, 1),
        ({"comment": "  "}, None, 1),
        ({"owner": ""}, None, 1),
        ({"ends_at": NOW + 4 * HOUR + MILLISECOND}, Severity.P1, 1),
        ({"ends_at": NOW + 8 * DAY}, None, 1),
        ({"ends_at": NOW + 31 * DAY}, Severity.P4, 1),
        ({"starts_at": NOW + 400 * DAY, "ends_at": NOW + 401 * DAY}, Severity.P4, 1),
        ({"recurrence": DAILY, "ends_at": NOW + 800 * DAY}, Severity.P4, 1),
        ({"recurrence": replace(DAILY, rule="FREQ=SECONDLY")}, Severity.P4, 1),
        ({"recurrence": replace(DAILY, lasts=5 * HOUR)}, Severity.P1, 1),
        ({"recurrence": replace(DAILY, rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")}, Severity.P4, 1),
        ({"recurrence": DAILY, "starts_at": datetime.min.replace(tzinfo=UTC)}, Severity.P4, 1),
        ({"recurrence": replace(DAILY, rule="FREQ=DAILY;UNTIL=20200101")}, Severity.P4, 1),
        ({"until_resolved": True}, None, 0),
        ({"until_resolved": True, "recurrence": DAILY}, None, 1),
    ],
)
def test_our_own_clients_are_held_to_reason_owner_and_length(
    changes: Mapping[str, Any], worst: Severity | None, fits: int
) -> None:
    with pytest.raises(SilenceRefused):
        demand_owned(replace(WISH, **changes), Exposure(worst=worst), NOW, NoisePolicy(), fits=fits)


@pytest.mark.parametrize(
    ("changes", "worst"),
    [
        ({}, Severity.P1),
        ({"ends_at": NOW + 4 * HOUR}, Severity.P1),
        # A start that is past counts from now.
        ({"starts_at": NOW - DAY, "ends_at": NOW + 4 * HOUR}, Severity.P1),
        ({"ends_at": NOW + 7 * DAY}, None),
        ({"recurrence": DAILY, "ends_at": NOW + 300 * DAY}, Severity.P1),
        ({"until_resolved": True}, Severity.P1),
    ],
)
def test_what_is_bounded_and_explained_is_allowed(changes: Mapping[str, Any], worst: Severity | None) -> None:
    demand_owned(replace(WISH, **changes), Exposure(worst=worst), NOW, NoisePolicy(), fits=1)


@pytest.mark.parametrize(
    ("matchers", "fitting", "expected"),
    [
        ((DISK,), (), Exposure(worst=None)),
        ((DISK,), (classified(None),), Exposure(worst=None)),
        ((DISK,), (classified(Severity.P3), classified(Severity.P2)), Exposure(worst=Severity.P2)),
        ((matcher("severity", "=", "high"),), (), Exposure(worst=Severity.P2)),
        ((matcher("severity", "=~", "warning|critical"),), (), Exposure(worst=Severity.P1)),
        ((matcher("severity", "=", "debug"),), (), Exposure(worst=None)),
        ((DISK,), (classified(Severity.P1, "security"),), Exposure(worst=Severity.P1, guarded=True)),
        ((DISK,), (classified(Severity.P2, "security"),), Exposure(worst=Severity.P2)),
    ],
)
def test_a_silence_can_touch_what_it_fits_now_and_what_it_names(
    matchers: Any, fitting: Any, expected: Exposure
) -> None:
    assert exposure(matchers, fitting, WORDS, NoisePolicy()) == expected


def test_a_new_silence_begins_now_when_its_start_is_past() -> None:
    past = replace(WISH, starts_at=NOW - DAY)
    outcome = replaced(None, past, NEW_ID, NOW)
    assert (outcome.silence.starts_at, outcome.is_new, outcome.ended) == (NOW, True, None)
    assert outcome.silence.created_by == "ada"
    # The start of one that recurs is what its rule counts from.
    assert made(replace(past, recurrence=DAILY), NEW_ID, NOW, needs_second=False).starts_at == NOW - DAY


@pytest.mark.parametrize(
    ("silence", "changes", "same_id"),
    [
        (old(), {}, True),
        (old(), {"ends_at": NOW + 9 * HOUR}, True),
        (old(), {"starts_at": NOW + 999 * MILLISECOND}, True),
        (old(), {"starts_at": NOW + 1000 * MILLISECOND}, False),
        (old(), {"matchers": tuple(reversed(WISH.matchers))}, True),
        (old(), {"starts_at": NOW - HOUR}, False),
        (old(), {"starts_at": NOW + HOUR / 2}, False),
        (old(), {"matchers": (DISK,)}, False),
        (old(), {"recurrence": DAILY}, False),
        (old(starts_at=NOW + HOUR / 2), {"starts_at": NOW + HOUR / 3}, True),
        (old(starts_at=NOW + HOUR / 2), {"starts_at": NOW - HOUR}, False),
    ],
)
def test_alertmanagers_rules_say_when_a_silence_keeps_its_id(
    silence: Silence, changes: Mapping[str, Any], same_id: bool
) -> None:
    outcome = replaced(silence, replace(WISH, **changes), NEW_ID, NOW)
    assert outcome.silence.silence_id == (OLD_ID if same_id else NEW_ID)
    assert outcome.is_new is not same_id
    assert (outcome.ended is None) is same_id
    if outcome.ended is not None:
        assert (outcome.ended.silence_id, outcome.ended.ends_at) == (OLD_ID, NOW)
        assert outcome.ended.starts_at <= NOW


def test_an_expired_silence_is_never_revived() -> None:
    outcome = replaced(old(ends_at=NOW), WISH, NEW_ID, NOW)
    assert (outcome.silence.silence_id, outcome.ended) == (NEW_ID, None)


def test_who_confirmed_a_silence_did_not_confirm_a_longer_one() -> None:
    silence = old(second="ben", needs_second=True)
    longer = replaced(silence, replace(WISH, ends_at=NOW + 2 * HOUR), NEW_ID, NOW).silence
    shorter = replaced(silence, replace(WISH, ends_at=NOW + HOUR / 2), NEW_ID, NOW).silence
    assert (longer.second, longer.needs_second) == (None, True)
    assert shorter.second == "ben"


def test_ending_a_silence_twice_changes_nothing() -> None:
    ended = expired(old(starts_at=NOW + HOUR / 2), NOW)
    assert (ended.starts_at, ended.ends_at, ended.updated_at) == (NOW, NOW, NOW)
    assert expired(ended, NOW + HOUR) is ended


def test_the_second_person_is_a_person_and_somebody_else() -> None:
    assert confirmed(old(), "ben", NOW).second == "ben"
    assert confirmed(old(second="ben"), "dana", NOW).second == "ben"
    for second, silence in (
        ("ada", old()),
        ("cli:ada", old()),
        ("ada", old(owner="cli:ada", created_by="x")),
        ("ben", old(created_by="ben")),
        ("token:ben", old()),
        ("cli:ben", old()),
        ("ben", old(ends_at=NOW)),
    ):
        with pytest.raises(ConfirmationRefused):
            confirmed(silence, second, NOW)


@pytest.mark.parametrize("maker", ["ben", "cli:ben"])
def test_whoever_had_a_hand_in_a_silence_is_not_its_second_person(maker: str) -> None:
    with pytest.raises(ConfirmationRefused):
        confirmed(old(owner="token:ci", created_by="x"), "ben", NOW, {maker, "token:ci"})
    assert confirmed(old(), "ben", NOW, {"dana"}).second == "ben"


def test_an_owner_is_warned_of_the_end_of_a_long_silence_only() -> None:
    assert warn_at(old()) == NOW + HOUR - WARN_AHEAD
    assert warn_at(old(ends_at=NOW + HOUR / 2)) is None
    assert warn_at(old(recurrence=DAILY)) is None
    assert warn_at(old(until_resolved=True)) is None


def test_planned_silences_are_told_by_their_id() -> None:
    assert is_planned(old(silence_id=uuid5(UUID(int=1), "patching")))
    assert not is_planned(old(silence_id=uuid4()))
