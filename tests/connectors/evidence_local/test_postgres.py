from __future__ import annotations

import json

import psycopg
import pytest

from nouns import NOON
from tocsin.connectors.evidence_local import postgres
from tocsin.connectors.evidence_local.postgres import caller
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.delivery import FailureKind

ASK = Call(service="local.postgres", operation="sessions")


def asks(url: str, ours: str = ""):
    values = {"TOCSIN_EVIDENCE_DATABASE_URL": url, "TOCSIN_DATABASE_URL": ours}
    return caller(values, PushedClock(NOON))


@pytest.mark.parametrize("is_named", [True, False])
def test_sessions_of_a_real_database_are_read_with_who_asked_and_when(postgres_url, is_named: bool) -> None:
    who = asks(postgres_url) if is_named else asks("", postgres_url)
    with psycopg.connect(postgres_url, application_name="eve") as eve:
        eve.execute("SELECT 'a query of Eve'")
        head, *sessions = (json.loads(line) for line in who.call(ASK).splitlines())
    assert head["server"].startswith("PostgreSQL")
    assert isinstance(head["sees_all"], bool)
    assert "SELECT 'a query of Eve'" in {
        each["query"] for each in sessions if each["application_name"] == "eve"
    }


def test_nothing_can_be_written_by_it(postgres_url, monkeypatch) -> None:
    monkeypatch.setattr(postgres, "_SESSIONS", "CREATE TABLE eve (a int)")
    with pytest.raises(CallFailed, match="25006") as failed:
        asks(postgres_url).call(ASK)
    assert failed.value.kind is FailureKind.REFUSED


def test_without_a_postgresql_it_says_what_to_set_and_never_the_address() -> None:
    with pytest.raises(CallFailed, match="TOCSIN_EVIDENCE_DATABASE_URL") as failed:
        asks("", "sqlite:///x").call(ASK)
    assert failed.value.kind is FailureKind.MISCONFIGURED
    with pytest.raises(CallFailed) as failed:
        asks("postgresql://eve:hunter2@127.0.0.1:1/db").call(ASK)
    assert failed.value.kind is FailureKind.RETRY_LATER
    assert "hunter2" not in failed.value.reason
