"""One kill at each point that only a loaded server passes quickly; the whole is proofs/kill_sweep.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import mortal
from brood import Brood
from nodes import PAGED_ONCE, PAGED_TWICE, TOLD_IN_GROUPS, House, furnished, nursery
from receiver import Receiver, receiving
from served import wait_for

ALERTS = 3


@pytest.fixture(scope="module")
def all_received() -> Iterator[Receiver]:
    with receiving() as told:
        yield told


@pytest.fixture(scope="module")
def born(all_received: Receiver) -> Iterator[tuple[Brood, Path]]:
    """Return the parent of all servers of this file, and their first home."""
    with nursery(all_received.url) as parent:
        yield parent


@pytest.fixture
def house(born: tuple[Brood, Path], all_received: Receiver, tmp_path: Path) -> Iterator[House]:
    """Return one server on a home folder of its own, not started yet."""
    all_received.posted.clear()
    built = furnished(tmp_path / "home", *born, all_received, 1)
    yield built
    built.close()


@pytest.mark.parametrize(
    ("point", "labels"),
    [
        (mortal.AFTER_STEP_COMMIT, PAGED_TWICE),
        (mortal.AFTER_LEASE, PAGED_ONCE),
        (mortal.AFTER_MARK, PAGED_ONCE),
        (mortal.DURING_MIGRATION, PAGED_ONCE),
        (mortal.DURING_APPEND, PAGED_ONCE),
        (mortal.DURING_SEAL, PAGED_ONCE),
        (mortal.AFTER_GROUPED, TOLD_IN_GROUPS),
        (mortal.AFTER_FLUSH, TOLD_IN_GROUPS),
        (mortal.AFTER_TOLD, TOLD_IN_GROUPS),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_nothing_that_was_accepted_is_lost_to_a_kill(
    house: House, point: str, labels: dict[str, str]
) -> None:
    (node,) = house.nodes
    node.point, house.labels = point, labels
    house.start()
    if point == mortal.DURING_MIGRATION:
        _kill_in_a_migration(house)
    else:
        node.armed.write_text("before")
        with house.under_load(senders=1, pause_s=0.02):
            wait_for(lambda: not node.is_alive, 20, f"the server dead {point}")
        node.armed.unlink()
    house.adopt_unanswered()
    house.start()
    with house.under_load(senders=1, pause_s=0.02):
        wait_for(lambda: len(house.accepted) >= ALERTS, 20, "some alerts accepted")
    wait_for(lambda: not house.missing() and house.is_at_rest(), 20, "all of them told")
    keys = [posted.key for _, posted in house.came()]
    assert max(keys.count(key) for key in keys) <= 2
    assert len({(name, posted.key) for name, posted in house.came()}) == len(house.wanted())


def _kill_in_a_migration(house: House) -> None:
    """Stop a server under load, and kill the one that begins to migrate its database."""
    (node,) = house.nodes
    with house.under_load(senders=1, pause_s=0.02):
        wait_for(lambda: len(house.accepted) >= ALERTS, 20, "some alerts accepted")
        node.kill()
    node.armed.with_name("probes").write_text("1")
    node.armed.touch()
    node.launch()
    wait_for(lambda: not node.is_alive, 20, "the server dead in its migration")
    node.armed.unlink()
