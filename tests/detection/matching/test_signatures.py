"""The signature of a value is the set of predicates it makes true, whatever is remembered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tocsin.detection.matching import signatures as module
from tocsin.detection.matching.scanners import PlainScanner
from tocsin.detection.matching.signatures import Signatures, Unplain
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import Interned

PREDICATES = [
    Predicate("a.b", Op.EQUALS, "x"),
    Predicate("a.b", Op.EQUALS, "true"),
    Predicate("a.b", Op.NUMBER, 1),
    Predicate("a.b", Op.NUMBER, 5),
    Predicate("a.b", Op.CONTAINS, "e+"),
    Predicate("a.b", Op.CONTAINS, "1"),
    Predicate("a.b", Op.GT, 3),
    Predicate("a.b", Op.NULL, None),
    Predicate("a.b", Op.EXISTS, True),
    Predicate("a.b", Op.EXISTS, False),
]


def make(*predicates: Predicate) -> Signatures:
    asked = list(enumerate(predicates or PREDICATES))
    return Signatures("a.b", asked, lambda patterns, _: PlainScanner(patterns), None)


def expected(record: dict[str, Any]) -> set[int]:
    facts, interned = Facts(record, Memo()), Interned()
    return {number for number, each in enumerate(PREDICATES) if interned.compile(each)(facts)}


REMEMBERING = make()
ATOMS = st.one_of(
    st.sampled_from(["x", "X", "5", "1", "true", "", 0, 1, True, False, 1.0, 5, 5.0, 2**53, float(2**53),
                     1e16,                      10**16, 2**63, 2.5, None]),
    st.text(max_size=3),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
VALUES = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))


@given(ATOMS)
def test_a_scalar_has_the_signature_that_the_rules_mean(value: Any) -> None:
    assert REMEMBERING[value] == expected({"a.b": value})
    assert REMEMBERING[value] == expected({"a.b": value})


@given(VALUES)
def test_a_record_has_the_signature_that_the_rules_mean(value: Any) -> None:
    for record in ({"a.b": value}, {"a": {"b": value}}, {"a": [{"b": value}, {"b": "x"}]}, {"a": value}):
        assert REMEMBERING.of(record) == expected(record)


def test_a_missing_field_differs_from_null_only_where_presence_is_asked() -> None:
    assert REMEMBERING[UNSET] == expected({}) == {7, 9}
    assert REMEMBERING[None] == expected({"a.b": None}) == {7, 8}
    unasked = make(PREDICATES[0], PREDICATES[7])
    assert unasked[UNSET] is unasked[None]
    assert make(PREDICATES[0]).of({}) == frozenset()


def test_a_name_without_dots_is_found_at_the_top_only() -> None:
    flat = Signatures("a", [(0, Predicate("a", Op.EQUALS, "x"))], lambda each, _: PlainScanner(each), None)
    assert flat.of({"a": "X"}) == {0}
    assert flat.of({"b": "X"}) == frozenset()


@pytest.mark.parametrize("value", [[], {}, 2**64, -(2**63) - 1, 10**30])
def test_what_is_no_plain_scalar_is_left_to_others(value: Any) -> None:
    with pytest.raises(TypeError):
        REMEMBERING[value]
    assert issubclass(Unplain, TypeError)


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VALUES", 4)
    few = make()
    for number in range(20):
        assert few[f"v{number}1"] == expected({"a.b": f"v{number}1"})
        assert few[number * 7] == expected({"a.b": number * 7})
        assert len(few) <= 4
    monkeypatch.setattr(module, "MOST_CHARACTERS", 10)
    few["y" * 9]
    few["z" * 9]
    assert "y" * 9 not in few
    assert few[None] == expected({"a.b": None})


def test_a_field_explodes_when_new_values_keep_bringing_new_signatures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = [Predicate("a.b", Op.CONTAINS, f"<{number}>") for number in range(9)]
    field = make(*words)
    field.prepare()
    monkeypatch.setattr(module, "_MANY", 100)
    for number in range(512):
        if number == 90:
            assert not field.explodes()
        field["".join(f"<{bit}>" for bit in range(9) if number >> bit & 1)]
    assert field.explodes()
    for number in range(8 * 512):
        field[f"plain {number}"]
    assert not field.explodes()
    monkeypatch.setattr(module, "MOST_VALUES", 4)
    assert field["<1> again"] == {1}
