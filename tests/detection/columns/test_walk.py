"""What is left of rules is worked out once, and shared."""

from __future__ import annotations

from tocsin.detection.columns import walk as walking
from tocsin.detection.columns.walk import Walk
from tocsin.detection.matching.lexicon import Lexicon


def start(rules):
    lexicon = Lexicon()
    formulas = [lexicon.formula(rule.tree) for rule in rules]
    walk = Walk(lexicon.formulas)
    return lexicon, walk, walk.start(formulas)


def numbers(lexicon, field):
    return [number for number, _ in lexicon.asked[lexicon.field(field)]]


def test_a_rule_that_becomes_true_ends_the_walk_and_one_that_cannot_is_left_out(rules_of) -> None:
    lexicon, walk, node = start(rules_of("{a: 1, b: 1}", "{a: 2}"))
    one, two = numbers(lexicon, "a")
    field = lexicon.field("a")
    assert walk.child(node, field, frozenset({two})).fired
    left = walk.child(node, field, frozenset({one}))
    assert (len(left.open), left.fields) == (1, {lexicon.field("b")})
    assert not walk.child(node, field, frozenset()).open
    assert walk.child(left, lexicon.field("b"), frozenset()) is walk.child(node, field, frozenset())
    assert walk.asked(left, lexicon.field("b")) == set(numbers(lexicon, "b"))


def test_settling_many_fields_at_once_is_going_from_child_to_child(rules_of) -> None:
    lexicon, walk, node = start(rules_of("{a: 1, b: 1, c: 1}", "{a: 2}", "{b: 1, c: 2}", "{c: 3}"))
    (a, b), (one, two), (be,) = map(lexicon.field, "ab"), numbers(lexicon, "a"), numbers(lexicon, "b")
    for signatures in (
        {a: {one}, b: {be}},
        {a: {one}, b: ()},
        {a: (), b: {be}},
        {a: {two}, b: ()},
        {b: {be}},
    ):
        known = {field: frozenset(signature) for field, signature in signatures.items()}
        child = node
        for field, signature in known.items():
            child = child if child.fired else walk.child(child, field, signature)
        assert walk.settled(node, known) is child


def test_rules_that_do_not_ask_for_a_field_stay_as_they_are(rules_of) -> None:
    lexicon, walk, node = start(rules_of("{a: 1}", "{b: 1}"))
    left = walk.child(node, lexicon.field("a"), frozenset())
    assert left.fields == {lexicon.field("b")}
    assert walk.asked(left, lexicon.field("b")) is walk.asked(left, lexicon.field("b"))


def test_what_another_field_may_still_fulfil_stays_open(rules_of) -> None:
    lexicon, walk, node = start(rules_of("[{a: 1}, {b: 1}]"))
    left = walk.child(node, lexicon.field("a"), frozenset())
    assert left.fields == {lexicon.field("b")}
    assert walk.child(left, lexicon.field("b"), frozenset(numbers(lexicon, "b"))).fired


def test_the_memo_says_when_it_is_full_and_loses_no_answer_when_emptied(rules_of, monkeypatch) -> None:
    lexicon, walk, node = start(rules_of("{a: 1, b: 1}"))
    field = lexicon.field("a")
    (one,) = numbers(lexicon, "a")
    assert not walk.is_full
    monkeypatch.setattr(walking, "MOST_NODES", 0)
    assert walk.is_full
    before = walk.child(node, field, frozenset({one}))
    walk.clear()
    assert not walk.is_full
    assert walk.child(node, field, frozenset({one})) is before
    assert walk.child(before, lexicon.field("b"), frozenset()).open == frozenset()
