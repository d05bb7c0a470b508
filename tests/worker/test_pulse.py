"""The outside hears of us only while everything works: a round of work done, nothing late, room to write."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from http_partner import HttpPartner, http_partner
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.domain.errors import Overloaded
from tocsin.domain.job import Job
from tocsin.store.memory import MemoryStore
from tocsin.worker.kernel import Kernel, Lane
from tocsin.worker.pulse import PULSE, Pulse, transition, unwritable

MINUTE = timedelta(seconds=60)


@pytest.fixture
def outside():
    with http_partner(HttpPartner()) as partner:
        yield partner


@pytest.fixture
def pulse(memory_store, clock, outside, tmp_path) -> Pulse:
    url = Secret(f"{outside.url}ping/secret-uuid")
    return Pulse(memory_store, clock, url, tmp_path, outbound=Outbound(time_limit_s=20))


@pytest.fixture
def kernel(memory_store, clock) -> Kernel:
    return Kernel(memory_store, clock, [Lane({PULSE: transition()})], owner="us")


def minutes(number: int, pulse: Pulse, kernel: Kernel | None) -> None:
    for _ in range(number):
        rested = 0.0
        while rested < 60:
            rest = pulse.round()
            if kernel is not None:
                kernel.run_due()
            pulse.clock.push(timedelta(seconds=rest))  # type: ignore[attr-defined]
            rested += rest


def test_the_outside_hears_of_us_once_a_minute_after_a_round_of_work(pulse, kernel, outside) -> None:
    minutes(5, pulse, kernel)
    assert [(got.method, got.path) for got in outside.received] == [("GET", "/ping/secret-uuid")] * 5


def test_it_hears_nothing_while_nobody_works(pulse, kernel, outside, caplog) -> None:
    minutes(3, pulse, None)
    assert outside.received == []
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert warnings == [
        "no sign of life is sent: the round of work that was asked for was not done within a minute"
    ]
    minutes(2, pulse, kernel)
    assert outside.received


def test_it_hears_nothing_while_work_is_overdue(pulse, kernel, outside, memory_store) -> None:
    with memory_store.transaction() as shelves:
        shelves.jobs.put(Job(kind="deliver.slack", key="late", run_at=pulse.clock.now() - MINUTE))
    minutes(2, pulse, kernel)
    assert outside.received == []
    with memory_store.transaction() as shelves:
        shelves.jobs.drop("late")
    minutes(1, pulse, kernel)
    assert len(outside.received) == 1


def test_it_hears_nothing_while_the_database_takes_nothing(pulse, kernel, outside, monkeypatch) -> None:
    minutes(1, pulse, kernel)

    def locked(self: Any) -> None:
        raise Overloaded("The database is locked.", means="Nothing was kept.", next_step="Wait.")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryStore, "transaction", locked)
        for _ in range(5):
            with pytest.raises(Overloaded):
                pulse.round()
            pulse.clock.push(MINUTE)
    assert len(outside.received) == 1
    minutes(2, pulse, kernel)
    assert len(outside.received) > 1


def test_it_hears_nothing_while_the_disk_is_full(pulse, kernel, outside, monkeypatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        minutes(2, pulse, kernel)
    assert outside.received == []


def test_an_answer_that_is_no_yes_is_told_without_the_secret(pulse, kernel, outside, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    outside.reply = lambda got: (404, {}, b"")
    minutes(1, pulse, kernel)
    pulse.url = Secret("http://127.0.0.1:1/ping/secret-uuid")
    minutes(1, pulse, kernel)
    told = " ".join(each.getMessage() for each in caplog.records if each.name.startswith("tocsin"))
    assert "answered 404" in told
    assert "127.0.0.1 cannot be reached" in told
    assert "secret-uuid" not in told + repr(pulse)


def test_a_folder_that_takes_nothing_says_why(tmp_path: Path) -> None:
    assert unwritable(tmp_path) == ""
    assert "No such file" in unwritable(tmp_path / "gone")
