"""How the head of the log is kept in a place that is not ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Anchored:
    """The place holds the head: `reference` is its name for it, `proof` what shows it (a time stamp), if any.

    `at` is when, by the place's own clock where it tells one.
    """

    reference: str
    proof: bytes
    at: datetime


class Anchor(Protocol):
    """One place outside. Its failures are `DeliveryFailed`, as with messages."""

    @property
    def name(self) -> str:
        """Return its short name."""
        ...

    def probe(self) -> str:
        """Try whether what is kept there can be deleted or changed by us; return what was found, a sentence.

        Raises `DeliveryFailed`, also for a place that lets us delete.
        """
        ...

    def keep(self, origin: str, size: int, note: str) -> Anchored:
        """Keep a signed head there, once. Raises `DeliveryFailed`."""
        ...
