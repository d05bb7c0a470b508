"""Who sent samples is remembered once, within bounds, until it is asked for."""

from __future__ import annotations

from datetime import timedelta

from nouns import NOON
from tocsin.app import tally as tally_module
from tocsin.app.tally import Tally
from tocsin.domain.sample import Sample


def sample(**labels: str) -> Sample:
    return Sample(tuple(sorted({"__name__": "up", **labels}.items())), 0, 1.0)


def test_the_last_time_of_each_job_is_handed_over_once() -> None:
    tally = Tally()
    tally.note([sample(job="shop"), sample(job="idp"), sample()], NOON)
    tally.note([sample(job="shop")], NOON + timedelta(seconds=9))
    assert tally.drain() == {"shop": NOON + timedelta(seconds=9), "idp": NOON}
    assert tally.drain() == {}


def test_endless_new_jobs_do_not_fill_the_memory(monkeypatch) -> None:
    monkeypatch.setattr(tally_module, "MOST_JOBS", 2)
    tally = Tally()
    tally.note([sample(job=f"job-{n}") for n in range(9)], NOON)
    assert len(tally.drain()) == 2
