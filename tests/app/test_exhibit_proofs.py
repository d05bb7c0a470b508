from __future__ import annotations

from uuid import UUID, uuid4

from nouns import NOON, an_exhibit
from tocsin.app import exhibit_proofs
from tocsin.app.exhibit_proofs import Levels, proofs_of
from tocsin.audit.checkpoint import signed
from tocsin.audit.merkle import leaf_hash, root_of
from tocsin.audit.note import parse_vkey
from tocsin.audit.proof import check_proof
from tocsin.audit.tiles import root_at
from tocsin.store.signer import FileSigner


def _logged(store, count: int, signer: FileSigner | None) -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    with store.transaction() as shelves:
        for entry_id in ids:
            shelves.log.append(entry_id, b"entry of %d" % entry_id.int)
        shelves.log.sequence()
        hashes = [leaf.leaf_hash for leaf in shelves.log.leaves(0, shelves.log.size())]
        if signer is not None:
            shelves.log.add_checkpoint(signed(len(hashes), root_of(hashes), signer, NOON))
    return ids


def test_every_sealed_exhibit_has_a_proof_that_checks_and_others_have_none(memory_store, tmp_path) -> None:
    signer = FileSigner(tmp_path / "log.key", "tocsin.example/audit")
    sealed = _logged(memory_store, 37, signer)
    (later,) = _logged(memory_store, 1, None)
    exhibits = [an_exhibit(number, entry_id=entry_id) for number, entry_id in enumerate(sealed, 1)]
    strangers = [an_exhibit(90, entry_id=later), an_exhibit(91, entry_id=uuid4()), an_exhibit(92)]
    with memory_store.reading() as shelves:
        found = proofs_of(shelves, [*exhibits, *strangers])
    assert len(found) == 2 * len(sealed)
    for exhibit in exhibits:
        proof = found[f"proofs/{exhibit.short_name}.tlog-proof"].decode()
        entry = found[f"proofs/{exhibit.short_name}.entry"]
        assert check_proof(proof, entry, parse_vkey(signer.verifier_key)).size == 37


def test_without_a_signed_head_or_of_a_very_long_log_there_are_no_proofs(
    memory_store, tmp_path, monkeypatch
) -> None:
    (entry_id,) = _logged(memory_store, 1, None)
    exhibit = an_exhibit(entry_id=entry_id)
    with memory_store.reading() as shelves:
        assert proofs_of(shelves, [exhibit]) == {}
    _logged(memory_store, 1, FileSigner(tmp_path / "log.key", "tocsin.example/audit"))
    monkeypatch.setattr(exhibit_proofs, "LONGEST_LOG", 1)
    with memory_store.reading() as shelves:
        assert proofs_of(shelves, [exhibit]) == {}


def test_the_levels_give_the_same_root_as_the_tree() -> None:
    for size in range(1, 70):
        hashes = [leaf_hash(b"%d" % number) for number in range(size)]
        assert root_at(size, Levels(hashes).node_at) == root_of(hashes)
