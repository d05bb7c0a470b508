from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nouns import NOON
from tocsin.audit.attendance import Attendance, written
from tocsin.audit.checkpoint import Head, body
from tocsin.audit.cosignature import ED25519_COSIGNATURE, CosignerKey, cosign, with_cosignatures
from tocsin.audit.merkle import leaf_hash, root_of
from tocsin.audit.note import NoteSignature, VerifierKey, format_note
from tocsin.audit.policy import Policy, Witness
from tocsin.audit.sealing import Seal
from tocsin.domain.entry import Checkpoint
from tocsin.flow.sealing import QUORUM, Sealing, attendance_in

LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
LOG_KEY = VerifierKey("tocsin.example/audit", LOG.public_key().public_bytes_raw())
SEEN = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
SEEN_KEY = CosignerKey("w1", ED25519_COSIGNATURE, SEEN.public_key().public_bytes_raw())
POLICY = Policy(witnesses=(Witness("w", SEEN_KEY),), quorum="w").with_log(LOG_KEY)
LATER = NOON + timedelta(minutes=1)


def checkpoint(size: int) -> Checkpoint:
    root = root_of([leaf_hash(b"%d" % number) for number in range(size)])
    text = body(Head(LOG_KEY.name, size, root))
    line = NoteSignature(LOG_KEY.name, LOG_KEY.key_id, LOG.sign(text.encode()))
    return Checkpoint(
        origin=LOG_KEY.name, size=size, root=root, note=format_note(text, [line]), signed_at=NOON
    )


def seen(given: Checkpoint) -> Checkpoint:
    text = given.note.partition("\n\n")[0] + "\n"
    return replace(given, note=with_cosignatures(given.note, [cosign(text, SEEN_KEY, SEEN.sign, 7)]))


@pytest.fixture
def entries(memory_store) -> list[UUID]:
    ids = [uuid4() for _ in range(12)]
    with memory_store.transaction() as shelves:
        for entry_id in ids:
            shelves.log.append(entry_id, b"entry")
        shelves.log.sequence(11)
    return ids


def test_an_entry_without_index_or_head_is_not_sealed(memory_store, entries) -> None:
    sealing = Sealing(POLICY)
    with memory_store.reading() as shelves:
        assert [sealing.state(shelves, each, LATER) for each in (entries[0], entries[11], uuid4())] == [
            Seal.NONE
        ] * 3


def test_a_quorum_seals_and_a_minute_without_it_is_marked(memory_store, entries) -> None:
    with memory_store.transaction() as shelves:
        for each in (checkpoint(3), seen(checkpoint(3)), checkpoint(5)):
            shelves.log.add_checkpoint(each)
    with memory_store.reading() as shelves:
        states = [Sealing(POLICY).state(shelves, entries[index], NOON) for index in (2, 4, 5)]
        later = [Sealing(POLICY).state(shelves, entries[index], LATER) for index in (2, 4, 5)]
    assert states == [Seal.SEALED, Seal.NONE, Seal.NONE]
    assert later == [Seal.SEALED, Seal.AWAITING, Seal.NONE]


def test_a_quorum_that_came_many_heads_later_is_found(memory_store, entries) -> None:
    with memory_store.transaction() as shelves:
        for size in range(1, 11):
            shelves.log.add_checkpoint(checkpoint(size))
        shelves.log.add_checkpoint(seen(checkpoint(10)))
        shelves.log.add_checkpoint(checkpoint(11))
    with memory_store.transaction() as shelves:
        assert Sealing(POLICY).state(shelves, entries[0], NOON) is Seal.NONE
        shelves.marks.keep(QUORUM, {"1": written(Attendance(size=10))}, NOON)
        assert attendance_in(shelves, 1).size == 10
        assert Sealing(POLICY).state(shelves, entries[0], NOON) is Seal.SEALED
