"""Overrides on every store."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from nouns import NOON, later
from tocsin.domain.override import Override, OverrideKind, OverrideState


def an_override(**given) -> Override:
    return Override(
        **{
            "override_id": uuid4(),
            "schedule": "platform",
            "kind": OverrideKind.REPLACE,
            "state": OverrideState.TAKEN,
            "starts_at": NOON,
            "ends_at": later(3600),
            "person": "dana",
            "instead_of": "ben",
            "asked_by": "ada",
            "created_at": NOON,
            "reason": "dentist",
            "swap_id": uuid4(),
            **given,
        }
    )


def test_overrides_come_back_as_they_were_kept_and_changed(any_store):
    made, asked = an_override(), an_override(person=None, instead_of=None, swap_id=None, reason="")
    with any_store.transaction() as shelves:
        shelves.overrides.add(made)
        shelves.overrides.add(asked)
    taken = replace(asked, person="dana", state=OverrideState.WITHDRAWN, ends_at=later(60))
    with any_store.transaction() as shelves:
        shelves.overrides.save(taken)
    with any_store.reading() as shelves:
        assert shelves.overrides.get(made.override_id) == made
        assert shelves.overrides.get(asked.override_id) == taken
        assert shelves.overrides.get(uuid4()) is None


def test_those_that_touch_a_span_come_in_the_order_of_their_creation(any_store):
    second = an_override(created_at=later(2))
    first = an_override(created_at=later(1))
    nights = an_override(schedule="nights", created_at=later(3))
    with any_store.transaction() as shelves:
        for one in (second, first, nights, an_override(starts_at=later(7200), ends_at=later(9000))):
            shelves.overrides.add(one)
    with any_store.reading() as shelves:
        assert shelves.overrides.between(NOON, later(60)) == (first, second, nights)
        assert shelves.overrides.between(NOON, later(60), "nights") == (nights,)
        assert shelves.overrides.between(later(3600), later(7200)) == ()


def test_saving_what_was_never_added_is_a_mistake(any_store):
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.overrides.save(an_override())
