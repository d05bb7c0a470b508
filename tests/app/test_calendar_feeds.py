"""Tests of the secret addresses of calendars."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.app.calendar_feeds import FEED_KEY, CalendarFeeds, Subscription
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.store.memory import MemoryStore

BENS = Subscription(schedule="platform", person="ben")
ALL = Subscription(schedule="platform", person="")


@pytest.fixture
def feeds() -> CalendarFeeds:
    return CalendarFeeds(MemoryStore(), PushedClock(NOON))


def test_a_key_opens_one_calendar_and_is_kept_only_as_a_digest(feeds: CalendarFeeds) -> None:
    key = feeds.make(BENS, "ben")
    other = feeds.make(ALL, "ada")
    assert (feeds.opens(key), feeds.opens(other)) == (BENS, ALL)
    assert len(key) >= 43
    with feeds.store.reading() as shelves:
        kept = shelves.marks.all(FEED_KEY)
        logged = b"".join(shelves.log.waiting_contents())
    assert key not in kept
    assert key.encode() not in logged


def test_a_new_key_ends_the_one_before(feeds: CalendarFeeds) -> None:
    first = feeds.make(BENS, "ben")
    second = feeds.make(BENS, "ben")
    assert feeds.opens(second) == BENS
    with pytest.raises(NotFound):
        feeds.opens(first)


def test_a_key_that_was_ended_or_guessed_opens_nothing(feeds: CalendarFeeds) -> None:
    key = feeds.make(BENS, "ben")
    assert feeds.end(BENS, "ben")
    assert not feeds.end(BENS, "ben")
    for guess in (key, "", "x" * 9000, "\ud800"):
        with pytest.raises(NotFound):
            feeds.opens(guess)
