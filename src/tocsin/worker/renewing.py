"""Each process looks whether other packs were put in force, and takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.domain.errors import Explained, Overloaded

LOOK_EVERY_S = 5.0
LOOK_AGAIN_S = 60.0
"""How long packs that were refused, or are just being taken, are not looked at again."""


@dataclass(frozen=True, slots=True)
class Following:
    """One round looks once. `follow` says whether other packs are being taken."""

    follow: Callable[[], bool]

    def round(self) -> float:
        """Look, and return how long to rest. Why packs were refused is in the log of the process already."""
        try:
            return LOOK_AGAIN_S if self.follow() else LOOK_EVERY_S
        except Overloaded:
            return LOOK_EVERY_S
        except Explained:
            return LOOK_AGAIN_S
