"""What a witness answers: it cosigns a log that only grew, and says so before anybody else may.

Protocol: https://c2sp.org/tlog-witness (v1.0.0), add-checkpoint.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from tocsin.audit.checkpoint import CheckpointRefused, Head, claimed, opened
from tocsin.audit.merkle import EMPTY_ROOT, HASH_BYTES, is_consistent
from tocsin.audit.note import NoteKey, NoteRefused, NoteSignature, parse_note, strict_base64
from tocsin.domain.errors import Explained

SIZE_TYPE = "text/x.tlog.size"
# A request is a note, 63 hashes and one line.
MOST_HASHES = 63

_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})", re.ASCII)
_SIZE = re.compile(r"(0|[1-9][0-9]{0,17})\n", re.ASCII)


class RequestRefused(Explained):
    """What came to a witness is no request to add a checkpoint."""

    code = "witness_request_refused"

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="Nothing was cosigned.",
            next_step="Send `old SIZE`, the consistency proof, an empty line and the checkpoint's note.",
        )


class AnswerUnreadable(Explained):
    """A witness's answer is not one of its protocol."""

    code = "witness_answer_unreadable"

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="The log's head has no cosignature of this witness yet.",
            next_step="Look at its address in the policy file; whoever runs it can read its own log.",
        )


class Verdict(IntEnum):
    """A witness's answer, by its HTTP status."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    CONTRADICTION = 422

    @property
    def is_signed_refusal(self) -> bool:
        """Say whether the log itself signed what was refused, so that the request is worth keeping."""
        return self in (Verdict.OTHER_SIZE, Verdict.CONTRADICTION)


@dataclass(frozen=True, slots=True)
class Submission:
    """A request to cosign: the size that the witness is thought to have, a proof from it, the new note."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a witness does; `size` is the one it cosigned last, for the answer 409."""

    verdict: Verdict
    reason: str
    head: Head | None = None
    size: int = 0


def format_submission(submission: Submission) -> bytes:
    """Return the request's body."""
    hashes = "".join(f"{b64encode(each).decode('ascii')}\n" for each in submission.proof)
    return f"old {submission.old_size}\n{hashes}\n{submission.note}".encode()


def parse_submission(content: bytes) -> Submission:
    """Read a request's body; the note in it is not verified. Raises `RequestRefused`."""
    try:
        first, gap, note = content.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise RequestRefused("The request is not valid UTF-8.") from error
    old, *lines = first.split("\n")
    stated = _OLD.fullmatch(old)
    if stated is None or not gap:
        raise RequestRefused("The request does not begin with `old SIZE`, hashes and an empty line.")
    if len(lines) > MOST_HASHES:
        raise RequestRefused(f"The request has more than {MOST_HASHES} hashes.")
    proof = tuple(strict_base64(line) for line in lines)
    if any(each is None or len(each) != HASH_BYTES for each in proof):
        raise RequestRefused("A line of the proof is not the base64 of 32 bytes.")
    return Submission(int(stated.group(1)), tuple(each for each in proof if each is not None), note)


def origin_of(submission: Submission) -> str:
    """Return the log that the note claims to be of. Raises `RequestRefused` when it is no checkpoint."""
    try:
        return claimed(submission.note).origin
    except (NoteRefused, CheckpointRefused) as error:
        raise RequestRefused(error.happened) from error


def decide(submission: Submission, logs: Mapping[str, Sequence[NoteKey]], last: Head | None) -> Decision:
    """Judge a request, in the protocol's order; `last` is what was cosigned last for its origin.

    Comparing with `last` and storing the new head must be one act, done before the answer is sent.
    Raises `RequestRefused` when the note is no checkpoint.
    """
    origin = origin_of(submission)
    if origin not in logs:
        return Decision(Verdict.UNKNOWN_LOG, "This witness knows no log of that origin.")
    try:
        head = opened(submission.note, *logs[origin])
    except NoteRefused as refused:
        return Decision(Verdict.NOT_SIGNED, refused.happened)
    known = last or Head(origin, 0, EMPTY_ROOT)
    if submission.old_size > head.size:
        return Decision(Verdict.MALFORMED, "The old size is greater than the checkpoint's.", head)
    if submission.old_size != known.size:
        reason = f"The size cosigned last is {known.size}, not {submission.old_size}."
        return Decision(Verdict.OTHER_SIZE, reason, head, known.size)
    if not is_consistent(known.root, known.size, head.root, head.size, submission.proof):
        reason = f"The proof does not show the tree of {known.size} entries to be a part of the new one."
        return Decision(Verdict.CONTRADICTION, reason, head, known.size)
    return Decision(Verdict.COSIGNED, "The log only grew.", head, known.size)


def cosignatures_in(answer: bytes) -> tuple[NoteSignature, ...]:
    """Return the lines of a witness's answer 200; none is verified. Raises `AnswerUnreadable`."""
    try:
        # The lines of a note are read behind a text and an empty line.
        return parse_note(f"lines\n\n{answer.decode()}").signatures
    except (NoteRefused, UnicodeDecodeError) as error:
        raise AnswerUnreadable("The witness's answer holds no cosignature lines.") from error


def size_in(answer: bytes) -> int:
    """Return the size in a witness's answer 409. Raises `AnswerUnreadable`."""
    stated = _SIZE.fullmatch(answer.decode("ascii", "replace"))
    if stated is None:
        raise AnswerUnreadable("The witness's answer does not say which size it cosigned last.")
    return int(stated.group(1))
