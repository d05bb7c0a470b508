from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from nouns import NOON, an_exhibit
from tocsin.app.exhibit_seals import seals_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit.checkpoint import signed
from tocsin.audit.merkle import root_of
from tocsin.audit.sealing import Seal
from tocsin.domain.clock import PushedClock


def test_an_exhibit_is_sealed_once_its_entry_is_under_a_signed_head(tmp_path: Path, memory_store) -> None:
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=memory_store)
    exhibit = an_exhibit(entry_id=uuid4())
    with app.store.transaction() as shelves:
        shelves.log.append(exhibit.entry_id, b"{}")
        assert seals_of(app, shelves).of(exhibit) is Seal.NONE
        shelves.log.sequence()
        hashes = [leaf.leaf_hash for leaf in shelves.log.leaves(0, shelves.log.size())]
        assert seals_of(app, shelves).of(exhibit) is Seal.NONE
        shelves.log.add_checkpoint(signed(len(hashes), root_of(hashes), app.signer, NOON))
        assert seals_of(app, shelves).of(exhibit) is Seal.SEALED
        assert seals_of(app, shelves).of(an_exhibit(entry_id=None)) is Seal.NONE
