from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signed_log import last_head, sealed_entries
from tocsin.app.cosigning import cosign_of, tiles_at, tiles_of
from tocsin.audit.cosignature import ED25519_COSIGNATURE, CosignerKey, cosign
from tocsin.audit.growth import LogForked
from tocsin.audit.policy import Witness
from tocsin.worker.publishing import REST_S, Publishing

SEEN = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
SEEN_KEY = CosignerKey("w1", ED25519_COSIGNATURE, SEEN.public_key().public_bytes_raw())


@pytest.fixture
def publishing(app) -> Publishing:
    return Publishing(app.store, app.clock, cosign_of(app), tiles_of(app).grown)


def test_tiles_come_before_the_head_that_needs_them(app, publishing) -> None:
    folder = tiles_at(app.settings.home, 1)
    assert publishing.round() == REST_S
    assert folder.published() is None
    for count in (3, 300):
        sealed_entries(app, count)
        publishing.round()
        last = last_head(app)
        assert folder.published() == last.note
        assert len(folder.inclusion(2, last.size)) > 0


def test_a_head_waits_a_minute_for_its_quorum(app, publishing, clock) -> None:
    chapter = publishing.chapter
    policy = replace(chapter.policy, witnesses=(Witness("w", SEEN_KEY),), quorum="w")
    waiting = replace(publishing, chapter=replace(chapter, policy=policy))
    folder = tiles_at(app.settings.home, 1)
    sealed_entries(app)
    waiting.chapter.look()
    waiting.round()
    assert folder.published() is None
    clock.push(timedelta(seconds=60))
    waiting.round()
    assert folder.published() == last_head(app).note
    sealed_entries(app)
    last = last_head(app)
    line = cosign(last.note.partition("\n\n")[0] + "\n", SEEN_KEY, SEEN.sign, 7)
    waiting.chapter.keep(last, [line])
    waiting.chapter.look()
    waiting.round()
    assert folder.published() == last_head(app).note
    assert "w1" in (folder.published() or "")


def test_a_head_that_is_not_of_the_entries_is_not_published(app, publishing) -> None:
    sealed_entries(app, 3)
    last = last_head(app)
    with app.store.transaction() as shelves:
        shelves.log.add_checkpoint(replace(last, root=b"r" * 32))
    with pytest.raises(LogForked):
        publishing.round()
    assert tiles_at(app.settings.home, 1).published() is None
