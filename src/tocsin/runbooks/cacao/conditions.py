"""Conditions as CACAO writes them: STIX comparison expressions over variables."""

from __future__ import annotations

from datetime import timedelta

from tocsin.domain.expression_tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Expression,
    Listed,
    Literal,
    Name,
    Negation,
)
from tocsin.domain.expressions import text_of

_SIGNS = {"==": "=", "in": "IN", "not in": "NOT IN"}


def variable_of(dotted: str) -> str:
    """Return the variable that stands for a name: `pattern.source` is `__pattern_source__`."""
    return f"__{dotted.replace('.', '_')}__"


def condition_text(expression: Expression) -> str:
    """Return a condition as CACAO writes it; a bare name is met when its variable is not empty."""
    match expression:
        case Comparison(sign=sign, left=left, right=right):
            return f"{_side(left)} {_SIGNS.get(sign, sign)} {_side(right)}"
        case Negation(inner=inner):
            return f"NOT ({condition_text(inner)})"
        case Conjunction(members=members):
            return " AND ".join(f"({condition_text(member)})" for member in members)
        case Disjunction(members=members):
            return " OR ".join(f"({condition_text(member)})" for member in members)
        case _:
            return f"{_side(expression)} != ''"


def _side(expression: Expression) -> str:
    match expression:
        case Name(dotted=dotted):
            return f"{variable_of(dotted)}:value"
        case Listed(members=members):
            return f"({', '.join(_side(member) for member in members)})"
        case Literal(value=timedelta() as length):
            return f"'{text_of(length)}'"
        case Literal(value=str() as text):
            return "'" + text.replace("'", "\\'") + "'"
        case Literal(value=value):
            return text_of(value)
        case _:
            return f"({condition_text(expression)})"
