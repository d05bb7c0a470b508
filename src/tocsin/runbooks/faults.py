"""What is wrong with a runbook, said with file, line and column, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.domain.errors import Explained
from tocsin.domain.pack_file import PackProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong. `line` and `column` count from 1. A `warning` does not keep the file from loading.

    `role` is the name of a role that is not there, where that is what is wrong: many may say the same.
    """

    path: str
    line: int
    column: int
    reason: str
    next_step: str
    warning: bool = False
    role: str = ""

    def __str__(self) -> str:
        """Return the one line that a lint run prints."""
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}:{self.column}: {kind}{self.reason} {self.next_step}"


class RunbookWrong(Explained):
    """A runbook cannot be loaded; `faults` are all the reasons."""

    code = "runbook_wrong"

    def __init__(self, path: str, faults: Sequence[Fault]) -> None:
        lines = "\n".join(str(fault) for fault in faults)
        super().__init__(
            f"The runbook {path} cannot be used:\n{lines}",
            means="It is not loaded; every other runbook is, and runs of its earlier text go on.",
            next_step="Correct the lines named, and look again with `tocsin runbook check`.",
        )
        self.faults = tuple(faults)


def fault_of(problem: PackProblem) -> Fault:
    """Return a problem of a pack file as one line of the report."""
    place = f"{problem.path}:{problem.line}:{problem.column}: "
    reason = problem.happened.removeprefix(place)
    return Fault(
        path=problem.path,
        line=problem.line,
        column=problem.column,
        reason=reason[:1].upper() + reason[1:],
        next_step=problem.next_step,
    )
