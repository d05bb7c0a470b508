from __future__ import annotations

import io
import json
from pathlib import Path

import pyrage
import pytest

from nouns import NOON
from tocsin.app.bagging import bagging_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.checkpoint import signed
from tocsin.audit.merkle import root_of
from tocsin.audit.note import parse_vkey
from tocsin.audit.proof import check_proof
from tocsin.domain.alert import AlertReport
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct
from tocsin.evidence.custody import ExhibitChanged
from tocsin.evidence.holds import HoldReasonMissing
from tocsin.store.age import decrypt
from tocsin.store.bags import checked, unpacked

CASE, ESCROW = (pyrage.x25519.Identity.generate() for _ in range(2))
BOTH = f"{CASE.to_public()}, {ESCROW.to_public()}"


def application(home: Path, store, **environ: str) -> App:
    app = build_app(load_settings(environ, home=home), clock=PushedClock(NOON), store=store)
    arrival = app.hearing._arrival("alertmanager.api", "prometheus", b"[]", "test")
    app.take.alerts(arrival, [AlertReport(source="prometheus", labels={"alertname": "A"})])
    for number in (1, 2):
        keep(app, f"dump {number}".encode())
    return app


def incident_id(app: App):
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(1).incident_id


def keep(app: App, content: bytes):
    return app.respond.keep(
        incident_id(app),
        name="dump.txt",
        media_type="text/plain",
        content=io.BytesIO(content),
        description="A dump",
        exported_by="ada",
        actor="ada",
    )


def seal(app: App) -> None:
    """Give what waits its index, and sign the head."""
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        hashes = [leaf.leaf_hash for leaf in shelves.log.leaves(0, shelves.log.size())]
        checkpoint = signed(len(hashes), root_of(hashes), app.signer, app.clock.now())
        shelves.log.add_checkpoint(checkpoint)


def custody(app: App, act: CustodyAct):
    with app.store.reading() as shelves:
        return [(event.exhibit, event.actor, event.reason) for event in shelves.exhibits.custody((act,))]


@pytest.fixture
def app(tmp_path: Path, memory_store) -> App:
    return application(tmp_path / "home", memory_store)


def test_a_bag_holds_every_exhibit_and_its_digest_stands_in_the_log(app: App) -> None:
    bag = bagging_of(app).pack(incident_id(app), "ada")
    assert (bag.short_name, bag.exhibits, bag.recipients) == ("BAG-1", (1, 2), ())
    _, archive = bagging_of(app).open(1, "ben", "for the review")
    with unpacked(archive) as folder:
        found = checked(folder)
        assert (folder / "data" / "EX-2-dump.txt").read_bytes() == b"dump 2"
        acts = [json.loads(line)["act"] for line in (folder / "custody.jsonl").read_bytes().splitlines()]
    assert (found.faults, found.digest) == ((), bag.digest)
    assert acts == ["collected", "collected"]
    assert found.tags["External-Identifier"] == "INC-1"
    assert found.tags["Trust-Level"] == "L0"
    assert found.tags["Detection-Window"].startswith("unbounded")
    assert custody(app, CustodyAct.COPIED) == [(n, "ada", "Copied into BAG-1.") for n in (1, 2)]
    assert custody(app, CustodyAct.EXPORTED) == [(n, "ben", "for the review") for n in (1, 2)]
    assert app.proving.disagreements().exhibits == ()


def test_with_recipients_the_archive_is_encrypted_to_both(tmp_path: Path, memory_store) -> None:
    app = application(tmp_path / "home", memory_store, TOCSIN_EVIDENCE_RECIPIENTS=BOTH)
    bag = bagging_of(app).pack(incident_id(app), "ada")
    with app.locker.open(bag.archive) as kept:
        sealed = kept.read()
    assert len(bag.recipients) == 2
    assert b"dump 1" not in sealed
    for identity in (CASE, ESCROW):
        plain = io.BytesIO()
        decrypt(io.BytesIO(sealed), plain, str(identity))
        plain.seek(0)
        with unpacked(plain) as folder:
            assert checked(folder).digest == bag.digest


def _change(app: App, number: int) -> None:
    with app.store.reading() as shelves:
        digest = shelves.exhibits.get(number).digest
    path = app.locker._path(digest)
    path.chmod(0o644)
    path.write_bytes(b"eve was")


def test_a_changed_exhibit_is_named_and_the_rest_is_packed(app: App) -> None:
    _change(app, 1)
    bag = bagging_of(app).pack(incident_id(app), "ada")
    assert (bag.exhibits, len(bag.left_out)) == ((2,), 1)
    assert "EX-1 (dump.txt) was changed" in bag.left_out[0]
    with app.store.reading() as shelves:
        assert shelves.bags.get(1) == bag
        assert "not in it: EX-1" in shelves.timeline.of_incident(bag.incident_id)[-1].text
    _, archive = bagging_of(app).open(1, "ben", "for the review")
    with unpacked(archive) as folder:
        found = checked(folder)
    assert (found.faults, found.files) == ((), 1)
    assert "EX-1 (dump.txt) was changed" in found.tags["Not-Packed"]


def test_where_nothing_is_as_kept_no_bag_is_made(app: App) -> None:
    for number in (1, 2):
        _change(app, number)
    incident = incident_id(app)
    with pytest.raises(ExhibitChanged):
        bagging_of(app).pack(incident, "ada")
    with app.store.reading() as shelves:
        assert shelves.bags.of_incident(incident) == ()


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_an_archive_that_is_not_as_packed_is_not_handed_out(app: App, how: str) -> None:
    bag = bagging_of(app).pack(incident_id(app), "ada")
    path = app.locker._path(bag.archive)
    path.chmod(0o644)
    path.write_bytes(b"x") if how == "changed" else path.unlink()
    with pytest.raises(NotFound, match="BAG-1 is no longer"):
        bagging_of(app).open(1, "ben", "for the review")


def test_custody_passes_to_who_is_named(app: App) -> None:
    bagging_of(app).open_exhibit(1, "ben", "order 4711", "Police\nBerlin")
    assert custody(app, CustodyAct.RELEASED) == [(1, "ben", "To Police Berlin: order 4711")]
    assert custody(app, CustodyAct.EXPORTED) == []
    assert app.proving.disagreements().exhibits == ()


def test_nothing_is_handed_out_without_a_reason_or_a_bag(app: App) -> None:
    bagging = bagging_of(app)
    with pytest.raises(HoldReasonMissing):
        bagging.open_exhibit(1, "ben", " ")
    with pytest.raises(NotFound, match="BAG-9"):
        bagging.open(9, "ben", "why not")


def test_proofs_lie_in_the_bag_and_that_of_the_bag_itself_comes_once_it_is_sealed(app: App) -> None:
    seal(app)
    bag = bagging_of(app).pack(incident_id(app), "ada")
    assert bagging_of(app).proof(bag) == {}
    seal(app)
    key = parse_vkey(app.signer.verifier_key)
    found = bagging_of(app).proof(bag)
    head = check_proof(found["BAG-1.tlog-proof"].decode(), found["BAG-1.entry"], key)
    assert bag.digest.encode() in found["BAG-1.entry"]
    _, archive = bagging_of(app).open(1, "ben", "for the review")
    with unpacked(archive) as folder:
        for number in (1, 2):
            proof = (folder / "proofs" / f"EX-{number}.tlog-proof").read_text()
            entry = (folder / "proofs" / f"EX-{number}.entry").read_bytes()
            assert check_proof(proof, entry, key).size < head.size
        assert checked(folder).faults == ()
