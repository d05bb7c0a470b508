"""The signed head of the log: who it is, how long it is, and the root over all of it.

Format: https://c2sp.org/tlog-checkpoint (v1.0.0), without extension lines, which no witness could judge.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from tocsin.audit.merkle import HASH_BYTES
from tocsin.audit.note import (
    NoteKey,
    NoteSignature,
    format_note,
    parse_note,
    read_vkey,
    strict_base64,
    verify_note,
)
from tocsin.domain.entry import Checkpoint
from tocsin.domain.errors import Explained
from tocsin.domain.ports.keeping import CheckpointSigner

# At most 18 digits, so that every size fits a signed 64-bit column.
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class CheckpointRefused(Explained):
    """A checkpoint's text is not one, or belongs to another log."""

    code = "checkpoint_refused"

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="This head proves nothing about the log.",
            next_step="Run `tocsin audit verify`, and keep the checkpoint as it is for whoever investigates.",
        )


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: the log's name, its size in entries, the root at that size."""

    origin: str
    size: int
    root: bytes


def body(head: Head) -> str:
    """Return the three lines that are signed."""
    return f"{head.origin}\n{head.size}\n{b64encode(head.root).decode('ascii')}\n"


def parse_body(text: str) -> Head:
    """Read the three lines. Raises `CheckpointRefused` for anything else, extension lines too."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise CheckpointRefused("The checkpoint does not consist of an origin, a size and a root.")
    root = strict_base64(lines[2])
    if not _SIZE.fullmatch(lines[1]):
        raise CheckpointRefused("The checkpoint's size is not a decimal number of at most 18 digits.")
    if root is None or len(root) != HASH_BYTES:
        raise CheckpointRefused("The checkpoint's root is not the base64 of 32 bytes.")
    return Head(lines[0], int(lines[1]), root)


def signed(size: int, root: bytes, signer: CheckpointSigner, now: datetime) -> Checkpoint:
    """Have the head signed by each of the log's keys and return the checkpoint to be stored.

    `now` is kept beside the note, whose text bears no time. What the signer refuses (a log that shrank)
    passes through.
    """
    text = body(Head(signer.origin, size, root))
    lines = [_line(signer.verifier_key, signer.sign(text.encode()))]
    if signer.second_key is not None:
        lines.append(_line(signer.second_key, signer.sign_second(text.encode(), now)))
    return Checkpoint(
        origin=signer.origin, size=size, root=root, note=format_note(text, lines), signed_at=now
    )


def opened(note: str, *keys: NoteKey) -> Head:
    """Verify a checkpoint's note by the keys of one log and return its head.

    Raises `NoteRefused` when no line is of these keys or one of theirs is wrong, `CheckpointRefused` when the
    text is no checkpoint of the log that the keys are named after.
    """
    head = parse_body(verify_note(note, keys).text)
    for key in keys:
        if head.origin != key.name:
            raise CheckpointRefused(f"The checkpoint is of {head.origin}, not of {key.name}.")
    return head


def claimed(note: str) -> Head:
    """Return what a note claims, without verifying it. Raises as `opened` does for malformed text."""
    return parse_body(parse_note(note).text)


def _line(vkey: str, signature: bytes) -> NoteSignature:
    key = read_vkey(vkey)
    return NoteSignature(key.name, key.key_id, signature)
