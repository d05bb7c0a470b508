"""What is written down about access, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.app.access import NOBODY, Access
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def access(memory_store, clock) -> Access:
    return Access(memory_store, clock)


def _log(access):
    with access.store.transaction() as shelves:
        shelves.log.sequence()
        return [decode(one.content) for one in shelves.log.leaves(0, shelves.log.size())]


def test_what_was_done_is_written_with_who_and_when(access) -> None:
    access.done("signed in", actor="ada", subject="ada", by="link")
    (entry,) = _log(access)
    assert (entry.kind, entry.actor, entry.subject, entry.at) == ("access", "ada", "ada", NOON)
    assert entry.facts == {"done": "signed in", "by": "link"}


def test_refusals_are_counted_and_written_once_a_minute(access, clock) -> None:
    for _ in range(500):
        access.refused("sign-in refused", actor=NOBODY, subject="link")
    clock.push(timedelta(seconds=59))
    access.refused("sign-in refused", actor=NOBODY, subject="link")
    clock.push(timedelta(seconds=1))
    access.refused("sign-in refused", actor=NOBODY, subject="link")
    assert [entry.facts["times"] for entry in _log(access)] == ["1", "501"]


def test_each_kind_and_actor_has_its_own_count(access) -> None:
    access.refused("sign-in refused", actor=NOBODY, subject="link")
    for who in ("ben", "eve", "eve"):
        access.refused("role refused", actor=who, subject="command")
    assert [(entry.facts["done"], entry.actor) for entry in _log(access)] == [
        ("sign-in refused", NOBODY),
        ("role refused", "ben"),
        ("role refused", "eve"),
    ]
