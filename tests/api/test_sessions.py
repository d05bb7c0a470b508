from __future__ import annotations

import pytest
from django.test import Client

from tocsin.api.sessions import account_of
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


def test_a_live_session_is_its_account(ben) -> None:
    assert account_of(_session_of(ben)) == ben


def test_a_session_of_an_account_that_was_closed_is_nobody(ben) -> None:
    key = _session_of(ben)
    ben.is_active = False
    ben.save()
    assert account_of(key) is None


@pytest.mark.parametrize("key", ["", "x", "x" * 40, "\0", "'; DROP TABLE"])
def test_what_is_no_session_is_nobody(ben, key) -> None:
    assert account_of(key) is None
