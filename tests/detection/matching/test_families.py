"""Each family answers its predicates as the test of each predicate does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.matching.families import Networks, OneByOne, Patterns, Words, families
from tocsin.detection.matching.scanners import PlainScanner
from tocsin.detection.sigma import predicates
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Reading

PREDICATES = [
    Predicate("f", Op.EQUALS, "x"),
    Predicate("f", Op.EQUALS, "X", cased=True),
    Predicate("f", Op.EQUALS, "5"),
    Predicate("f", Op.EQUALS, "5", cased=True),
    Predicate("f", Op.EQUALS, "5.0"),
    Predicate("f", Op.NUMBER, 5),
    Predicate("f", Op.NUMBER, 5.5),
    Predicate("f", Op.CONTAINS, "x"),
    Predicate("f", Op.CONTAINS, "X", cased=True),
    Predicate("f", Op.STARTSWITH, "10."),
    Predicate("f", Op.ENDSWITH, ".1"),
    Predicate("f", Op.LIKE, r"(?s)\Ax.*y\z"),
    Predicate("f", Op.REGEX, "[0-9]+"),
    Predicate("f", Op.CIDR, "10.0.0.0/8"),
    Predicate("f", Op.CIDR, "10.1.0.0/16"),
    Predicate("f", Op.CIDR, "0.0.0.0/0"),
    Predicate("f", Op.CIDR, "2001:db8::/32"),
    Predicate("f", Op.CIDR, "10.1.2.3/32"),
    Predicate("f", Op.GT, 4),
    Predicate("f", Op.LTE, 5.5),
    Predicate("f", Op.TIME, 3, detail="hour number"),
    Predicate("f", Op.NULL, None),
    Predicate("f", Op.EXISTS, True),
    Predicate("f", Op.NUMBER, 2**53 + 1),
    Predicate("f", Op.EQUALS, str(2**53 + 1)),
]
ASKED = list(enumerate(PREDICATES))
TESTED = [(number, predicates.test_of(each)) for number, each in ASKED if each.op not in (Op.NULL, Op.EXISTS)]
ALL = families(ASKED, lambda patterns, _: PlainScanner(patterns), None)
VALUES = st.one_of(
    st.sampled_from(
        ["x", "X", "xy", "XAY", "5", "5.0", "05", 5, 5.0, 5.5, "10.1.2.3", "10.2.0.1", "2001:db8::1", "::1",
         "2001:0db8:0::1%eth0", "2026-03-02T03:00:00", "", 10**400, float("nan"), -5,
         2**53, 2**53 + 1, str(2**53), str(2**53 + 1)]
    ),
    st.text(max_size=5),
    st.floats(),
    st.integers(),
)  # fmt: skip


@given(VALUES)
def test_families_answer_as_the_predicates_do(value: str | float) -> None:
    reading = Reading(value)
    found = sorted(number for family in ALL for number in family.true(reading))
    assert found == [number for number, test in TESTED if test(reading)]


def test_patterns_of_one_kind_only_need_one_scanner() -> None:
    folded, cased = PREDICATES[7], PREDICATES[8]
    for predicate, found in ((folded, [0]), (cased, [])):
        family = Patterns([(0, predicate)], lambda patterns, _: PlainScanner(patterns), None)
        assert family.true(Reading("xa")) == found


def test_only_the_families_asked_for_are_made() -> None:
    kinds = {type(each) for each in ALL}
    assert kinds == {Words, Patterns, Networks, OneByOne}
    assert (
        families([(0, Predicate("f", Op.NULL, None))], lambda patterns, _: PlainScanner(patterns), None) == ()
    )
