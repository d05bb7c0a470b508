from __future__ import annotations

from dataclasses import dataclass

import pytest

from nouns import NOON
from tocsin.domain.job import Job
from tocsin.worker.places import PATIENCE_S, Places


@dataclass
class Timer:
    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def timer() -> Timer:
    return Timer()


def job(key: str, attempts: int = 1) -> Job:
    return Job(kind="send", key=key, run_at=NOON, attempts=attempts)


def test_a_lane_has_as_many_places_as_it_is_given_and_no_lane_takes_anothers(timer) -> None:
    places = Places(timer)
    for key in ("a", "b"):
        places.begin(0, job(key))
    assert (places.free(0, 2, 0), places.free(1, 2, 0)) == (0, 2)
    places.end(0, job("a"))
    places.end(1, job("never begun"))
    assert places.free(0, 2, 0) == 1


def test_whoever_drags_on_makes_room_for_as_many_as_are_to_spare(timer) -> None:
    places = Places(timer)
    for key in ("a", "b", "c"):
        places.begin(0, job(key))
    assert places.free(0, 3, 2) == 0
    timer.at += PATIENCE_S
    assert places.free(0, 3, 2) == 2
    assert places.free(0, 3, 0) == 0, "a lane without spare places keeps to its own"
    places.begin(0, job("d"))
    places.begin(0, job("e"))
    assert places.free(0, 3, 2) == 0
    places.end(0, job("d"))
    assert places.free(0, 3, 2) == 1


def test_another_try_of_the_same_job_is_another_one(timer) -> None:
    places = Places(timer)
    places.begin(0, job("a", 1))
    places.begin(0, job("a", 2))
    places.end(0, job("a", 1))
    assert places.free(0, 2, 0) == 1
