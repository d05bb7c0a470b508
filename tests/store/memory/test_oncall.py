"""The memory store keeps silences and overrides like a database does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from nouns import NOON, later
from tocsin.domain.matchers import matcher
from tocsin.domain.override import Override, OverrideKind, OverrideState
from tocsin.domain.silence import Silence


def a_silence(**given) -> Silence:
    return Silence(
        **{
            "silence_id": uuid4(),
            "matchers": (matcher("service", "=", "shop"),),
            "starts_at": NOON,
            "ends_at": later(600),
            "updated_at": NOON,
            "created_by": "ben",
            "owner": "ben",
            "comment": "a move",
            **given,
        }
    )


def an_override(**given) -> Override:
    return Override(
        **{
            "override_id": uuid4(),
            "schedule": "shop",
            "kind": OverrideKind.REPLACE,
            "state": OverrideState.TAKEN,
            "starts_at": NOON,
            "ends_at": later(3600),
            "person": "ada",
            "instead_of": "ben",
            "asked_by": "ben",
            "created_at": NOON,
            **given,
        }
    )


def test_a_silence_is_added_once_saved_listed_and_forgotten(memory_store):
    silence = a_silence()
    with memory_store.transaction() as shelves:
        shelves.silences.add(silence)
        shelves.silences.save(replace(silence, second="ada"))
        assert shelves.silences.get(silence.silence_id).second == "ada"
        assert len(shelves.silences.ending_after(NOON)) == 1
        assert shelves.silences.drop_ended(later(601)) == 1
    with pytest.raises(LookupError), memory_store.transaction() as shelves:
        shelves.silences.save(silence)


def test_overrides_are_found_by_the_span_they_touch_and_by_schedule(memory_store):
    first = an_override()
    other = an_override(schedule="bank", created_at=NOON + timedelta(seconds=1))
    with memory_store.transaction() as shelves:
        shelves.overrides.add(other)
        shelves.overrides.add(first)
        assert shelves.overrides.between(NOON, later(1)) == (first, other)
        assert shelves.overrides.between(NOON, later(1), "bank") == (other,)
        assert shelves.overrides.between(later(3600), later(3700)) == ()
        shelves.overrides.save(replace(first, state=OverrideState.WITHDRAWN))
        assert shelves.overrides.get(first.override_id).state is OverrideState.WITHDRAWN
