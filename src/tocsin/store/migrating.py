"""Brings the database up to date, one process at a time, however many start at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connections

_LOCK = 0x746F6373696E
"""Any number will do, as long as every version of Tocsin takes the same one."""


def migrate(home: Path) -> None:
    """Apply what is missing; who comes second waits, and then finds nothing to do. Raises Django's errors."""
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # This lock ends with the process, however it ends.
        fcntl.flock(folder, fcntl.LOCK_EX)
        with _alone_on_the_server():
            call_command("migrate", verbosity=0, interactive=False)
    finally:
        os.close(folder)


@contextmanager
def _alone_on_the_server() -> Iterator[None]:
    """Wait until no process of another machine migrates the same PostgreSQL database."""
    connection = connections["default"]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        # A migration may take longer than anything else waits for a lock.
        cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("RESET lock_timeout")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
