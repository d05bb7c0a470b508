"""A place outside is given a head when it has an older one, not more often than asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON, a_checkpoint
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.anchoring import Anchored
from tocsin.flow.anchor import Anchoring, all_held, held_in

PLACE = "locked-bucket"


@pytest.fixture
def chapter(any_store):
    return Anchoring(any_store, PushedClock(NOON), timedelta(hours=1))


def sign(chapter, size):
    with chapter.store.transaction() as shelves:
        shelves.log.add_checkpoint(a_checkpoint(size=size))


def keep(chapter):
    number, head = chapter.due(PLACE)
    chapter.kept(PLACE, number, head, Anchored("s3://b/1", b"proof", chapter.clock.now()))
    return head


def test_nothing_is_due_before_there_is_a_head(chapter):
    assert chapter.due(PLACE) is None


def test_a_head_is_kept_once_and_a_new_one_after_the_time(chapter):
    sign(chapter, 3)
    assert keep(chapter).size == 3
    assert chapter.due(PLACE) is None
    sign(chapter, 9)
    assert chapter.due(PLACE) is None
    chapter.clock.push(timedelta(hours=1))
    assert keep(chapter).size == 9
    with chapter.store.reading() as shelves:
        held = held_in(shelves, PLACE)
        assert (held.size, held.reference, held.failure) == (9, "s3://b/1", "")
        assert list(all_held(shelves)) == [PLACE]


def test_each_head_that_is_kept_stands_in_the_log(chapter):
    sign(chapter, 3)
    head = keep(chapter)
    with chapter.store.reading() as shelves:
        (content,) = shelves.log.waiting_contents()
    entry = decode(content)
    assert (entry.kind, entry.facts["place"], entry.facts["size"]) == ("log.anchored", PLACE, "3")
    assert entry.facts["root"] == head.root.hex()
    assert len(entry.facts["proof"]) == 64


def test_a_failure_and_a_probe_are_remembered_and_what_is_held_stays(chapter):
    sign(chapter, 3)
    chapter.probed(PLACE, "refused to delete")
    keep(chapter)
    chapter.failed(PLACE, "S3 did not answer")
    with chapter.store.reading() as shelves:
        held = held_in(shelves, PLACE)
    assert (held.size, held.failure, held.probed) == (3, "S3 did not answer", "refused to delete")


def test_a_clock_that_was_set_back_does_not_stop_it(chapter):
    sign(chapter, 3)
    keep(chapter)
    sign(chapter, 9)
    chapter.clock.push(timedelta(hours=-3))
    assert chapter.due(PLACE) is not None
