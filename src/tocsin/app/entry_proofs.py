"""Writes a proof that one entry is in the log, for somebody who has nothing of ours but the keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from tocsin.app.cosigning import policy_of, tiles_at
from tocsin.app.wiring import App
from tocsin.audit.merkle import inclusion_path
from tocsin.audit.policy import Policy, QuorumMissing, cosigned
from tocsin.audit.proof import check_by_policy, format_proof
from tocsin.domain.entry import Checkpoint
from tocsin.domain.errors import NotFound
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.sealing import LOOKED_AT, attendance_in

LEAVES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class EntryProof:
    """The text of a `.tlog-proof` file, and the bytes of the entry that it is about."""

    text: str
    content: bytes
    log: int
    index: int
    size: int


def proof_of(app: App, entry: str) -> EntryProof:
    """Prove an entry: by its index in the present log, its id (UUID), or the exhibit it tells of (`EX-3`).

    The head is the last one that a quorum of the policy cosigned, so that the proof convinces others. Raises
    `NotFound`, `QuorumMissing` while no quorum has seen the entry, `ProofRefused` when the log is broken.
    """
    policy = policy_of(app)
    with app.store.reading() as shelves:
        number, index = _whereabouts(shelves, entry)
        head = _head_over(shelves, number, index, policy)
        leaves = shelves.log.of(number).leaves(index, index + 1)
        if not leaves:
            raise _no_entry(entry)
        path = _path(app, shelves, number, index, head.size)
    text = format_proof(index, path, head)
    content = leaves[0].content
    check_by_policy(text, content, policy)
    return EntryProof(text, content, number, index, head.size)


def _path(app: App, shelves: Shelves, number: int, index: int, size: int) -> tuple[bytes, ...]:
    """Read the path from the tiles if they reach so far, else from all entries."""
    try:
        return tiles_at(app.settings.home, number).inclusion(index, size)
    except (FileNotFoundError, ValueError):
        return inclusion_path(index, size, _hashes(shelves, number, size))


def _hashes(shelves: Shelves, number: int, size: int) -> Iterator[bytes]:
    for start in range(0, size, LEAVES_AT_ONCE):
        leaves = shelves.log.of(number).leaves(start, min(start + LEAVES_AT_ONCE, size))
        yield from (leaf.leaf_hash for leaf in leaves)


def _whereabouts(shelves: Shelves, entry: str) -> tuple[int, int]:
    number = shelves.log.latest()
    if entry.isascii() and entry.isdecimal():
        if int(entry) >= shelves.log.size():
            raise _no_entry(entry)
        return number, int(entry)
    found = shelves.log.whereabouts(_entry_id(shelves, entry))
    if found is None:
        raise _no_entry(entry)
    return found


def _entry_id(shelves: Shelves, entry: str) -> UUID:
    prefix, _, digits = entry.partition("-")
    if prefix == "EX" and digits.isascii() and digits.isdecimal():
        exhibit = shelves.exhibits.get(int(digits))
        if exhibit is None or exhibit.entry_id is None:
            raise _no_entry(entry)
        return exhibit.entry_id
    try:
        return UUID(entry)
    except ValueError:
        raise _no_entry(entry) from None


def _head_over(shelves: Shelves, number: int, index: int, policy: Policy) -> Checkpoint:
    """Return the last head over an entry that a quorum cosigned; the last of all where none is demanded."""
    log = shelves.log.of(number)
    last = log.last_checkpoint()
    if last is None or last.size <= index:
        raise NotFound(
            f"Entry {index} is not under a signed head of the log yet.",
            means="Nothing can be proven of it now.",
            next_step="Wait a few seconds while the server runs, and ask again.",
        )
    seen = attendance_in(shelves, number).size
    candidates = [last, *(log.checkpoints_over(seen - 1, LOOKED_AT) if seen > index else ())]
    candidates += log.checkpoints_over(index, LOOKED_AT)
    found = [(each, cosigned(each.note, policy)) for each in candidates if each.size > index]
    for each, judged in found:
        if judged.is_quorate:
            return each
    raise QuorumMissing(found[0][1].head, found[0][1].times_s.keys())


def _no_entry(entry: str) -> NotFound:
    return NotFound(
        f"The log has no entry {entry[:80]!r}.",
        means="Nothing was proven.",
        next_step="Give an entry's index, its id, or an exhibit such as EX-3; new entries wait a second.",
    )
