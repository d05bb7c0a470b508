from __future__ import annotations

import threading

from django.db import connections

from tocsin.store.writers import begin, committed, next_stamp


def test_what_was_undone_is_counted_again_and_what_was_committed_is_not(sqlite_store) -> None:
    with sqlite_store.reading():
        first = [next_stamp("default"), next_stamp("default")]
        begin("default")
        again = next_stamp("default")
        committed("default")
        after = next_stamp("default")
    assert [each.counter for each in first] == [1, 2]
    assert (again, after.counter) == (first[0], 2)


def test_another_connection_is_another_writer(sqlite_store) -> None:
    with sqlite_store.reading():
        before = next_stamp("default")
    connections["default"].close()
    with sqlite_store.reading():
        after = next_stamp("default")
    assert (before.counter, after.counter) == (1, 1)
    assert before.writer != after.writer


def test_nothing_is_counted_before_anything_is_written() -> None:
    def idle() -> None:
        begin("default")
        committed("default")

    thread = threading.Thread(target=idle)
    thread.start()
    thread.join()
