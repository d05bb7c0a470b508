"""Each place is probed once and given what is due; its proof lies in the home; a failure stops no other."""

from __future__ import annotations

from datetime import timedelta

from nouns import NOON, a_checkpoint
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.anchoring import Anchored
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.flow.anchor import Anchoring, all_held
from tocsin.worker.anchoring import REST_S, Anchors


class Place:
    def __init__(self, name, proof=b"", *, away=False):
        self.name = name
        self.proof = proof
        self.away = away
        self.asked = []

    def probe(self):
        self.asked.append("probe")
        return "refused to delete"

    def keep(self, origin, size, note):
        self.asked.append(size)
        if self.away:
            raise DeliveryFailed(FailureKind.RETRY_LATER, "no answer")
        return Anchored(f"{self.name} {size}", self.proof, NOON)


def test_each_place_gets_the_head_and_its_proof_is_kept(memory_store, tmp_path, caplog):
    chapter = Anchoring(memory_store, PushedClock(NOON), timedelta(hours=1))
    away, stamp = Place("bucket", away=True), Place("stamp", b"tsr")
    anchors = Anchors(chapter, (away, stamp), tmp_path / "anchors")
    head = a_checkpoint(size=3)
    with memory_store.transaction() as shelves:
        shelves.log.add_checkpoint(head)
    assert anchors.round() == REST_S
    anchors.round()
    assert away.asked == ["probe", 3, 3]
    assert stamp.asked == ["probe", 3]
    assert "could not be kept by bucket: no answer" in caplog.text
    with memory_store.reading() as shelves:
        held = all_held(shelves)
    assert (held["bucket"].size, held["bucket"].failure) == (0, "retry later: no answer")
    assert (held["stamp"].size, held["stamp"].probed) == (3, "refused to delete")
    kept = {
        path.name.partition("-")[2].lstrip("0"): path.read_bytes()
        for path in (tmp_path / "anchors").iterdir()
    }
    assert kept == {"3.checkpoint": head.note.encode(), "3.stamp.tsr": b"tsr"}
