from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nouns import NOON
from signed_log import id_of, last_head, sealed_entries
from tocsin.app.cosigning import cosign_of, policy_of, tiles_of
from tocsin.app.entry_proofs import proof_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit.cosignature import ED25519_COSIGNATURE, CosignerKey, cosign
from tocsin.audit.policy import QuorumMissing
from tocsin.audit.proof import ProofRefused, check_by_policy
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound

SEEN = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
SEEN_KEY = CosignerKey("w1", ED25519_COSIGNATURE, SEEN.public_key().public_bytes_raw())


@pytest.fixture
def app_with(tmp_path, memory_store):
    def make(policy: str = "quorum none\n"):
        (tmp_path / "policy.txt").write_text(policy, encoding="utf-8")
        settings = load_settings({"TOCSIN_LOG_POLICY": "policy.txt"}, home=tmp_path)
        return build_app(settings, clock=PushedClock(NOON), store=memory_store)

    return make


def test_each_entry_is_proven_from_all_entries_and_from_tiles(app_with) -> None:
    app = app_with()
    leaves = sealed_entries(app, 20)
    without = [proof_of(app, str(leaf.index)) for leaf in leaves]
    tiles_of(app).grown(1, last_head(app))
    assert [proof_of(app, str(id_of(leaf))) for leaf in leaves] == without
    for leaf, proof in zip(leaves, without, strict=True):
        assert (proof.index, proof.content, proof.size) == (leaf.index, leaf.content, len(leaves))
        assert check_by_policy(proof.text, leaf.content, policy_of(app)).is_quorate


@pytest.mark.parametrize(
    "entry", ["20", "EX-1", "EX-x", "x", "00000000-0000-0000-0000-000000000009", "\u0661"]
)
def test_what_is_no_entry_is_not_proven(app_with, entry) -> None:
    app = app_with()
    sealed_entries(app, 20)
    with pytest.raises(NotFound):
        proof_of(app, entry)


def test_an_entry_under_no_head_yet_is_said(app_with) -> None:
    app = app_with()
    sealed_entries(app)
    with app.store.transaction() as shelves:
        shelves.log.append(UUID(int=1), b"entry")
        shelves.log.sequence()
    with pytest.raises(NotFound, match="not under a signed head"):
        proof_of(app, "1")


def test_the_head_of_a_proof_is_one_that_the_quorum_saw(app_with) -> None:
    app = app_with(f"witness w {SEEN_KEY.text}\nquorum w\n")
    sealed_entries(app, 3)
    with pytest.raises(QuorumMissing):
        proof_of(app, "1")
    seen, chapter = last_head(app), cosign_of(app)
    chapter.keep(seen, [cosign(seen.note.partition("\n\n")[0] + "\n", SEEN_KEY, SEEN.sign, 7)])
    chapter.look()
    sealed_entries(app, 3)
    proof = proof_of(app, "1")
    assert proof.size == seen.size
    assert dict(check_by_policy(proof.text, proof.content, policy_of(app)).times_s) == {"w": 7}


def test_a_log_that_was_changed_is_not_proven(app_with) -> None:
    app = app_with()
    sealed_entries(app, 20)
    with app.store.transaction() as shelves:
        kept = shelves.log._tables.leaves
        kept[3] = replace(kept[3], content=b"changed")
    with pytest.raises(ProofRefused):
        proof_of(app, "3")
