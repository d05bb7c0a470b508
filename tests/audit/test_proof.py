from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.audit.checkpoint import CheckpointRefused, Head
from tocsin.audit.merkle import inclusion_path
from tocsin.audit.note import NoteRefused
from tocsin.audit.policy import Policy, QuorumMissing, Witness
from tocsin.audit.proof import ProofRefused, check_by_policy, check_proof, format_proof, parse_proof

PUBLISHED = """\
c2sp.org/tlog-proof@v1
index 4
BkFPG6Sqos2I2VI8KqBZxmhuYogyhOM1ap+tl9+15hk=
twd0fosJ36rGfSxIXhIv1/ZKN3lC+V+dsHff086jEnM=
vQBwrL3GeaJM9EYVhBSD+/zBiroArk2+KgxUrybL2fo=

tocsin.example/audit
7
ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=

— tocsin.example/audit 46NvCum6JN/CpLb60yNI18UG1To23KxU2VidEA8X31e06GZRtel4ZZc6\
WJ6TfFJzYiatzTBTbMNIDQXP3OcIBUHuCgI=
"""


def test_the_proof_of_a_published_entry_is_written_as_published(book: Any) -> None:
    path = inclusion_path(4, 7, [leaf.leaf_hash for leaf in book.leaves])
    assert format_proof(4, path, book.checkpoints[1]) == PUBLISHED


def test_a_proof_shows_its_entry_under_the_signed_head(book: Any) -> None:
    expected = Head("tocsin.example/audit", 7, book.checkpoints[1].root)
    assert check_proof(PUBLISHED, b'{"n":4}', book.key) == expected


def test_every_entry_can_be_proven(book: Any) -> None:
    hashes = [leaf.leaf_hash for leaf in book.leaves]
    for checkpoint in book.checkpoints:
        for leaf in book.leaves[: checkpoint.size]:
            text = format_proof(leaf.index, inclusion_path(leaf.index, checkpoint.size, hashes), checkpoint)
            assert check_proof(text, leaf.content, book.key).size == checkpoint.size


def test_a_proof_is_judged_by_a_policy(book: Any, witnesses: Any) -> None:
    witness = witnesses()
    policy = Policy(witnesses=(Witness("w", witness.key),), quorum="w").with_log(book.key)
    proof, _, note = PUBLISHED.partition("\n\n")
    seen = f"{proof}\n\n{witness.cosign(note)}"
    assert dict(check_by_policy(seen, b'{"n":4}', policy).times_s) == {"w": 1_767_225_600}
    with pytest.raises(ProofRefused, match="as entry 4"):
        check_by_policy(seen, b'{"n":5}', policy)
    with pytest.raises(QuorumMissing):
        check_by_policy(PUBLISHED, b'{"n":4}', policy)


def test_an_extra_line_is_not_trusted_and_not_in_the_way(book: Any) -> None:
    text = PUBLISHED.replace("index 4", f"extra {b64encode(b'anything').decode()}\nindex 4")
    assert parse_proof(text) == parse_proof(PUBLISHED)


def test_a_proof_of_another_entry_is_refused(book: Any) -> None:
    with pytest.raises(ProofRefused, match="as entry 4"):
        check_proof(PUBLISHED, b'{"n":5}', book.key)


def test_a_proof_under_another_key_is_refused(book: Any, eve: Any) -> None:
    path = inclusion_path(4, 7, [leaf.leaf_hash for leaf in book.leaves])
    text = format_proof(4, path, type(book)(eve, book.leaves, ()).signed_at(7))
    with pytest.raises(NoteRefused):
        check_proof(text, b'{"n":4}', book.key)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(PUBLISHED) - 1), character=st.characters())
def test_any_changed_character_is_refused(book: Any, at: int, character: str) -> None:
    changed = PUBLISHED[:at] + character + PUBLISHED[at + 1 :]
    if changed != PUBLISHED:
        with pytest.raises((ProofRefused, NoteRefused, CheckpointRefused)):
            check_proof(changed, b'{"n":4}', book.key)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "begin with", id="nothing"),
        pytest.param(PUBLISHED.replace("@v1", "@v2"), "begin with", id="another version"),
        pytest.param("c2sp.org/tlog-proof@v1\nindex 4\n", "begin with", id="no checkpoint"),
        pytest.param("c2sp.org/tlog-proof@v1\n\nnote", "index", id="no index"),
        pytest.param(PUBLISHED.replace("index 4", "extra AAAA"), "index", id="an extra line, but no index"),
        pytest.param(PUBLISHED.replace("index 4", "index 04"), "index", id="a leading zero"),
        pytest.param(PUBLISHED.replace("=\ntwd0", "\ntwd0"), "base64", id="a hash without padding"),
        pytest.param(PUBLISHED.replace("BkFP", "AAAABkFP"), "base64", id="a long hash"),
        pytest.param(
            PUBLISHED.replace("index 4\n", "index 4\n" + "AA==\n" * 61), "more than 63", id="a long path"
        ),
    ],
)
def test_a_malformed_proof_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ProofRefused, match=reason):
        parse_proof(text)
