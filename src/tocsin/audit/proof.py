"""A proof that one entry is in the log, small enough to mail and checkable without us.

Format: https://c2sp.org/tlog-proof (v1).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.audit.checkpoint import Head, opened
from tocsin.audit.merkle import HASH_BYTES, includes, leaf_hash
from tocsin.audit.note import NoteKey, strict_base64
from tocsin.audit.policy import Cosigned, Policy, quorate
from tocsin.domain.entry import Checkpoint
from tocsin.domain.errors import Explained

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_INDEX_LINE = re.compile(r"index (0|[1-9][0-9]{0,17})", re.ASCII)
# A tree of 2^63 leaves has paths of 63 hashes.
_LONGEST_PATH = 63


class ProofRefused(Explained):
    """A proof is malformed or does not prove that the entry is in the log."""

    code = "proof_refused"

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="It does not show that this entry is in the log.",
            next_step="Ask for a new proof from the log, and compare the entry byte by byte.",
        )


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry's index, the hashes from its sibling upwards, the checkpoint's note; nothing is verified."""

    index: int
    path: tuple[bytes, ...]
    note: str


def format_proof(index: int, path: Sequence[bytes], checkpoint: Checkpoint) -> str:
    """Return the text of a `.tlog-proof` file: index, path, and the checkpoint's note as it is."""
    hashes = "".join(f"{b64encode(each).decode('ascii')}\n" for each in path)
    return f"{_FIRST_LINE}\nindex {index}\n{hashes}\n{checkpoint.note}"


def parse_proof(text: str) -> EntryProof:
    """Take a proof apart; an `extra` line is skipped, since nothing vouches for it. Raises `ProofRefused`."""
    head, gap, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != _FIRST_LINE or not gap:
        raise ProofRefused(f"The proof does not begin with {_FIRST_LINE}.")
    if lines and lines[0].startswith("extra "):
        lines = lines[1:]
    index = _INDEX_LINE.fullmatch(lines[0]) if lines else None
    if index is None:
        raise ProofRefused("The proof does not state an index.")
    if len(lines) - 1 > _LONGEST_PATH:
        raise ProofRefused(f"The proof has more than {_LONGEST_PATH} hashes.")
    return EntryProof(int(index.group(1)), tuple(_parse_hash(line) for line in lines[1:]), note)


def check_proof(text: str, content: bytes, *keys: NoteKey) -> Head:
    """Return the signed head under which the proof shows an entry of these bytes to be in the log.

    The keys are those of the one log that is believed. Raises `ProofRefused`, and `NoteRefused` or
    `CheckpointRefused` for the checkpoint inside.
    """
    proof = parse_proof(text)
    head = opened(proof.note, *keys)
    _refuse_unless_included(proof, content, head)
    return head


def check_by_policy(text: str, content: bytes, policy: Policy) -> Cosigned:
    """Return the head, seen by a quorum of the policy, under which an entry of these bytes is in the log.

    Raises as `check_proof` does, and `QuorumMissing` when too few witnesses cosigned the head.
    """
    proof = parse_proof(text)
    found = quorate(proof.note, policy)
    _refuse_unless_included(proof, content, found.head)
    return found


def _refuse_unless_included(proof: EntryProof, content: bytes, head: Head) -> None:
    if not includes(head.root, head.size, proof.index, leaf_hash(content), proof.path):
        raise ProofRefused(
            f"The proof does not lead from these bytes, as entry {proof.index}, to the signed root."
        )


def _parse_hash(line: str) -> bytes:
    decoded = strict_base64(line)
    if decoded is None or len(decoded) != HASH_BYTES:
        raise ProofRefused("A line of the proof is not the base64 of 32 bytes.")
    return decoded
