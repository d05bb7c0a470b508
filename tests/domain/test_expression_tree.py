"""Everything inside an expression is found."""

from __future__ import annotations

from tocsin.domain.expression_tree import Comparison, Conjunction, Listed, Literal, Name, Negation, parts_of


def test_every_part_is_found() -> None:
    name, one = Name(("a", "b")), Literal(1)
    comparison = Comparison("in", name, Listed((one,)))
    whole = Conjunction((Negation(name), comparison))
    assert list(parts_of(whole)) == [whole, Negation(name), name, comparison, name, Listed((one,)), one]
    assert name.dotted == "a.b"
