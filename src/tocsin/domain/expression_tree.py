"""The parts of an expression, as its parser leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Name:
    """A value by where it stands: `pattern.source` is `("pattern", "source")`."""

    path: tuple[str, ...]

    @property
    def dotted(self) -> str:
        """Return it as it is written."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the text itself."""

    value: str | int | float | bool | timedelta


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of values and names."""

    members: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and what is asked of them: `==`, `!=`, `<`, `<=`, `>`, `>=`, `in` or `not in`."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Negation:
    """`not` something."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All of at least two, with `and` between them."""

    members: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Any of at least two, with `or` between them."""

    members: tuple[Expression, ...]


Expression = Name | Literal | Listed | Comparison | Negation | Conjunction | Disjunction


def parts_of(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything inside it."""
    yield expression
    match expression:
        case Comparison(left=left, right=right):
            inside: tuple[Expression, ...] = (left, right)
        case Negation(inner=inner):
            inside = (inner,)
        case Listed(members=members) | Conjunction(members=members) | Disjunction(members=members):
            inside = members
        case _:
            inside = ()
    for part in inside:
        yield from parts_of(part)
