"""Rows are new, new unless here already, or changed; nothing else passes silently."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from nouns import NOON
from tocsin.store import models
from tocsin.store.rows import change, digest_of, find, insert, insert_once, insert_or_renew


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
