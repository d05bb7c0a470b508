"""Several processes that start at once on a new database migrate it once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MIGRATE = """
import sys
from pathlib import Path
import django
django.setup()
from tocsin.store.migrating import migrate
print("ready", flush=True)
sys.stdin.readline()
migrate(Path(sys.argv[1]))
"""


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database of each kind that nobody has migrated."""
    if request.param == "sqlite":
        yield f"sqlite://{tmp_path / 'tocsin.db'}"
        return
    server: Any = request.getfixturevalue("_postgres_server")
    name = f"empty_{os.getpid()}"
    server.psql(f"CREATE DATABASE {name};")
    yield str(server.get_uri(database=name))
    server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.mark.parametrize(
    ("empty_database", "is_one_home"),
    [("sqlite", True), ("postgres", True), ("postgres", False)],
    indirect=["empty_database"],
)
def test_those_who_start_at_once_all_find_a_database_that_is_up_to_date(
    empty_database: str, tmp_path: Path, is_one_home: bool
) -> None:
    together = []
    for number in range(3):
        home = tmp_path / ("home" if is_one_home else f"home{number}")
        home.mkdir(exist_ok=True)
        environ = {"TOCSIN_HOME": str(home), "TOCSIN_DATABASE_URL": empty_database}
        environ |= {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "tocsin.app.django_settings"}
        starting = subprocess.Popen(
            [sys.executable, "-c", MIGRATE, str(home)],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        together.append(starting)
    for starting in together:
        assert starting.stdout is not None
        assert starting.stdout.readline() == "ready\n"
    for starting in together:
        assert starting.stdin is not None
        starting.stdin.write("\n")
        starting.stdin.flush()
    for starting in together:
        _, said = starting.communicate(timeout=120)
        assert starting.returncode == 0, said
