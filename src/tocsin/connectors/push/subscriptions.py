"""The browsers that people subscribed: remembered as marks, dropped when a browser is gone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from tocsin.connectors.plain import one_line
from tocsin.connectors.push.vapid import bytes64
from tocsin.domain.ports.shelves import Shelves

PUSH = "push"
MOST_A_PERSON = 10
LONGEST_ENDPOINT = 1000


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser of one person. `p256dh` and `auth` are its keys, base64url."""

    username: str
    endpoint: str
    p256dh: str
    auth: str
    browser: str = ""

    @property
    def name(self) -> str:
        """Return the name of its mark."""
        return f"{self.username}/{hashlib.sha256(self.endpoint.encode()).hexdigest()[:32]}"

    @property
    def is_sound(self) -> bool:
        """Say whether it can be sent to: an https address, a point and a secret of the right size."""
        try:
            sizes = (len(bytes64(self.p256dh)), len(bytes64(self.auth)))
        except ValueError:
            return False
        fits = self.endpoint.startswith("https://") and len(self.endpoint) <= LONGEST_ENDPOINT
        return fits and self.endpoint.isascii() and self.endpoint.isprintable() and sizes == (65, 16)


def subscriptions_of(shelves: Shelves, username: str) -> tuple[Subscription, ...]:
    """Return a person's browsers."""
    kept = shelves.marks.all(PUSH)
    found = [_read(name, stored) for name, stored in kept.items() if name.rpartition("/")[0] == username]
    return tuple(each for each in found if each is not None)


def keep(shelves: Shelves, subscription: Subscription, now: datetime) -> bool:
    """Remember a browser; False when it is not sound or the person has ten others already."""
    others = [
        each for each in subscriptions_of(shelves, subscription.username) if each.name != subscription.name
    ]
    if not subscription.is_sound or len(others) >= MOST_A_PERSON:
        return False
    shelves.marks.keep(PUSH, {subscription.name: written(subscription)}, now)
    return True


def drop(shelves: Shelves, names: tuple[str, ...]) -> None:
    """Forget browsers by the names of their marks."""
    shelves.marks.drop(PUSH, names)


def written(subscription: Subscription) -> bytes:
    """Return a browser as it is stored."""
    return orjson.dumps(
        {
            "endpoint": subscription.endpoint,
            "p256dh": subscription.p256dh,
            "auth": subscription.auth,
            "browser": one_line(subscription.browser, limit=120),
        }
    )


def _read(name: str, stored: bytes) -> Subscription | None:
    """Read a mark; one that is damaged counts as none."""
    try:
        found: Mapping[str, str] = orjson.loads(stored)
        username = name.rpartition("/")[0]
        return Subscription(username, found["endpoint"], found["p256dh"], found["auth"], found["browser"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
