from __future__ import annotations

import pytest

from nouns import NOON
from signed_log import id_of, last_head, sealed_entries
from tocsin.app.cosigning import (
    cosign_of,
    policy_of,
    sealing_of,
    tiles_at,
    tiles_of,
    witnesses_of,
)
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit.policy import PolicyRefused
from tocsin.audit.sealing import Seal
from tocsin.audit.tiles import entries_of
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured

W1 = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"


@pytest.fixture
def app_with(tmp_path, memory_store):
    def make(policy: str = ""):
        (tmp_path / "policy.txt").write_text(policy, encoding="utf-8")
        settings = {"TOCSIN_LOG_POLICY": "policy.txt"} if policy else {}
        return build_app(load_settings(settings, home=tmp_path), clock=PushedClock(NOON), store=memory_store)

    return make


def test_without_a_policy_our_own_signature_seals(app_with) -> None:
    app = app_with()
    policy = policy_of(app)
    ours, successor = app.signer.origin, f"{app.signer.origin}/2"
    assert [line.key.name for line in policy.logs] == [ours, ours, successor, successor]
    assert witnesses_of(policy) == {}


def test_the_policys_witnesses_with_an_address_are_asked(app_with) -> None:
    app = app_with(f"witness w {W1} https://w1.example/\nquorum w\n")
    chapter = cosign_of(app)
    assert {name: client.url for name, client in witnesses_of(chapter.policy).items()} == {
        "w": "https://w1.example/"
    }
    assert sealing_of(app).policy == chapter.policy


def test_a_policy_that_is_wrong_or_gone_is_said(app_with, tmp_path) -> None:
    app = app_with("quorum nobody\n")
    with pytest.raises(PolicyRefused, match="Line 1"):
        policy_of(app)
    (tmp_path / "policy.txt").unlink()
    with pytest.raises(Misconfigured, match=r"policy\.txt cannot be read"):
        policy_of(app)


def test_tiles_are_complete_for_the_head_that_is_asked_for(app_with) -> None:
    app = app_with()
    entries = sealed_entries(app, 300)
    tiles = tiles_of(app)
    folder = tiles.grown(1, last_head(app))
    assert folder is tiles.grown(1, last_head(app))
    assert entries_of(folder.read("tile/entries/000") or b"")[7] == entries[7].content
    assert (app.settings.home / "log" / "tiles" / "tile" / "0" / "000").exists()
    assert tiles_at(app.settings.home, 2).published() is None


def test_an_entry_is_sealed_by_our_signature_alone(app_with) -> None:
    app = app_with()
    (entry,) = sealed_entries(app)
    with app.store.reading() as shelves:
        assert sealing_of(app).state(shelves, id_of(entry), NOON) is Seal.SEALED
