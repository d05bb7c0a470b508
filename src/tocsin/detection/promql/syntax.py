"""The parts of an expression, as the parser puts them together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tocsin.detection.promql.signatures import Kind, Signature
from tocsin.domain.sample import LabelMatcher


@dataclass(frozen=True, slots=True)
class Pinned:
    """The `@` modifier: a fixed time in milliseconds, or None for `start()` and `end()` of the query."""

    time_ms: int | None


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float
    at: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Selector:
    """An instant vector: the newest sample of each series, looking back a while."""

    matchers: tuple[LabelMatcher, ...]
    at: int
    offset_ms: int = 0
    pinned: Pinned | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """A range vector: all samples of each series in a time."""

    selector: Selector
    range_ms: int
    at: int


@dataclass(frozen=True, slots=True)
class Subquery:
    """A range vector made by evaluating an expression again and again; `step_ms` 0 is the default step."""

    expr: Expr
    range_ms: int
    step_ms: int
    at: int
    offset_ms: int = 0
    pinned: Pinned | None = None


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign before an expression."""

    is_minus: bool
    expr: Expr
    at: int


class Cardinality(Enum):
    """How many series of each side may stand in one match group."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True)
class Matching:
    """Which labels two vectors are matched by; without `on` these are the ones ignored."""

    on: bool = False
    labels: frozenset[str] = frozenset()
    include: tuple[str, ...] = ()
    cardinality: Cardinality = Cardinality.ONE_TO_ONE


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and what stands between them."""

    op: str
    left: Expr
    right: Expr
    matching: Matching
    returns_bool: bool
    at: int


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Series of a vector folded into groups; without `without` these are the labels kept."""

    op: str
    expr: Expr
    param: Expr | None
    grouping: frozenset[str]
    without: bool
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: Signature
    arguments: tuple[Expr, ...]
    at: int


Expr = Number | Text | Selector | Range | Subquery | Unary | Binary | Aggregate | Call


def kind_of(expr: Expr) -> Kind:
    """Return what an expression evaluates to."""
    match expr:
        case Number():
            return Kind.SCALAR
        case Text():
            return Kind.STRING
        case Range() | Subquery():
            return Kind.RANGE
        case Unary():
            return kind_of(expr.expr)
        case Binary():
            both = {kind_of(expr.left), kind_of(expr.right)}
            return Kind.SCALAR if both == {Kind.SCALAR} else Kind.VECTOR
        case Call():
            return expr.function.returns
        case _:
            return Kind.VECTOR


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """Return the expressions directly inside one."""
    match expr:
        case Range():
            return (expr.selector,)
        case Subquery() | Unary():
            return (expr.expr,)
        case Binary():
            return (expr.left, expr.right)
        case Aggregate():
            return (expr.expr,) if expr.param is None else (expr.param, expr.expr)
        case Call():
            return expr.arguments
        case _:
            return ()


def all_of(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and everything inside it, outside first."""
    yield expr
    for part in parts_of(expr):
        yield from all_of(part)
