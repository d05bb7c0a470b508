"""The documents of one file and what they share."""

from __future__ import annotations

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.collection import Collection, named
from tocsin.detection.sigma.document import documents, plain


def rules(text: str) -> list[object]:
    collection = Collection()
    read = [collection.rule(document) for document in documents(text)]
    return [plain(table) for table in read if table is not None]


def test_documents_are_rules_of_their_own() -> None:
    assert rules("a: 1\n---\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_global_keys_reach_the_documents_behind_them_until_a_reset() -> None:
    text = "action: global\na: {b: 1, c: 1}\n---\na: {c: 2, d: 2}\n---\ne: 3\n---\naction: reset\n---\nf: 4\n"
    assert rules(text) == [{"a": {"b": 1, "c": 2, "d": 2}}, {"a": {"b": 1, "c": 1}, "e": 3}, {"f": 4}]


def test_a_repetition_changes_the_rule_before_it() -> None:
    text = "a: {b: 1}\nc: 1\n---\naction: repeat\na: {b: 2}\n---\naction: repeat\nc: 3\n"
    assert rules(text) == [{"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 1}, {"a": {"b": 2}, "c": 3}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "not a map"),
        ("text\n", "not a map"),
        ("action: again\n", "unknown"),
        ("action: [reset]\n", "unknown"),
        ("action: repeat\n", "no rule before it"),
        ("a: 1\n---\naction: reset\n---\naction: repeat\n", "no rule before it"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, words: str) -> None:
    with pytest.raises(RuleRejected, match=words):
        rules(text)


@pytest.mark.parametrize(
    ("text", "name"), [("id: i\ntitle: t\n", "i"), ("id: 5\ntitle: t\n", "t"), ("a: 1\n", ""), ("- a\n", "")]
)
def test_a_document_is_named_by_id_else_title_else_nothing(text: str, name: str) -> None:
    (document,) = documents(text)
    assert named(document) == name
