"""Tests of remembering who had a hand in a silence."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from nouns import NOON
from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Silence
from tocsin.flow.makers import MAKERS, forget, makers_of, remember, remember_token
from tocsin.store.memory import MemoryStore

FIRST, SECOND = UUID(int=1), UUID(int=2)


def a_silence(silence_id: UUID, owner: str) -> Silence:
    return Silence(
        silence_id=silence_id,
        matchers=(matcher("alertname", "=", "A"),),
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=1),
        updated_at=NOON,
        created_by="written",
        owner=owner,
        comment="A reason.",
    )


def test_all_who_made_or_changed_it_are_known_and_go_with_it_to_a_new_one() -> None:
    with MemoryStore().transaction() as shelves:
        remember(shelves, FIRST, ("ada",), NOON)
        remember(shelves, FIRST, ("token:ci",), NOON)
        remember(shelves, SECOND, ("ben",), NOON, old_id=FIRST)
        found = makers_of(shelves, (a_silence(FIRST, "token:ci"), a_silence(SECOND, "ben")))
    assert found == {
        FIRST: {"ada", "token:ci", "written"},
        SECOND: {"ada", "token:ci", "ben", "written"},
    }


def test_who_made_a_token_of_that_name_counts_too() -> None:
    with MemoryStore().transaction() as shelves:
        remember_token(shelves, "ci", "cli:ada", NOON)
        remember_token(shelves, "ci", "cli:ben", NOON)
        found = makers_of(shelves, (a_silence(FIRST, "token:ci"),))
    assert found[FIRST] == {"token:ci", "written", "cli:ada", "cli:ben"}


def test_only_those_of_silences_that_are_kept_stay() -> None:
    with MemoryStore().transaction() as shelves:
        remember(shelves, FIRST, ("ada",), NOON)
        remember(shelves, SECOND, ("ben",), NOON)
        forget(shelves, (SECOND,))
        assert list(shelves.marks.all(MAKERS)) == [str(SECOND)]
