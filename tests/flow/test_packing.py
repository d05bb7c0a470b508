from __future__ import annotations

import io
from uuid import UUID, uuid4

import pytest

from nouns import NOON
from tocsin.domain.bag import Bag
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct
from tocsin.evidence.custody import custody_event
from tocsin.flow.packing import HandedOut, bag_of, contents_of, handed_out, packed


@pytest.fixture
def incident_id(story, report) -> UUID:
    story.hear(report())
    for number in range(3):
        story.respond.keep(
            story.incident().incident_id,
            name="a.txt",
            media_type="text/plain",
            content=io.BytesIO(b"%d" % number),
            description="A file",
            exported_by="ada",
            actor="ada",
        )
    return story.incident().incident_id


def a_bag(incident_id: UUID, **given) -> Bag:
    return Bag(
        **{
            "number": 1,
            "incident_id": incident_id,
            "digest": "ab" * 32,
            "archive": "cd" * 32,
            "size": 9,
            "exhibits": (1, 2, 3),
            "recipients": ("age1a", "age1b"),
            "entry_id": uuid4(),
            "packed_at": NOON,
            "packed_by": "ada",
            **given,
        }
    )


def custody(story, act: CustodyAct) -> list[tuple[int, str]]:
    with story.store.reading() as shelves:
        return [(event.exhibit, event.reason) for event in shelves.exhibits.custody((act,))]


def test_what_was_destroyed_is_not_packed(story, incident_id) -> None:
    with story.store.transaction() as shelves:
        gone = custody_event(shelves.exhibits.get(2), CustodyAct.DESTROYED, actor="ada", at=NOON)
        shelves.exhibits.add_custody(gone)
        contents = contents_of(shelves, incident_id)
    assert [each.number for each in contents.exhibits] == [1, 3]
    assert {event.exhibit for event in contents.custody} == {1, 3}


def test_an_incident_without_exhibits_is_not_packed(story, report) -> None:
    story.hear(report())
    incident = story.incident()
    with pytest.raises(NotFound, match="no exhibit to pack"), story.store.reading() as shelves:
        contents_of(shelves, incident.incident_id)


@pytest.mark.parametrize(
    ("recipients", "told"), [(("age1a", "age1b"), "encrypted to 2 recipients"), ((), "not encrypted")]
)
def test_a_bag_stands_in_the_log_with_its_digest(story, incident_id, recipients, told) -> None:
    with story.store.transaction() as shelves:
        bag = packed(shelves, a_bag(incident_id, recipients=recipients))
        assert bag_of(shelves, 1) == bag
    entry = story.log()[-1]
    assert (entry.entry_id, entry.facts["digest"], entry.facts["exhibits"]) == (
        bag.entry_id,
        "ab" * 32,
        "1-3",
    )
    assert told in story.timeline()[-1].text
    assert custody(story, CustodyAct.COPIED) == [(number, "Copied into BAG-1.") for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("to", "act", "reason"),
    [("", CustodyAct.EXPORTED, "review"), ("Police", CustodyAct.RELEASED, "To Police: review")],
)
def test_what_is_handed_out_is_custody_of_each_exhibit(story, incident_id, to, act, reason) -> None:
    told = HandedOut(actor="ben", at=NOON, reason="review", released_to=to)
    with story.store.transaction() as shelves:
        handed_out(shelves, "BAG-1", (1, 3), "ab" * 32, told)
    assert custody(story, act) == [(1, reason), (3, reason)]
    assert story.log()[-1].facts.get("released_to", "") == to


def test_a_bag_that_is_not_there_is_said(story) -> None:
    with pytest.raises(NotFound, match="BAG-7"), story.store.reading() as shelves:
        bag_of(shelves, 7)
