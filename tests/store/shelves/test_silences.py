"""Silences on every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from nouns import NOON, later
from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Recurrence, Silence


def a_silence(**given) -> Silence:
    return Silence(
        **{
            "silence_id": uuid4(),
            "matchers": (matcher("service", "=", "shop"), matcher("instance", "=~", "db-.*")),
            "starts_at": NOON,
            "ends_at": later(600),
            "updated_at": NOON,
            "created_by": "amtool \ud800",
            "owner": "token:ops",
            "comment": "a move\0",
            **given,
        }
    )


def test_a_silence_comes_back_as_it_was_and_its_patterns_still_match(any_store):
    again = Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", zone="Europe/Berlin", lasts=timedelta(hours=2))
    silence = a_silence(
        created_by="ben",
        comment="a move",
        until_resolved=True,
        recurrence=again,
        needs_second=True,
        second="ada",
    )
    with any_store.transaction() as shelves:
        shelves.silences.add(silence)
    with any_store.reading() as shelves:
        kept = shelves.silences.get(silence.silence_id)
        assert kept == silence
        assert kept.fits({"service": "shop", "instance": "db-7"})
        assert not kept.fits({"service": "shop", "instance": "web"})
        assert shelves.silences.get(uuid4()) is None


def test_what_no_database_can_hold_does_not_stop_a_silence(any_store):
    silence = a_silence()
    with any_store.transaction() as shelves:
        shelves.silences.add(silence)
    with any_store.reading() as shelves:
        assert shelves.silences.get(silence.silence_id).owner == "token:ops"


def test_silences_are_listed_by_their_end_while_it_is_to_come(any_store):
    late, early = a_silence(ends_at=later(900), comment="b"), a_silence(ends_at=later(300), comment="a")
    late, early = replace(late, created_by="x"), replace(early, created_by="x")
    with any_store.transaction() as shelves:
        shelves.silences.add(late)
        shelves.silences.add(early)
    with any_store.reading() as shelves:
        assert shelves.silences.ending_after(NOON) == (early, late)
        assert shelves.silences.ending_after(later(300)) == (late,)
        assert shelves.silences.ending_after(later(900)) == ()


def test_a_changed_silence_is_saved_and_an_unknown_one_is_a_mistake(any_store):
    silence = a_silence(created_by="x", comment="a")
    with any_store.transaction() as shelves:
        shelves.silences.add(silence)
        shelves.silences.save(replace(silence, second="ada", ends_at=later(10)))
        assert shelves.silences.get(silence.silence_id).second == "ada"
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.silences.save(a_silence())


def test_silences_that_ended_long_ago_are_forgotten(any_store):
    with any_store.transaction() as shelves:
        shelves.silences.add(a_silence(ends_at=later(10)))
        shelves.silences.add(a_silence(ends_at=later(20)))
        assert shelves.silences.drop_ended(later(15)) == 1
        assert shelves.silences.drop_ended(later(15)) == 0
        assert len(shelves.silences.ending_after(NOON)) == 1
