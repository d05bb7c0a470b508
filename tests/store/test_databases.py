from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tocsin.domain.errors import Misconfigured
from tocsin.store.databases import database_settings

HOME = Path("/srv/tocsin")


def test_no_url_means_a_durable_sqlite_file_in_the_home_folder():
    entry = database_settings("", HOME)
    assert entry["ENGINE"] == "django.db.backends.sqlite3"
    assert entry["NAME"] == "/srv/tocsin/tocsin.db"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert entry["OPTIONS"]["timeout"] == 7
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        assert pragma in entry["OPTIONS"]["init_command"]


def test_an_sqlite_url_names_its_file_and_the_wait_can_be_chosen():
    entry = database_settings("sqlite:////data/a%20b.db", HOME, wait_s=0.5)
    assert entry["NAME"] == "/data/a b.db"
    assert entry["OPTIONS"]["timeout"] == 0.5


def test_a_postgres_url_is_taken_apart_with_escapes_undone():
    entry = database_settings(
        "postgresql://ada:s%40f%2Fe@db.example:6432/toc%20sin?sslmode=verify-full", HOME
    )
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["USER"], entry["PASSWORD"]) == ("ada", "s@f/e")
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example", "6432", "toc sin")
    assert entry["OPTIONS"]["sslmode"] == "verify-full"
    assert entry["OPTIONS"]["options"] == "-c lock_timeout=7000"


def test_a_postgres_socket_folder_is_given_as_host():
    entry = database_settings("postgres://postgres@/tocsin?host=/run/pg&port=5433", HOME)
    assert (entry["HOST"], entry["PORT"]) == ("/run/pg", "5433")


def test_certificate_files_reach_the_driver():
    entry = database_settings("postgresql://db/tocsin?sslmode=verify-ca&sslrootcert=/etc/ca.pem", HOME)
    assert entry["OPTIONS"]["sslrootcert"] == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("mysql://eve:hunter2@db/x", "mysql", id="another database"),
        pytest.param("hunter2", "no scheme", id="no scheme"),
        pytest.param("postgresql://ada:hunter2@db:notaport/x", "port", id="port is no number"),
        pytest.param("postgresql://ada:hunter2@[db/x", "host", id="broken brackets"),
        pytest.param("postgresql://ada:hunter2@db/", "does not name a database", id="no database"),
        pytest.param("postgresql://ada:hunter2@db/x?sslmode=yes", "sslmode", id="unknown sslmode"),
        pytest.param("postgresql://ada:hunter2@db/x?pooled=1", "pooled", id="unknown option"),
        pytest.param("sqlite://relative.db", "absolute path", id="relative SQLite path"),
        pytest.param("sqlite:///", "absolute path", id="no SQLite path"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained_without_its_password(url, said):
    with pytest.raises(Misconfigured) as refusal:
        database_settings(url, HOME)
    assert said in refusal.value.explain()
    assert "hunter2" not in refusal.value.explain()


def test_an_sqlite_that_is_too_old_is_explained_at_the_start(monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(Misconfigured, match="too old"):
        database_settings("", HOME)
