"""Three processes on one database: one is killed or stopped, and the others go on; the whole is in proofs."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes import House, furnished, nursery
from receiver import Receiver, receiving
from served import wait_for

LEASE_S = 2


@pytest.fixture
def house(postgres_url: str, tmp_path: Path) -> Iterator[House]:
    """Return three servers on one PostgreSQL, started, with a short lease."""
    with receiving() as receiver, nursery(receiver.url) as (brood, template):
        built = furnished(tmp_path / "home", brood, template, receiver, 3, postgres_url)
        for node in built.nodes:
            node.settings["TOCSIN_LEASE_SECONDS"] = str(LEASE_S)
        built.start()
        yield built
        built.close()


@pytest.mark.parametrize("ends", [True, False], ids=["killed", "stopped"])
def test_what_a_process_holds_is_sent_by_another_and_never_by_the_one_that_comes_back(
    house: House, ends: bool
) -> None:
    victim, receiver = house.nodes[0], house.receiver
    assert victim.process is not None
    with house.under_load(senders=2):
        wait_for(lambda: len(house.accepted) >= 3, 20, "some alerts accepted")
        victim.process.send_signal(signal.SIGKILL if ends else signal.SIGSTOP)
        time.sleep(0.3)
    house.adopt_unanswered()
    wait_for(lambda: not house.missing() and house.is_at_rest(), LEASE_S + 8, "all pages sent by the others")
    _no_page_came_more_than_twice(receiver)
    before = receiver.keys()
    if not ends:
        victim.process.send_signal(signal.SIGCONT)
        wait_for(lambda: victim.is_up(), 10, "the one that comes back")
        # Its loops take a turn within a second.
        time.sleep(1.2)
        assert {key: count for key, count in receiver.keys().items() if key in before} == before


def _no_page_came_more_than_twice(receiver: Receiver) -> None:
    assert max(receiver.keys().values()) <= 2
    names = {str(page.message["subject"]) for page in receiver.pages()}
    assert len(receiver.keys()) == len(names)
