"""Read the whole log once and say whether it is what was signed, or where it first is not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from tocsin.audit.checkpoint import CheckpointRefused, Head, opened
from tocsin.audit.merkle import Frontier, leaf_hash
from tocsin.audit.note import NoteRefused, VerifierKey
from tocsin.domain.entry import Checkpoint, Leaf, Stretch


@dataclass(frozen=True, slots=True)
class Damaged:
    """A place where a leaf or a checkpoint should be and something unreadable is; `reason` is a sentence."""

    reason: str


Record = Leaf | Checkpoint | Damaged
# How many leaves of an export are hashed in one go.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification found.

    `size` and `root` are of the entries read until the end or the break. `first_broken` is the index of the
    first entry that is changed, missing or superfluous; where only a checkpoint can tell, the first entry
    that no good checkpoint vouches for. It is None when the log is sound, or when only a checkpoint is
    damaged and a later one vouches for the same entries. `sealed_size` is how many entries, from the first,
    a good checkpoint vouches for. `last_suspect` is set when the break lies somewhere from `first_broken` to
    it, and nothing more exact is known. `unsequenced` is how many wait to be given their index.
    """

    sound: bool
    size: int
    root: bytes
    first_broken: int | None
    reason: str
    checkpoints_checked: int
    sealed_size: int
    unsequenced: int
    last_suspect: int | None = None


