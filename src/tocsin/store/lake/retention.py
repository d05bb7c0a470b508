"""What becomes of old segments: moved to the cold folder, then deleted, unless a legal hold covers them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from tocsin.store.lake.durable import digest_of, ensured, removed, settled
from tocsin.store.lake.manifest import Act, Hold, Listing, Manifest, Segment, micros
from tocsin.store.lake.policy import LakePolicy
from tocsin.store.lake.refusals import broken

COLD = "_cold"
"""No source can have this name. It may be a link to a slower, cheaper disk."""


class Fate(StrEnum):
    """What is due for a segment."""

    COOL = "cool"
    DELETE = "delete"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Due:
    """A segment whose time has come; `hold` is the one that keeps it from being deleted."""

    segment: Segment
    fate: Fate
    hold: Hold | None = None


def due(listing: Listing, policy: LakePolicy, now: datetime) -> tuple[Due, ...]:
    """Return what is due by when each segment was sealed; a hold wins over deletion.

    The times that records claim decide nothing, or a sender could have the evidence of today deleted.
    """
    return tuple(_due(listing, policy, now))


def _due(listing: Listing, policy: LakePolicy, now: datetime) -> Iterator[Due]:
    cold_before, gone_before = micros(now - policy.hot), micros(now - policy.hot - policy.cold)
    for segment in listing.segments:
        sealed = micros(datetime.fromisoformat(segment.sealed_at))
        if sealed < gone_before:
            hold = next((each for each in listing.holds if each.covers(segment)), None)
            if hold is None:
                yield Due(segment, Fate.DELETE)
                continue
            yield Due(segment, Fate.HELD, hold)
        if sealed < cold_before and not segment.cold:
            yield Due(segment, Fate.COOL)


def cool(root: Path, segment: Segment, now: datetime) -> str:
    """Move a segment to the cold folder, which may be another disk; return the hash of the manifest's line.

    The copy is durable and listed before the first is removed. Raises `LakeBroken` when it is not the same.
    """
    place = root / COLD / segment.path
    ensured(place.parent)
    unfinished = place.with_suffix(".unfinished")
    shutil.copyfile(root / segment.path, unfinished)
    if digest_of(unfinished) != segment.sha256:
        os.unlink(unfinished)
        raise broken(f"The segment {segment.path} is not what was sealed.")
    settled(unfinished, place)
    to = place.relative_to(root).as_posix()
    with Manifest(root).writing() as add:
        head = add(Act.COOLED, now, {"path": segment.path, "to": to, "sha256": segment.sha256})
    removed(root / segment.path)
    return head


def delete(root: Path, segment: Segment, now: datetime, reason: str) -> str | None:
    """Delete a segment: its tombstone first, then its file; return the hash of the manifest's line.

    None, and nothing is deleted, when a hold covers it by now.
    """
    manifest = Manifest(root)
    with manifest.writing() as add:
        listing = manifest.listing_held()
        if any(hold.covers(segment) for hold in listing.holds):
            return None
        head = add(
            Act.DELETED,
            now,
            {"path": segment.path, "sha256": segment.sha256, "rows": segment.rows, "why": reason},
        )
    removed(root / segment.path)
    return head


def tidy(root: Path, listing: Listing) -> None:
    """Remove the files of deleted and moved segments that a crash left behind."""
    for path in (*(each.path for each in listing.deleted), *listing.moved_from):
        removed(root / path)
