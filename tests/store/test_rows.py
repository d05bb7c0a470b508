"""Rows are new, new unless here already, or changed; nothing else passes silently."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from nouns import NOON
from tocsin.store import models
from tocsin.store.rows import (
    _parts,
    change,
    change_all,
    change_some,
    digest_of,
    find,
    find_all,
    insert,
    insert_all,
    insert_once,
    insert_or_renew,
)


def a_row(key="k", text="first"):
    return models.InboxMessage(key=key, person="ben", subject="s", text=text, link="", at=NOON)


def test_digests_tell_apart_what_joined_text_would_not():
    assert digest_of("a", "b") == digest_of("a", "b")
    assert len({digest_of("a", "b"), digest_of("ab"), digest_of("a,b"), digest_of("b", "a")}) == 4
    assert len(digest_of("\ud800\0")) == 64


def test_a_row_is_inserted_once(database_store):
    with database_store.transaction():
        assert insert_once(a_row(), "default") is True
        assert insert_once(a_row(text="second"), "default") is False
        assert models.InboxMessage.objects.get().text == "first"


def test_a_second_insert_of_a_unique_value_is_a_mistake(database_store):
    with database_store.transaction():
        insert(a_row(), "default")
    with pytest.raises(IntegrityError), database_store.transaction():
        insert(a_row(), "default")


def test_a_change_of_no_row_is_a_mistake(database_store):
    with pytest.raises(LookupError, match="InboxMessage"), database_store.transaction():
        change(models.InboxMessage, "default", {"text": "x"}, key="unknown")


def test_a_row_is_found_by_its_values_as_it_was_written(database_store):
    with database_store.transaction():
        insert(a_row(), "default")
        insert(a_row("other", "second"), "default")
        found = find(models.InboxMessage, "default", key="k", person="ben")
        assert (found.text, found.at) == ("first", NOON)
        assert find(models.InboxMessage, "default", person="ben", newest_by="id").text == "second"
        assert find(models.InboxMessage, "default", key="unknown") is None


def test_only_the_row_with_these_values_is_changed(database_store):
    with database_store.transaction():
        insert(a_row(), "default")
        insert(a_row("other"), "default")
        change(models.InboxMessage, "default", {"text": "changed"}, key="k", person="ben")
        assert find(models.InboxMessage, "default", key="k").text == "changed"
        assert find(models.InboxMessage, "default", key="other").text == "first"


def test_a_row_is_renewed_where_its_key_is_here_already(database_store):
    with database_store.transaction():
        for text in ("first", "second"):
            row = a_row(text=text)
            row.subject = f"{text} subject"
            insert_or_renew(row, "default", key="key", renewed=("text",))
        found = find(models.InboxMessage, "default", key="k")
        assert (found.text, found.subject) == ("second", "first subject")


def test_many_rows_are_added_in_one_statement_and_known_by_a_value(database_store):
    with database_store.transaction():
        numbers = insert_all([a_row(f"k{n}", f"t{n}") for n in range(300)], "default", known_by="key")
        assert insert_all([], "default", known_by="key") == {}
        assert len(numbers) == 300
        assert find(models.InboxMessage, "default", id=numbers["k7"]).text == "t7"


def test_many_rows_are_changed_each_by_its_own_value(database_store):
    with database_store.transaction():
        insert(a_row("a"), "default")
        insert(a_row("b"), "default")
        change_all(
            models.InboxMessage,
            "default",
            [{"text": "one", "key": "a"}, {"text": "two", "key": "b"}],
            by="key",
        )
        change_all(models.InboxMessage, "default", [], by="key")
        texts = {row.key: row.text for row in models.InboxMessage.objects.all()}
        assert texts == {"a": "one", "b": "two"}


def test_a_statement_that_is_not_as_expected_is_a_mistake():
    with pytest.raises(ValueError, match="not as expected"):
        _parts("INSERT INTO t DEFAULT VALUES", 2)


def test_rows_are_found_in_the_order_asked_for(database_store):
    with database_store.transaction():
        for key, text in (("a", "2"), ("b", "1"), ("c", "3")):
            insert(a_row(key, text), "default")
        found = find_all(models.InboxMessage, "default", by=("-text",), person="ben")
        assert [row.key for row in found] == ["c", "a", "b"]
        assert find_all(models.InboxMessage, "default", by=(), person="ada") == ()


def test_rows_are_found_by_comparison_and_bounded(database_store):
    with database_store.transaction():
        for key, text in (("a", "2"), ("b", "1"), ("c", "3")):
            insert(a_row(key, text), "default")
        found = find_all(
            models.InboxMessage, "default", by=("text",), most=1, where={"text >": "1"}, person="ben"
        )
        assert [row.key for row in found] == ["a"]


def test_a_change_says_how_many_rows_it_changed(database_store):
    with database_store.transaction():
        insert(a_row("a"), "default")
        insert(a_row("b"), "default")
        assert change_some(models.InboxMessage, "default", {"text": "x"}, person="ben") == 2
        assert change_some(models.InboxMessage, "default", {"text": "y"}, person="ada") == 0
