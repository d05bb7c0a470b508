"""What is wrong with a rule, said with file, line and column, so that its author can mend it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.domain.errors import Explained


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a rule file; both numbers start at 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProblem:
    """One reason why a rule was not loaded, or (as a remark) why it deserves a second look.

    `rule` is the rule's id, else its title, else empty. `line` and `column` start at 1.
    """

    path: str
    line: int
    column: int
    rule: str
    reason: str
    next_step: str

    def __str__(self) -> str:
        """Return the one line that a lint run prints."""
        named = f" [{self.rule}]" if self.rule else ""
        return f"{self.path}:{self.line}:{self.column}:{named} {self.reason} {self.next_step}"


class RuleRejected(Explained):
    """One rule cannot be loaded; the others are not affected."""

    code = "rule_rejected"

    def __init__(self, place: Place, reason: str, *, next_step: str) -> None:
        super().__init__(reason, means="This rule is not loaded; every other rule is.", next_step=next_step)
        self.place = place

    def problem(self, *, path: str, rule: str) -> RuleProblem:
        """Return this refusal as a line of the report."""
        return RuleProblem(
            path=path,
            line=self.place.line,
            column=self.place.column,
            rule=rule,
            reason=self.happened,
            next_step=self.next_step,
        )


class LevelNotMapped(Explained):
    """A rule uses a level for which the severity map of the pack has no line."""

    code = "level_not_mapped"


class WindowStateUnreadable(Explained):
    """Stored window state cannot be read back."""

    code = "window_state_unreadable"
