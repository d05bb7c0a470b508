"""Who has acknowledged an incident where several must, and what is said while that is not enough."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Who has acknowledged, in their order, and how many must."""

    by: tuple[str, ...]
    needs: int

    @property
    def are_enough(self) -> bool:
        """Say whether nobody more need acknowledge."""
        return len(self.by) >= self.needs

    @property
    def still_needed(self) -> int:
        """Return how many must acknowledge beside those who have; 0 where nobody has yet."""
        return max(self.needs - len(self.by), 0) if self.by else 0

    @property
    def counted(self) -> str:
        """Return `1 of 2`."""
        return f"{len(self.by)} of {self.needs}"

    @property
    def words(self) -> str:
        """Return `1 of 2 needed have acknowledged: ben`."""
        return f"{self.counted} needed have acknowledged: {', '.join(self.by)}"

    @property
    def written(self) -> bytes:
        """Return the answers as they are stored."""
        return json.dumps({"by": self.by, "needs": self.needs}).encode()


def answers_from(stored: bytes) -> Answers:
    """Read stored answers."""
    found = json.loads(stored)
    return Answers(by=tuple(found["by"]), needs=int(found["needs"]))
