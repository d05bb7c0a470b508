"""The log as one file that can be verified far away from us, without a database.

NDJSON: a header with the verifier key, then each leaf and checkpoint in order, then a line that counts them.
The key in the file is a claim: whoever verifies in earnest brings the key from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from tocsin.audit.breach import Break, BreakUnreadable, read_break, written
from tocsin.audit.checkpoint import CheckpointRefused, claimed
from tocsin.audit.note import MAX_NOTE_BYTES, NoteRefused, VerifierKey, parse_vkey
from tocsin.audit.trust import Trust
from tocsin.audit.verify import Damaged, Record, interleaved
from tocsin.domain.entry import Checkpoint, Leaf
from tocsin.domain.errors import Explained

SCHEMA = "tocsin.audit-export/1"
# The longest line is a checkpoint whose note is escaped as JSON.
MAX_LINE_BYTES = 2 * MAX_NOTE_BYTES


class ExportUnreadable(Explained):
    """A file is not an export of the log at all."""

    code = "export_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This is not an export of the log: {why}.",
            means="Nothing was verified; this says neither that the log is sound nor that it is broken.",
            next_step="Check the path, and that the file was not cut off or converted on its way.",
        )


@dataclass(frozen=True, slots=True)
class Export:
    """An opened export. `records` reads the rest of the file, once, as it is iterated.

    `broken` is where the log had been frozen when it was exported: it is not sound, whatever the rest says.
    """

    key: VerifierKey
    records: Iterator[Record]
    broken: Break | None = None


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    schema: str
    vkey: str
    trust: str = ""
    believed: str = ""
    window_s: int | None = None
    broken: dict[str, Any] | None = None


class _LeafLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="leaf", tag_field="record"):
    index: int
    content: bytes
    leaf_hash: bytes


class _CheckpointLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="checkpoint", tag_field="record"
):
    note: str
    signed_at: Annotated[datetime, msgspec.Meta(tz=True)]


class _EndLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="end", tag_field="record"):
    leaves: int
    checkpoints: int


_ENCODER = msgspec.json.Encoder()
_LINES = msgspec.json.Decoder(_LeafLine | _CheckpointLine | _EndLine)


def export_lines(
    leaves: Iterable[Leaf],
    checkpoints: Iterable[Checkpoint],
    key: VerifierKey,
    trust: Trust | None = None,
    broken: Break | None = None,
) -> Iterator[bytes]:
    """Return the file's lines, each with its newline, for leaves by index and checkpoints by size.

    The log is exported as it is; a broken one stays broken in the export. `trust` is how far it could be
    believed when it was exported; as the key it is a claim, and no verdict follows from it. `broken` is the
    record of a log that was frozen: where its database was put right since, the file says it all the same.
    """
    record_of_break = None if broken is None else msgspec.json.decode(written(broken))
    told_of_trust = ("", "", None) if trust is None else (trust.level.value, trust.sentence, trust.window_s)
    yield _line(_Header(SCHEMA, key.text, *told_of_trust, record_of_break))
    counted_leaves = counted_checkpoints = 0
    for record in interleaved(leaves, checkpoints):
        if isinstance(record, Leaf):
            counted_leaves += 1
            yield _leaf_line(record)
        else:
            counted_checkpoints += 1
            yield _line(_CheckpointLine(record.note, record.signed_at))
    yield _line(_EndLine(counted_leaves, counted_checkpoints))


def read_export(lines: Iterable[bytes]) -> Export:
    """Open an export from its lines (a file opened as bytes gives them).

    A line that cannot be read, and an end that is missing, become `Damaged` records, so that verifying names
    the entry. Raises `ExportUnreadable` when the first line is no export's, `KeyRefused` for its key.
    """
    rest = iter(lines)
    first = next(rest, b"")
    try:
        header = msgspec.json.decode(first[:MAX_LINE_BYTES], type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExportUnreadable("its first line is not a header") from error
    if header.schema != SCHEMA:
        raise ExportUnreadable(f"its schema is {header.schema[:80]!r}, not {SCHEMA!r}")
    return Export(parse_vkey(header.vkey), _records(rest), _break(header.broken))


def _break(stated: dict[str, Any] | None) -> Break | None:
    if stated is None:
        return None
    try:
        return read_break(msgspec.json.encode(stated), "the first line of the export")
    except BreakUnreadable as error:
        raise ExportUnreadable("its first line tells of a break that cannot be read") from error


def _records(lines: Iterator[bytes]) -> Iterator[Record]:
    leaves = checkpoints = 0
    for number, line in enumerate(lines, start=2):
        record = _record(line)
        if isinstance(record, Leaf):
            leaves += 1
        elif isinstance(record, Checkpoint):
            checkpoints += 1
        elif record == _EndLine(leaves, checkpoints) and next(lines, None) is None:
            return
        else:
            yield Damaged(f"Line {number} of the export cannot be read as it was written.")
            return
        yield record
    yield Damaged("The export ends before its last line; it was cut off.")


def _record(line: bytes) -> Leaf | Checkpoint | _EndLine | None:
    """Read one line; None unless it is, byte for byte, what an export writes."""
    try:
        parsed = _LINES.decode(line) if len(line) <= MAX_LINE_BYTES else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if parsed is None or _line(parsed) != line:
        return None
    if isinstance(parsed, _LeafLine):
        return Leaf(index=parsed.index, content=parsed.content, leaf_hash=parsed.leaf_hash)
    return _checkpoint(parsed) if isinstance(parsed, _CheckpointLine) else parsed


def _checkpoint(line: _CheckpointLine) -> Checkpoint | None:
    try:
        head = claimed(line.note)
    except (NoteRefused, CheckpointRefused):
        return None
    return Checkpoint(
        origin=head.origin, size=head.size, root=head.root, note=line.note, signed_at=line.signed_at
    )


def _line(fields: msgspec.Struct) -> bytes:
    return _ENCODER.encode(fields) + b"\n"


def _leaf_line(leaf: Leaf) -> bytes:
    return _line(_LeafLine(leaf.index, leaf.content, leaf.leaf_hash))
