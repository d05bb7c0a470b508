"""How far the log can be believed, by what was really reached; nobody may say more of it than this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

COUNTS_FOR = timedelta(hours=24)
"""An anchor or a cosignature that is older says nothing of today."""


class Level(StrEnum):
    """L0 a chain in the database, L1 signed heads, L2 anchored outside, L3 cosigned by a witness."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What was reached of one log. `signed_at` is when its head was last signed, by a key kept elsewhere.

    `anchored_at` is when a signed head was last kept in a place that is not ours, `cosigned_at` when a quorum
    of witnesses last cosigned one.
    """

    signed_at: datetime | None
    anchored_at: datetime | None
    cosigned_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The level, the sentence that may be said, and the window: how long ago a change could go unseen."""

    level: Level
    sentence: str
    window: timedelta | None

    @property
    def window_s(self) -> int | None:
        """Return the window in whole seconds; None: nobody outside would notice, however long ago."""
        return None if self.window is None else int(self.window.total_seconds())


def trust_of(reached: Reached, now: datetime) -> Trust:
    """Return the highest level that holds now; a clock that was set back counts as no time."""
    for level, at, words in (
        (Level.L3, reached.cosigned_at, "tamper-evident: a witness outside cosigned it"),
        (Level.L2, reached.anchored_at, "tamper-evident: its head is kept outside"),
    ):
        if at is not None and now - at <= COUNTS_FOR:
            window = max(now - at, timedelta())
            return Trust(level=level, sentence=f"{words} {_ago(window)} ago", window=window)
    if reached.signed_at is not None:
        words = "signed, by a key outside the database; nobody outside has seen it lately"
        return Trust(level=Level.L1, sentence=words, window=None)
    return Trust(level=Level.L0, sentence="integrity checked; no head of it is signed yet", window=None)


def _ago(window: timedelta) -> str:
    seconds = int(window.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"
