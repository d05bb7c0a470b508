"""The one form in which every kind of rule test answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Whose format a test is written in."""

    OURS = "test"
    REGRESSION = "regression"
    PROMTOOL = "promtool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one test went. `differences` say what was expected and what came; none means that it passed.

    `rules` are the labels of the rules it is about. `fires` says whether it wants an alert. `is_broken` says
    that it could not be run at all. `line` and `column` start at 1.
    """

    kind: Kind
    path: str
    line: int
    column: int
    rules: tuple[str, ...]
    name: str
    differences: tuple[str, ...] = ()
    fires: bool = True
    is_broken: bool = False

    @property
    def passed(self) -> bool:
        """Say whether all was as expected."""
        return not self.differences

    @property
    def place(self) -> str:
        """Return where the test stands, as `path:line:column`."""
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Tested:
    """How many passing tests a rule has that want an alert, and that want quiet."""

    __test__ = False

    firing: int = 0
    quiet: int = 0

    def has(self, each: int) -> bool:
        """Say whether there are at least so many of both."""
        return self.firing >= each and self.quiet >= each


def tally(results: Iterable[Result]) -> dict[str, Tested]:
    """Count the passing tests of each rule by its label."""
    counted: dict[str, Tested] = {}
    for result in results:
        for label in result.rules if result.passed else ():
            known = counted.get(label, Tested())
            counted[label] = Tested(known.firing + result.fires, known.quiet + (not result.fires))
    return counted
