"""Transactions over real databases: all or nothing, through locks, full disks and servers that go away."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest
from django.db import DatabaseError, IntegrityError, connections

from databases import default_database, write
from nouns import NOON, an_entry, an_incident
from tocsin.domain.errors import Overloaded
from tocsin.domain.job import Job, JobState
from tocsin.store.django_store import DjangoStore


def a_job(key="k"):
    return Job(kind="deliver", key=key, run_at=NOON)


def keep(store, number=1):
    with store.transaction() as shelves:
        shelves.incidents.add(an_incident(number))
        shelves.jobs.put(a_job(f"k{number}"))


def kept(store):
    with store.reading() as shelves:
        return shelves.incidents.count(), shelves.jobs.count(JobState.READY)


def test_an_error_undoes_everything(any_store):
    with pytest.raises(LookupError):
        write(
            any_store,
            lambda shelves: shelves.incidents.add(an_incident()),
            lambda shelves: shelves.timeline.add(an_entry()),
            lambda shelves: shelves.jobs.put(a_job()),
            lambda shelves: shelves.incidents.save(an_incident(9)),
        )
    assert kept(any_store) == (0, 0)
    keep(any_store)
    assert kept(any_store) == (1, 1)


def test_transactions_do_not_nest(any_store):
    with any_store.transaction(), pytest.raises(RuntimeError, match="inside another"):
        any_store.transaction().__enter__()
    with any_store.reading(), pytest.raises(RuntimeError, match="inside another"):
        any_store.reading().__enter__()
    keep(any_store)


def test_reading_refuses_to_write_and_leaves_the_store_writable(any_store):
    with pytest.raises((DatabaseError, RuntimeError)), any_store.reading() as shelves:
        shelves.jobs.put(a_job())
    assert kept(any_store) == (0, 0)
    keep(any_store)


def test_a_swallowed_error_of_the_database_is_not_taken_for_success(database_store):
    def swallow(shelves):
        with suppress(IntegrityError):
            shelves.incidents.add(an_incident(1))

    keep(database_store)
    with pytest.raises(RuntimeError, match="swallowed"):
        write(database_store, lambda shelves: shelves.jobs.put(a_job("other")), swallow)
    assert kept(database_store) == (1, 1)


def test_a_swallowed_error_of_a_question_is_not_taken_for_success_either(postgres_store):
    def swallow(shelves):
        with suppress(DatabaseError), connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1/0")

    with pytest.raises(RuntimeError, match="swallowed"):
        write(postgres_store, lambda shelves: shelves.jobs.put(a_job()), swallow)
    keep(postgres_store)


def test_a_reader_sees_one_state_while_others_write(database_store):
    with database_store.reading() as shelves:
        assert shelves.incidents.count() == 0
        writer = threading.Thread(target=lambda: (keep(DjangoStore()), DjangoStore().hang_up()))
        writer.start()
        writer.join(10)
        assert not writer.is_alive()
        assert shelves.incidents.count() == 0
    assert kept(database_store) == (1, 1)


def test_every_commit_waits_for_the_disk(sqlite_store):
    keep(sqlite_store)
    with connections["default"].cursor() as cursor:
        found = []
        for pragma in ("journal_mode", "synchronous", "foreign_keys"):
            cursor.execute(f"PRAGMA {pragma}")
            found.append(cursor.fetchone()[0])
    assert found == ["wal", 2, 1]


HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_database_locked_by_another_process_is_an_overload_within_the_wait(sqlite_store, sqlite_path):
    keep(sqlite_store)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(sqlite_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        with pytest.raises(Overloaded, match="locked"):
            keep(sqlite_store, 2)
        assert time.monotonic() - began < 5
        assert kept(sqlite_store) == (1, 1)
    finally:
        holder.communicate("")
    keep(sqlite_store, 2)
    assert kept(sqlite_store) == (2, 2)


def test_a_thread_whose_turn_does_not_come_is_told_so_and_the_next_one_works(sqlite_store):
    refusals = []

    def wait_too_long():
        try:
            keep(DjangoStore(), 2)
        except Overloaded as refusal:
            refusals.append(refusal)

    with sqlite_store.transaction() as shelves:
        shelves.jobs.put(a_job())
        waiter = threading.Thread(target=wait_too_long)
        waiter.start()
        waiter.join(10)
    assert [refusal.happened for refusal in refusals] == ["The database is locked by another writer."]
    keep(sqlite_store, 3)


def test_what_was_waited_for_the_turn_is_taken_off_the_wait_for_the_lock(sqlite_store):
    patience_ms = []

    def look():
        connection = connections["default"]
        with DjangoStore().transaction():
            patience_ms.append(connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0])
        patience_ms.append(connection.cursor().execute("PRAGMA busy_timeout").fetchone()[0])
        connection.close()

    with sqlite_store.transaction():
        waiter = threading.Thread(target=look)
        waiter.start()
        waiter.join(0.1)
    waiter.join(10)
    shortened, usual = patience_ms
    assert 0 <= shortened < usual == 500


def test_a_full_disk_keeps_nothing_half_and_the_rest_goes_on(sqlite_store):
    keep(sqlite_store)
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count={cursor.fetchone()[0] + 2}")
    with pytest.raises(Overloaded, match="no space"):
        write(
            sqlite_store,
            lambda shelves: shelves.jobs.put(a_job("small")),
            lambda shelves: shelves.incidents.add(an_incident(2, description="x" * 100_000)),
        )
    # The connection with the limit was dropped with the refusal: the disk has space again.
    assert kept(sqlite_store) == (1, 1)
    keep(sqlite_store, 2)
    assert kept(sqlite_store) == (2, 2)


def test_a_damaged_file_is_an_overload_that_says_so(tmp_path):
    path = tmp_path / "tocsin.db"
    path.write_bytes(b"this was never a database" * 1000)
    with default_database(f"sqlite://{path}") as store, pytest.raises(Overloaded, match="damaged"):
        keep(store)


def test_a_folder_that_is_missing_is_an_overload(tmp_path):
    with (
        default_database(f"sqlite://{tmp_path}/gone/tocsin.db") as store,
        pytest.raises(Overloaded, match="cannot be reached"),
    ):
        keep(store)


def test_a_table_that_is_missing_is_a_mistake_and_not_an_overload(tmp_path):
    with (
        default_database(f"sqlite://{tmp_path}/empty.db") as store,
        pytest.raises(DatabaseError, match="no such table"),
    ):
        keep(store)


def test_a_server_that_cannot_be_reached_is_an_overload_without_its_password(tmp_path):
    url = f"postgresql://tocsin:hunter2@/tocsin?host={tmp_path}"
    with default_database(url) as store, pytest.raises(Overloaded) as refusal:
        keep(store)
    assert "cannot be reached" in refusal.value.happened
    assert "hunter2" not in refusal.value.explain()


def cut(shelves=None):
    """End this thread's connection from the server's side, as a restart does."""
    backend = connections["default"].connection.info.backend_pid
    other = threading.Thread(target=_terminate, args=(backend,))
    other.start()
    other.join()


def _terminate(backend):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    connections["default"].close()


def test_a_connection_cut_while_idle_is_not_noticed_by_the_next_transaction(postgres_store):
    keep(postgres_store)
    cut()
    keep(postgres_store, 2)
    cut()
    assert kept(postgres_store) == (2, 2)


def test_a_connection_cut_in_a_transaction_is_an_overload_and_then_made_anew(postgres_store):
    keep(postgres_store)
    with pytest.raises(Overloaded, match="cannot be reached"):
        write(postgres_store, lambda shelves: shelves.incidents.add(an_incident(2)), cut)
    assert kept(postgres_store) == (1, 1)
    keep(postgres_store, 2)


def test_threads_that_hang_up_leave_no_connection(database_store):
    def count():
        gc.collect()
        if connections["default"].vendor == "postgresql":
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                return cursor.fetchone()[0]
        return sum(
            "tocsin.db" in os.readlink(link.path)
            for link in os.scandir("/proc/self/fd")
            if os.path.exists(link)
        )

    keep(database_store)
    before = count()

    def work(number):
        keep(DjangoStore(), number)
        DjangoStore().hang_up()

    for number in range(2, 8):
        thread = threading.Thread(target=work, args=(number,))
        thread.start()
        thread.join()
    # SQLite keeps one closed file in reserve while another connection of the process has locks on it.
    deadline = time.monotonic() + 5
    while count() > before + 1 and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert count() <= before + 1


def test_writers_in_many_threads_all_get_through(database_store):
    def work(first):
        for number in range(first, first + 10):
            keep(DjangoStore(), number)
        DjangoStore().hang_up()

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 60, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept(database_store) == (60, 60)


WRITE_UNTIL_KILLED = """
import os, sys
import django
django.setup()
from tocsin.store.django_store import DjangoStore
from tocsin.domain.job import Job
from datetime import datetime, UTC
store = DjangoStore()
number = 0
while True:
    number += 1
    with store.transaction() as shelves:
        shelves.jobs.put(Job(kind="a", key=f"first{number}", run_at=datetime(2026, 3, 1, tzinfo=UTC)))
        shelves.jobs.put(Job(kind="b", key=f"second{number}", run_at=datetime(2026, 3, 1, tzinfo=UTC)))
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_whole_transactions_and_all_it_was_told_of(
    sqlite_store, sqlite_path, tmp_path
):
    environment = {
        **os.environ,
        "TOCSIN_HOME": str(tmp_path),
        "TOCSIN_DATABASE_URL": f"sqlite://{sqlite_path}",
    }
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED], env=environment, stdout=subprocess.PIPE, text=True
    )
    for line in writer.stdout:
        if int(line) >= 20:
            writer.kill()
            break
    told = max(20, *(int(line) for line in writer.stdout.read().split() or ["0"]))
    writer.wait()
    writer.stdout.close()
    with sqlite3.connect(sqlite_path) as connection:
        first, second = (
            connection.execute("SELECT count(*) FROM store_job WHERE kind = ?", [kind]).fetchone()[0]
            for kind in "ab"
        )
    assert first == second >= told
