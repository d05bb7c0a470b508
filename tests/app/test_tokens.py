"""API tokens are made, ended, and both are in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tocsin.app.tokens import end_token, make_token
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.person import Role
from tocsin.flow.makers import TOKEN_MAKERS
from tocsin.store.tokens import PREFIX, token_digest

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def made(store, lives=timedelta(days=1)):
    return make_token(store, PushedClock(NOW), name="prom", role=Role.INGEST, lives=lives, actor="cli:ada")


def test_a_token_opens_until_its_time_is_over(any_store) -> None:
    token = made(any_store)
    assert token.text.startswith(PREFIX)
    digest = token_digest(token.text)
    with any_store.reading() as shelves:
        assert shelves.tokens.role_of(digest, NOW) == ("prom", Role.INGEST)
        assert shelves.tokens.role_of(digest, NOW + timedelta(days=1)) is None


def test_a_token_without_an_end_lives_until_it_is_ended(any_store) -> None:
    token = made(any_store, lives=None)
    assert token.expires_at is None
    assert end_token(any_store, PushedClock(NOW), token.number, actor="cli:ada") is True
    assert end_token(any_store, PushedClock(NOW), token.number, actor="cli:ada") is False
    with any_store.reading() as shelves:
        assert shelves.tokens.role_of(token_digest(token.text), NOW) is None


def test_both_are_written_into_the_log_without_the_text(any_store) -> None:
    token = made(any_store)
    end_token(any_store, PushedClock(NOW), token.number, actor="cli:ben")
    with any_store.transaction() as shelves:
        shelves.log.sequence()
        leaves = shelves.log.leaves(0, 10)
    entries = [decode(leaf.content) for leaf in leaves]
    assert [(each.actor, each.facts["done"]) for each in entries] == [
        ("cli:ada", "token made"),
        ("cli:ben", "token ended"),
    ]
    assert not any(token.text.encode() in leaf.content for leaf in leaves)


def test_who_made_it_is_remembered_for_what_it_silences(any_store) -> None:
    made(any_store)
    with any_store.reading() as shelves:
        assert shelves.marks.of(TOKEN_MAKERS, ("prom",)) == {"prom": b'["cli:ada"]'}
