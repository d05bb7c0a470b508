"""Predicates are numbered once, and those about the whole record are told apart."""

from __future__ import annotations

from tocsin.detection.matching.lexicon import KEYWORDS, WHOLE_RECORD, Lexicon
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.tree import All, Any_, Not

X = Predicate("f", Op.EQUALS, "x")
Y = Predicate("g", Op.EQUALS, "y")


def test_equal_predicates_have_one_number_and_their_fields_one_too() -> None:
    lexicon = Lexicon()
    formula = lexicon.formula(All((X, Not(Any_((Y, Predicate("f", Op.EQUALS, "x")))))))
    assert lexicon.field_of == [2, 3]
    assert lexicon.names == ["", "", "f", "g"]
    assert lexicon.asked[2] == [(0, X)]
    assert formula.holds({0}) is False
    assert lexicon.field("g") == 3
    assert lexicon.field("h") is None
    assert lexicon.formula(Predicate("f", Op.EQUALS, "z")).fields == formula.fields - {3}


def test_keywords_and_other_fields_are_questions_about_the_whole_record() -> None:
    lexicon = Lexicon()
    keyword = Predicate(None, Op.CONTAINS, "word")
    other = Predicate("f", Op.FIELD, "g")
    formula = lexicon.formula(Any_((keyword, other)))
    assert formula.fields == {WHOLE_RECORD}
    facts = Facts({"f": "a", "g": "A", "h": "no w-rd"}, Memo())
    assert {number: verdict(facts) for number, verdict in lexicon.verdicts.items()} == {0: False, 1: True}


def test_keywords_asked_of_every_record_have_a_field_of_their_own() -> None:
    lexicon = Lexicon()
    named = Predicate(None, Op.CONTAINS, "mimikatz")
    nameless = Predicate(None, Op.CONTAINS, "5")
    formula = lexicon.formula(All((named, nameless)), wide=True)
    assert formula.fields == {KEYWORDS, WHOLE_RECORD}
    assert lexicon.needles == {0: b"mimikatz"}
    assert lexicon.formula(named).fields == {KEYWORDS}
    assert lexicon.formula(Predicate(None, Op.CONTAINS, "other")).fields == {WHOLE_RECORD}
