"""Secret addresses under which people's calendars are read: each has its own key, kept only as a digest."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256

from tocsin.domain.clock import Clock
from tocsin.domain.errors import NotFound
from tocsin.domain.ports.shelves import Shelves, Store
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note

FEED_KEY = "oncall-feed"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a key opens: a schedule, all of it or (`person`) only one's own shifts."""

    schedule: str
    person: str


@dataclass(frozen=True, slots=True)
class CalendarFeeds:
    """Makes, knows and ends keys. A key is shown once; it opens calendars and nothing else."""

    store: Store
    clock: Clock

    def make(self, subscription: Subscription, actor: str) -> str:
        """Return a new key, instead of the one there was for the same calendar."""
        key = secrets.token_urlsafe(KEY_BYTES)
        now = self.clock.now()
        with self.store.transaction() as shelves:
            shelves.marks.drop(FEED_KEY, _digests(shelves, subscription))
            kept = json.dumps({"schedule": subscription.schedule, "person": subscription.person})
            shelves.marks.keep(FEED_KEY, {_digest(key): kept.encode()}, now)
            facts = {"done": "calendar link made", "person": subscription.person}
            note(shelves, Happening.ACCESS, at=now, actor=actor, subject=subscription.schedule, facts=facts)
        return key

    def end(self, subscription: Subscription, actor: str) -> bool:
        """End the key of a calendar; False if there was none."""
        now = self.clock.now()
        with self.store.transaction() as shelves:
            digests = _digests(shelves, subscription)
            shelves.marks.drop(FEED_KEY, digests)
            if digests:
                facts = {"done": "calendar link ended", "person": subscription.person}
                note(
                    shelves, Happening.ACCESS, at=now, actor=actor, subject=subscription.schedule, facts=facts
                )
        return bool(digests)

    def opens(self, key: str) -> Subscription:
        """Return what a key opens. Raises `NotFound`, which says no more to who guesses."""
        digest = _digest(key)
        with self.store.reading() as shelves:
            kept = shelves.marks.of(FEED_KEY, [digest]).get(digest)
        if kept is None:
            raise NotFound(
                "There is no such calendar.",
                means="Nothing was shown.",
                next_step="Ask for a new link with `tocsin schedule feed`.",
            )
        return _read(kept)


def _digests(shelves: Shelves, subscription: Subscription) -> list[str]:
    kept = shelves.marks.all(FEED_KEY)
    return [digest for digest, written in kept.items() if _read(written) == subscription]


def _digest(key: str) -> str:
    """A key has 256 random bits, so a plain hash is as good as a slow one."""
    return sha256(key.encode("utf-8", "replace")).hexdigest()


def _read(kept: bytes) -> Subscription:
    read = json.loads(kept)
    return Subscription(schedule=read["schedule"], person=read["person"])
