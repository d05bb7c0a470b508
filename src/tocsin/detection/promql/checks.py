"""Which parts may stand where: kinds of arguments, of operands, and how vectors may be matched."""

from __future__ import annotations

from dataclasses import replace

from tocsin.detection.promql.labels import acceptance
from tocsin.detection.promql.refusals import ExpressionRefused
from tocsin.detection.promql.signatures import PARAMETERS, Kind
from tocsin.detection.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Cardinality,
    Expr,
    Matching,
    Selector,
    Subquery,
    Unary,
    kind_of,
)

COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SET_OPERATORS = frozenset({"and", "or", "unless"})
_OPERANDS = (Kind.SCALAR, Kind.VECTOR)


def checked_selector(selector: Selector) -> Selector:
    """Return the selector unless it would select every metric there is."""
    if all(acceptance(matcher)("") for matcher in selector.matchers):
        raise ExpressionRefused(
            selector.at,
            "The selector has no matcher that an empty label fails, so it would select every series.",
            "Name a metric, or one label that must have a value.",
        )
    return selector


def checked_subquery(subquery: Subquery) -> Subquery:
    """Return the subquery if it is over an instant vector."""
    _demand(subquery.expr, Kind.VECTOR, "a subquery")
    return subquery


def checked_unary(unary: Unary) -> Unary:
    """Return the signed expression if it has a sign to carry."""
    if kind_of(unary.expr) not in _OPERANDS:
        raise ExpressionRefused(unary.at, f"A sign cannot stand before {_a(kind_of(unary.expr))}.")
    return unary


def checked_aggregate(aggregate: Aggregate) -> Aggregate:
    """Return the aggregation if vector and parameter are of their kinds."""
    if aggregate.param is not None:
        _demand(aggregate.param, PARAMETERS[aggregate.op], f"the parameter of `{aggregate.op}`")
    _demand(aggregate.expr, Kind.VECTOR, f"`{aggregate.op}`")
    return aggregate


def checked_call(call: Call) -> Call:
    """Return the call if number and kinds of its arguments are right."""
    function, given = call.function, len(call.arguments)
    if not function.fewest <= given <= function.most:
        wanted = f"{function.fewest} to {function.most}"
        if function.optional is None:
            wanted = f"at least {function.fewest}"
        elif not function.optional:
            wanted = str(function.fewest)
        raise ExpressionRefused(call.at, f"`{function.name}` takes {wanted} arguments, not {given}.")
    for index, argument in enumerate(call.arguments):
        _demand(argument, function.kind_at(index), f"`{function.name}`")
    return call


def checked_binary(binary: Binary) -> Binary:
    """Return the operation, with set operators matched many-to-many, if its sides fit."""
    kinds = (kind_of(binary.left), kind_of(binary.right))
    for kind in kinds:
        if kind not in _OPERANDS:
            raise ExpressionRefused(binary.at, f"`{binary.op}` cannot be applied to {_a(kind)}.")
    is_comparison = binary.op in COMPARISONS
    if binary.returns_bool and not is_comparison:
        raise ExpressionRefused(binary.at, "`bool` can only stand behind a comparison.")
    if is_comparison and not binary.returns_bool and kinds == (Kind.SCALAR, Kind.SCALAR):
        raise ExpressionRefused(
            binary.at, "A comparison of two scalars needs `bool`.", f"Write `{binary.op} bool`."
        )
    if kinds != (Kind.VECTOR, Kind.VECTOR):
        return _with_a_scalar(binary)
    return _of_vectors(binary)


def _with_a_scalar(binary: Binary) -> Binary:
    if binary.matching.labels:
        raise ExpressionRefused(binary.at, "`on` and `ignoring` need instant vectors on both sides.")
    if binary.op in SET_OPERATORS:
        raise ExpressionRefused(binary.at, f"`{binary.op}` needs instant vectors on both sides.")
    return replace(binary, matching=Matching())


def _of_vectors(binary: Binary) -> Binary:
    matching = binary.matching
    both = sorted(matching.labels & frozenset(matching.include)) if matching.on else []
    if both:
        raise ExpressionRefused(binary.at, f"The label `{both[0]}` stands in `on` and in the group clause.")
    if binary.op not in SET_OPERATORS:
        return binary
    if matching.cardinality is not Cardinality.ONE_TO_ONE:
        raise ExpressionRefused(binary.at, f"`{binary.op}` allows no group_left and no group_right.")
    return replace(binary, matching=replace(matching, cardinality=Cardinality.MANY_TO_MANY))


def _demand(expr: Expr, kind: Kind, taker: str) -> None:
    if kind_of(expr) is not kind:
        raise ExpressionRefused(expr.at, f"Here stands {_a(kind_of(expr))}, but {taker} takes {_a(kind)}.")


def _a(kind: Kind) -> str:
    return f"{'an' if kind is Kind.VECTOR else 'a'} {kind.value}"
