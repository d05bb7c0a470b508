"""Our sign of life stops while the disk is full or the database is locked, and comes back afterwards."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Iterator

import pytest

from http_partner import HttpPartner, http_partner
from served import Served, wait_for


@pytest.fixture
def outside(tocsin: Served) -> Iterator[HttpPartner]:
    with http_partner(HttpPartner()) as partner:
        url = f"{partner.url}ping/secret-uuid"
        tocsin.start(more={"TOCSIN_HEARTBEAT_URL": url, "TOCSIN_HEARTBEAT_SECONDS": "1"})
        wait_for(lambda: len(partner.received) > 1, 30, "a sign of life")
        yield partner


def is_silent(outside: HttpPartner) -> bool:
    """Say whether nothing comes for four times the usual time; one on its way may still arrive."""
    time.sleep(1.5)
    before = len(outside.received)
    time.sleep(4)
    return len(outside.received) == before


def comes_back(outside: HttpPartner) -> None:
    before = len(outside.received)
    wait_for(lambda: len(outside.received) > before, 90, "a sign of life afterwards")


def test_a_full_disk_ends_it(tocsin: Served, outside: HttpPartner) -> None:
    assert tocsin.process is not None
    pid = tocsin.process.pid
    # The kernel refuses the server every further byte in any file, as a full disk does.
    usual = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    assert is_silent(outside)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
    comes_back(outside)
    assert "secret-uuid" not in tocsin.said()


def test_a_locked_database_ends_it(tocsin: Served, outside: HttpPartner) -> None:
    database = sqlite3.connect(tocsin.home / "tocsin.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    assert is_silent(outside)
    database.execute("ROLLBACK")
    database.close()
    comes_back(outside)
