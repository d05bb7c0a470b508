from __future__ import annotations

import pytest
from django.test import Client

from tocsin.api.sessions import role_behind
from tocsin.domain.person import Role
from tocsin.store.accounts import Accounts


@pytest.fixture
def ben(sqlite_store):
    accounts = Accounts(sqlite_store)
    accounts.create("ben", "Ben", Role.RESPONDER)
    return accounts.by_username("ben")


def _session_of(account) -> str:
    client = Client()
    client.force_login(account)
    return client.session.session_key


def test_behind_a_live_session_is_its_accounts_role(ben) -> None:
    assert role_behind(_session_of(ben)) is Role.RESPONDER


def test_a_session_of_an_account_that_was_closed_is_nobody(ben) -> None:
    key = _session_of(ben)
    ben.is_active = False
    ben.save()
    assert role_behind(key) is None


@pytest.mark.parametrize("key", ["", "x", "x" * 40, "\0", "'; DROP TABLE"])
def test_what_is_no_session_is_nobody(ben, key) -> None:
    assert role_behind(key) is None
