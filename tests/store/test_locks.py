"""Named locks hold others off until the transaction ends."""

from __future__ import annotations

import threading

import pytest

from tocsin.domain.errors import Overloaded
from tocsin.store.django_store import DjangoStore


def test_a_lock_can_be_asked_for_on_every_store(any_store):
    with any_store.transaction() as shelves:
        shelves.lock("group a")
        shelves.lock("group a")
        shelves.lock("\ud800")


def test_the_same_name_waits_and_gives_up_and_another_name_goes_on(postgres_store):
    held, done = threading.Event(), threading.Event()

    def holder():
        store = DjangoStore()
        with store.transaction() as shelves:
            shelves.lock("group a")
            held.set()
            done.wait(10)
        store.hang_up()

    thread = threading.Thread(target=holder)
    thread.start()
    held.wait(10)
    try:
        with postgres_store.transaction() as shelves:
            shelves.lock("group b")
        with pytest.raises(Overloaded, match="locked"), postgres_store.transaction() as shelves:
            shelves.lock("group a")
    finally:
        done.set()
        thread.join()
    with postgres_store.transaction() as shelves:
        shelves.lock("group a")


def test_many_locks_are_taken_in_one_step_and_each_holds(postgres_store):
    held, done = threading.Event(), threading.Event()

    def holder():
        store = DjangoStore()
        with store.transaction() as shelves:
            shelves.lock_all([])
            shelves.lock_all(["alert:a", "alert:b", "\ud800"])
            held.set()
            done.wait(10)
        store.hang_up()

    thread = threading.Thread(target=holder)
    thread.start()
    held.wait(10)
    try:
        with postgres_store.transaction() as shelves:
            shelves.lock_all(["alert:c"])
        for name in ("alert:a", "alert:b"):
            with pytest.raises(Overloaded, match="locked"), postgres_store.transaction() as shelves:
                shelves.lock(name)
    finally:
        done.set()
        thread.join(10)


def test_many_locks_can_be_asked_for_on_every_store(any_store):
    with any_store.transaction() as shelves:
        shelves.lock_all(["a", "b"])
