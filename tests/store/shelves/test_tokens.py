"""API tokens on every store."""

from __future__ import annotations

from nouns import NOON, later
from tocsin.domain.person import Role


def test_a_live_token_has_a_name_and_a_role_until_it_expires(any_store):
    with any_store.transaction() as shelves:
        shelves.tokens.add("d1", "ci", Role.INGEST, later(60), NOON)
        shelves.tokens.add("d2", "backup", Role.AUDITOR, None, NOON)
    with any_store.reading() as shelves:
        assert shelves.tokens.role_of("d1", later(59)) == ("ci", Role.INGEST)
        assert shelves.tokens.role_of("d1", later(60)) is None
        assert shelves.tokens.role_of("d2", later(10**9)) == ("backup", Role.AUDITOR)
        assert shelves.tokens.role_of("unknown", NOON) is None


def test_a_revoked_token_opens_nothing_and_is_revoked_once(any_store):
    with any_store.transaction() as shelves:
        number = shelves.tokens.add("d1", "ci", Role.INGEST, None, NOON)
        assert shelves.tokens.revoke(number, later(1)) is True
        assert shelves.tokens.revoke(number, later(2)) is False
        assert shelves.tokens.revoke(number + 1, NOON) is False
        assert shelves.tokens.role_of("d1", later(3)) is None


def test_tokens_are_listed_without_anything_that_opens_a_door(any_store):
    with any_store.transaction() as shelves:
        number = shelves.tokens.add("d1", "ci", Role.INGEST, later(60), NOON)
        shelves.tokens.add("d2", "other", Role.VIEWER, None, NOON)
        shelves.tokens.revoke(number, later(1))
    with any_store.reading() as shelves:
        first, second = shelves.tokens.listed()
    assert dict(first) == {
        "number": str(number),
        "name": "ci",
        "role": "ingest",
        "created_at": "2026-03-01T12:00:00+00:00",
        "expires_at": "2026-03-01T12:01:00+00:00",
        "revoked_at": "2026-03-01T12:00:01+00:00",
    }
    assert (second["expires_at"], second["revoked_at"]) == ("", "")