@dataclass(frozen=True, slots=True)
class _Break:
    """The point at which reading on makes no sense."""

    index: int
    reason: str
    last: int | None = None


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A damaged checkpoint: its claimed size, and why it is not believed."""

    size: int
    reason: str


def verify(
    stretches: Iterable[Stretch],
    checkpoints: Iterable[Checkpoint],
    key: VerifierKey,
    *,
    kept: Head | None = None,
    hashes: Iterable[bytes] = (),
    unsequenced: int = 0,
) -> Verdict:
    """Verify leaves in the order of their index against checkpoints in the order of their size.

    One pass, O(log n) memory. `kept` is a head remembered outside the database (the signer's last one): with
    it a truncated tail is found even when the checkpoints of that tail were removed too, and so is that
    removal alone. `hashes` are leaf hashes by index, from outside the database too: with them an entry is
    named exactly whose bytes and stored hash were changed alike.
    """
    reading = _Reading(key, kept, iter(hashes))
    return reading.all_of(_divided(stretches, checkpoints), unsequenced)


def verify_records(
    records: Iterable[Record],
    key: VerifierKey,
    *,
    kept: Head | None = None,
    hashes: Iterable[bytes] = (),
    unsequenced: int = 0,
) -> Verdict:
    """Verify leaves with each checkpoint standing behind the last leaf it covers, as an export has them."""
    return _Reading(key, kept, iter(hashes)).all_of(_together(records), unsequenced)


def unless_forged(verdict: Verdict, index: int | None) -> Verdict:
    """Return the verdict on a log in which `index` is the first unsigned entry that Tocsin did not write."""
    if index is None or not verdict.sound:
        return verdict
    reason = (
        f"Entry {index} was not written by Tocsin, or was changed before it was signed: its MAC is wrong."
    )
    return replace(verdict, sound=False, first_broken=index, reason=reason)


def interleaved(leaves: Iterable[Leaf], checkpoints: Iterable[Checkpoint]) -> Iterator[Leaf | Checkpoint]:
    """Put each checkpoint, taken in the order given, before the first leaf that it does not cover."""
    rest = iter(checkpoints)
    upcoming = next(rest, None)
    for leaf in leaves:
        while upcoming is not None and upcoming.size <= leaf.index:
            yield upcoming
            upcoming = next(rest, None)
        yield leaf
    while upcoming is not None:
        yield upcoming
        upcoming = next(rest, None)


def _divided(
    stretches: Iterable[Stretch], checkpoints: Iterable[Checkpoint]
) -> Iterator[Stretch | Checkpoint]:
    """Put checkpoints between stretches as `interleaved` does between leaves, dividing those where needed."""
    rest = iter(checkpoints)
    upcoming = next(rest, None)
    for stretch in stretches:
        start, length = 0, len(stretch.indexes)
        while upcoming is not None:
            stop = bisect_left(stretch.indexes, upcoming.size, start)
            if stop == length:
                break
            yield stretch.part(start, stop)
            yield upcoming
            start, upcoming = stop, next(rest, None)
        yield stretch.part(start)
    while upcoming is not None:
        yield upcoming
        upcoming = next(rest, None)


def _together(records: Iterable[Record]) -> Iterator[Stretch | Checkpoint | Damaged]:
    """Put leaves that stand behind each other into stretches."""
    for is_leaf, run in groupby(records, lambda record: isinstance(record, Leaf)):
        if not is_leaf:
            yield from (each for each in run if not isinstance(each, Leaf))
            continue
        leaves = (each for each in run if isinstance(each, Leaf))
        while batch := tuple(islice(leaves, _AT_ONCE)):
            yield Stretch.of(batch)


class _Reading:
    """How far the log was read and what was found on the way."""

    def __init__(self, key: VerifierKey, kept: Head | None, hashes: Iterator[bytes]) -> None:
        self._key = key
        self._kept = kept
        self._kept_size = kept.size if kept is not None else -1
        self._kept_is_stored = self._kept_size <= 0
        self._frontier = Frontier()
        self._sealed = 0
        self._checked = 0
        self._doubt: _Doubt | None = None
        self._hashes = hashes
        # The first entry with another hash than is kept outside; the next root says which of both is true.
        self._suspect: int | None = None

    def all_of(self, records: Iterable[Stretch | Checkpoint | Damaged], unsequenced: int) -> Verdict:
        """Read until the end or the first break."""
        for record in records:
            found = self.take(record)
            if found is not None:
                return self.verdict(found, unsequenced)
        return self.verdict(self.end(), unsequenced)

    def take(self, record: Stretch | Checkpoint | Damaged) -> _Break | None:
        """Read the next record; return the break if there is one here."""
        if isinstance(record, Stretch):
            kept_at = max(self._kept_size - self._frontier.size, 0)
            # The root at the kept head's size is compared before anything behind it is looked at.
            return self._take_run(record.part(0, kept_at)) or self._take_run(record.part(kept_at))
        if isinstance(record, Checkpoint):
            return self._take_checkpoint(record)
        return _Break(self._frontier.size, record.reason)

    def end(self) -> _Break | None:
        """Say whether entries are missing at the end, or only a damaged checkpoint covers the last ones."""
        size = self._frontier.size
        if self._kept_size > size:
            return self._cut(self._kept_size, "The signer remembers having signed")
        if not self._kept_is_stored:
            self._doubt_checkpoint(self._kept_size, _unstored(self._kept_size))
        if self._suspect is not None:
            return _Break(self._suspect, f"{_other_hash(self._suspect)} No checkpoint covers it yet.")
        doubt = self._doubt
        if doubt is not None and self._sealed < min(doubt.size, size):
            uncovered = _span(self._sealed, min(doubt.size, size))
            reason = f"{doubt.reason} No good checkpoint vouches for {uncovered}."
            return _Break(self._sealed, reason, min(doubt.size, size) - 1)
        return None

    def verdict(self, found: _Break | None, unsequenced: int) -> Verdict:
        """Sum up, with the break that ended the reading or without one."""
        if found is not None:
            reason = found.reason
        elif self._doubt is not None:
            reason = f"{self._doubt.reason} The entries themselves were not changed."
        else:
            reason = self._sound_reason()
        return Verdict(
            sound=found is None and self._doubt is None,
            size=self._frontier.size,
            root=self._frontier.root(),
            first_broken=None if found is None else found.index,
            reason=reason,
            checkpoints_checked=self._checked,
            sealed_size=self._sealed,
            unsequenced=unsequenced,
            last_suspect=None if found is None or found.last == found.index else found.last,
        )

    def _sound_reason(self) -> str:
        size = self._frontier.size
        if self._sealed == size:
            return f"All {size} entries are as they were signed."
        return f"{self._sealed} of {size} entries are as they were signed; the rest awaits a checkpoint."

    def _take_run(self, run: Stretch) -> _Break | None:
        first = self._frontier.size
        found = _first_break(run, first)
        good = run.hashes if found is None else run.hashes[: found.index - first]
        self._compare_with_outside(good)
        self._frontier.extend(good)
        if found is None and good and self._frontier.size == self._kept_size:
            return self._compare_with_kept()
        return found

    def _compare_with_outside(self, hashes: Sequence[bytes]) -> None:
        outside = tuple(islice(self._hashes, len(hashes)))
        if self._suspect is None and outside != tuple(hashes[: len(outside)]):
            differ = [one != other for one, other in zip(outside, hashes, strict=False)]
            self._suspect = self._frontier.size + differ.index(True)

    def _compare_with_kept(self) -> _Break | None:
        if self._kept is not None and self._frontier.root() != self._kept.root:
            return self._changed("the head that the signer remembers")
        self._vouch(self._kept_size)
        return None

    def _take_checkpoint(self, stored: Checkpoint) -> _Break | None:
        try:
            head = opened(stored.note, self._key)
        except (NoteRefused, CheckpointRefused) as error:
            self._doubt_checkpoint(stored.size, f"The checkpoint at size {stored.size} is damaged. {error}")
            return None
        size = self._frontier.size
        if (stored.origin, stored.size, stored.root) != (head.origin, head.size, head.root):
            reason = f"The checkpoint at size {head.size} is stored with other values than its note has."
            self._doubt_checkpoint(head.size, reason)
            return None
        if head.size > size:
            return self._cut(head.size, "A signed checkpoint covers")
        if head.size < size:
            self._doubt_checkpoint(head.size, f"The checkpoint at size {head.size} is not in its place.")
            return None
        self._checked += 1
        if head.root != self._frontier.root():
            return self._changed(f"the checkpoint at size {size}")
        self._vouch(size)
        self._kept_is_stored |= size == self._kept_size
        return None

    def _cut(self, signed_size: int, who: str) -> _Break:
        """Break where entries are missing at the end, or before that where others stand instead of them."""
        cut = _truncated(self._frontier.size, signed_size, who)
        if self._suspect is None:
            return cut
        return _Break(self._suspect, f"{_other_hash(self._suspect)} {cut.reason}")

    def _vouch(self, size: int) -> None:
        """Take the entries read so far as signed; a kept hash that differs is then itself the damaged one."""
        self._sealed = size
        if self._suspect is not None:
            reason = f"The hash of entry {self._suspect} that is kept outside the database is damaged."
            self._doubt_checkpoint(size, reason)
            self._suspect = None

    def _doubt_checkpoint(self, size: int, reason: str) -> None:
        """Remember the first damaged checkpoint, and the greatest size that any of them claims."""
        if self._doubt is None:
            self._doubt = _Doubt(size, reason)
        else:
            self._doubt = _Doubt(max(size, self._doubt.size), self._doubt.reason)

    def _changed(self, judge: str) -> _Break:
        """Break at the entry whose hash differs from the one kept outside.

        Without those hashes, break at the first entry that no good checkpoint covers: no more is known.
        """
        if self._suspect is not None:
            reason = f"{_other_hash(self._suspect)} The root of {judge} differs too."
            return _Break(self._suspect, reason)
        suspects = _span(self._sealed, self._frontier.size)
        return _Break(
            self._sealed,
            f"The log does not have the root of {judge}: something was changed in {suspects}, "
            "bytes and stored hash alike, or the signature was made over other entries.",
            self._frontier.size - 1,
        )


def _first_break(run: Stretch, first: int) -> _Break | None:
    """Return where a leaf is not in its place, or has not the hash of its bytes; `first` is due first."""
    leaves = zip(run.indexes, run.contents, run.hashes, strict=True)
    for expected, (index, content, stored) in enumerate(leaves, first):
        if index != expected:
            return _Break(expected, _misplaced(expected, index))
        if leaf_hash(content) != stored:
            return _Break(expected, f"The bytes of entry {expected} do not have the hash stored with them.")
    return None


def _truncated(size: int, signed_size: int, who: str) -> _Break:
    return _Break(
        size, f"{who} {signed_size} entries, but only {size} stand before it; entry {size} is missing."
    )


def _other_hash(index: int) -> str:
    return (
        f"Entry {index} was changed, bytes and stored hash alike: it has another hash than is kept outside "
        "the database."
    )


def _unstored(size: int) -> str:
    return (
        f"The signer remembers a checkpoint at size {size}, and no good one is stored: it was removed, "
        "or Tocsin was stopped in the very moment of signing (then its next start signs again)."
    )


def _misplaced(expected: int, index: int) -> str:
    if index > expected:
        return f"Entry {expected} is missing; entry {index} stands in its place."
    return f"Entry {index} stands where entry {expected} belongs; it is superfluous or was renumbered."


def _span(start: int, stop: int) -> str:
    return f"entry {start}" if stop - start == 1 else f"entries {start} to {stop - 1}"
