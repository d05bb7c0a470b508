"""Opens the store of the home folder as the local administrator, safe beside a running server."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tocsin.domain.errors import Misconfigured

if TYPE_CHECKING:
    from tocsin.app.settings import Settings
    from tocsin.app.wiring import App


def actor() -> str:
    """Return who acts, as the timeline and the log name them: `cli:` and the machine's own username."""
    return f"cli:{username() or os.getuid()}"


def username() -> str | None:
    """Return the name of the machine's user, whatever LOGNAME says; a container's user may have none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


@contextmanager
def opened() -> Iterator[App]:
    """Build the application on the home folder in force. Raises `Misconfigured` when nothing is there yet."""
    from tocsin.app.settings import load_settings

    settings = load_settings()
    django_ready(settings)
    from tocsin.app.wiring import build_app

    _refuse_unmigrated(settings)
    app = build_app(settings)
    try:
        yield app
    finally:
        app.hang_up()


def django_ready(settings: Settings) -> None:
    """Set Django up for an existing home folder. Raises `Misconfigured` when there is none."""
    if not settings.home.is_dir():
        raise _nothing_there(settings, "is not there")
    os.environ["TOCSIN_HOME"] = str(settings.home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.app.django_settings")
    import django

    django.setup()


def unmigrated() -> int:
    """Return how many migrations the database still needs."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _refuse_unmigrated(settings: Settings) -> None:
    if not settings.text("TOCSIN_DATABASE_URL") and not (settings.home / "tocsin.db").exists():
        raise _nothing_there(settings, "holds no database")
    from django.db import Error

    try:
        missing = unmigrated()
    except Error as error:
        raise Misconfigured(
            f"The database cannot be used: {reason_of(error)}.",
            means="Nothing was shown or changed.",
            next_step="Check TOCSIN_DATABASE_URL, that its server runs, and that this user may read it.",
        ) from error
    if missing:
        raise _nothing_there(settings, "has a database that is not up to date")


def reason_of(error: Exception) -> str:
    """Return the first line of a database's complaint, or its kind when it has no words."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _nothing_there(settings: Settings, how: str) -> Misconfigured:
    return Misconfigured(
        f"The home folder {settings.home} {how}.",
        means="Nothing was shown or changed.",
        next_step="Run `tocsin up` or `tocsin migrate` once, or name another folder with --home.",
    )
