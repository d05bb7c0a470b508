"""The tables are what the migrations make, and queries that must be cheap have their index."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connections

from tocsin.domain.person import Role
from tocsin.store.models import Account


def test_the_migrations_make_exactly_these_tables(sqlite_store):
    call_command("makemigrations", "store", check=True, dry_run=True, verbosity=0)


def test_the_first_migration_can_run_twice_without_harm(database_store):
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param(
            "SELECT * FROM store_job WHERE state='ready' AND kind='a' AND run_at<='2026' ORDER BY run_at",
            "job_due",
            id="due jobs",
        ),
        pytest.param(
            "SELECT * FROM store_alert WHERE fingerprint='a' ORDER BY number DESC LIMIT 1",
            "alert_latest",
            id="the latest alert",
        ),
        pytest.param(
            "SELECT * FROM store_incident WHERE group_digest='a' AND status IN ('open') ORDER BY number DESC",
            "incident_group",
            id="the incident of a group",
        ),
        pytest.param(
            "SELECT * FROM store_timelineline WHERE incident='a' ORDER BY number",
            "timeline_incident",
            id="a timeline",
        ),
    ],
)
def test_a_hot_query_has_its_index(sqlite_store, query, index):
    with connections["default"].cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert index in plan


def test_an_account_shows_a_name_and_hides_its_password(sqlite_store):
    account = Account(username="ada", display_name="Ada", role=Role.COMMANDER.value)
    account.set_password("correct horse battery")
    assert (str(account), account.get_full_name()) == ("ada", "Ada")
    assert "horse" not in account.password
    assert account.check_password("correct horse battery")
    assert Role(account.role) is Role.COMMANDER
