from __future__ import annotations

from uuid import uuid4

from nouns import INCIDENT, NOON, an_exhibit
from tocsin.audit.sealing import Seal
from tocsin.cli.evidence_records import bag_record, exhibit_record, hold_record
from tocsin.domain.bag import Bag, LegalHold


class AllSealed:
    def of(self, exhibit) -> Seal:
        return Seal.SEALED


def test_an_exhibit_tells_its_object_its_gap_and_its_seal() -> None:
    told = exhibit_record(an_exhibit(of="task-1", gap="AccessDenied"), "INC-1", AllSealed())
    assert (told["of"], told["gap"], told["sealed"], told["encrypted"]) == (
        "task-1",
        "AccessDenied",
        "sealed",
        False,
    )


def test_a_bag_tells_how_many_can_read_it_and_no_key() -> None:
    bag = Bag(
        number=1,
        incident_id=INCIDENT,
        digest="ab" * 32,
        archive="cd" * 32,
        size=9,
        exhibits=(1, 2),
        recipients=("age1a", "age1b"),
        entry_id=uuid4(),
        packed_at=NOON,
        packed_by="ada",
    )
    told = bag_record(bag, "INC-1")
    assert (told["id"], told["exhibits"], told["recipients"]) == ("BAG-1", 2, 2)


def test_a_hold_of_every_incident_names_none() -> None:
    hold = LegalHold(number=3, incident_id=None, reason="court", held_by="ada", held_at=NOON)
    assert (hold_record(hold, "")["id"], hold_record(hold, "")["incident"]) == ("LH-3", None)
