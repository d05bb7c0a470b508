"""The one severity scale, P1 to P4, in R2's words."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad an incident is; P1 is worst."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def word(self) -> str:
        """Return R2's word for this severity, for example `Critical`."""
        return {"P1": "Critical", "P2": "High", "P3": "Medium", "P4": "Low"}[self.value]

    @property
    def label(self) -> str:
        """Return the form that people see, for example `P1 Critical`."""
        return f"{self.value} {self.word}"

    def is_worse_than(self, other: Severity) -> bool:
        """Say whether this severity is more urgent than the other."""
        return self.value < other.value
