"""Nouns look as the generated clients expect them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from nouns import NOON, later
from tocsin.api.alertmanager.shown import instant, matcher_shown, silence_shown
from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Silence


def test_a_silence_that_waits_for_a_second_person_is_pending():
    silence = Silence(
        silence_id=UUID(int=1),
        matchers=(matcher("a", "!~", "b|c"),),
        starts_at=NOON,
        ends_at=later(60),
        updated_at=NOON,
        created_by="ada",
        owner="ada",
        comment="",
        needs_second=True,
    )
    shown = silence_shown(silence, later(1))
    assert shown["status"] == {"state": "pending"}
    assert shown["matchers"] == [{"isEqual": False, "isRegex": True, "name": "a", "value": "b|c"}]


def test_an_instant_has_milliseconds():
    assert instant(NOON + timedelta(microseconds=1999)) == "2026-03-01T12:00:00.001Z"


def test_each_operator_has_its_two_flags():
    flags = {op: matcher_shown(matcher("a", op, "b")) for op in ("=", "!=", "=~", "!~")}
    assert [(each["isEqual"], each["isRegex"]) for each in flags.values()] == [
        (True, False),
        (False, False),
        (True, True),
        (False, True),
    ]
