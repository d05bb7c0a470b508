"""Who did what with an exhibit, and which exhibits are no longer what was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tocsin.domain.errors import Explained
from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit

_USUAL_REASON = {
    CustodyAct.COLLECTED: "Kept as evidence.",
    CustodyAct.READ: "Opened for reading; no further reason was given.",
    CustodyAct.VERIFIED: "Its bytes were hashed anew.",
    CustodyAct.SEALED: "Its log entry is under a signed checkpoint.",
    CustodyAct.COPIED: "Copied into a bag.",
    CustodyAct.EXPORTED: "A copy was handed out.",
    CustodyAct.RELEASED: "Handed over to somebody else.",
    CustodyAct.DESTROYED: "Its bytes were destroyed.",
    CustodyAct.UNSEALED_AT_CONTAINMENT: "The glass was broken before it was sealed.",
}


@dataclass(frozen=True, slots=True)
class ExhibitFault:
    """One exhibit whose bytes are changed or gone: digests in hex, `found` None when they are gone."""

    exhibit: Exhibit
    found: str | None

    @property
    def expected(self) -> str:
        """Return the digest under which the exhibit was kept."""
        return self.exhibit.digest

    @property
    def sentence(self) -> str:
        """Say which exhibit it is and what happened to it."""
        named = f"{self.exhibit.short_name} ({self.exhibit.name})"
        if self.found is None:
            return f"{named} is gone: no bytes lie under its digest {self.expected}."
        return f"{named} was changed: it was kept as {self.expected}, and its bytes now give {self.found}."


class ExhibitChanged(Explained):
    """An exhibit's bytes are no longer those that were kept (HTTP 409)."""

    code = "exhibit_changed"
    status: ClassVar[int] = 409

    def __init__(self, sentence: str) -> None:
        super().__init__(
            sentence,
            means="The bytes are not handed out, because they prove nothing any more.",
            next_step="Treat this as tampering: tell the security lead; the log's entry has the digest.",
        )


class ExhibitGone(ExhibitChanged):
    """An exhibit's bytes are gone, and nobody destroyed them by way of Tocsin (HTTP 410)."""

    code = "exhibit_gone"
    status: ClassVar[int] = 410


def refusal_of(fault: ExhibitFault) -> ExhibitChanged:
    """Return (not raise) what says that an exhibit cannot be handed out."""
    return (ExhibitGone if fault.found is None else ExhibitChanged)(fault.sentence)


def custody_event(
    exhibit: Exhibit | int, act: CustodyAct, *, actor: str, at: datetime, reason: str = ""
) -> CustodyEvent:
    """Return the line to be added to the custody of an exhibit, named by itself or by its number.

    A blank reason becomes the act's usual one.

    Raises ValueError for a blank actor: custody without a name is none.
    """
    if not actor.strip():
        raise ValueError("A custody event needs an actor.")
    return CustodyEvent(
        exhibit=exhibit if isinstance(exhibit, int) else exhibit.number,
        at=at,
        act=act,
        actor=actor,
        reason=reason.strip() or _USUAL_REASON[act],
    )


def verify_exhibits(
    exhibits: Iterable[Exhibit],
    digest_found: Callable[[str], str | None],
    destroyed: Iterable[CustodyEvent] = (),
) -> tuple[ExhibitFault, ...]:
    """Return a fault for each exhibit that is changed or gone, in the order given.

    `digest_found` hashes the bytes kept under a digest anew and returns what it finds, None when they are
    gone (`EvidenceLocker.digest_of`). Of an exhibit with a line of custody among `destroyed` nothing is
    expected any more; whether that line is true, the log tells.
    """
    gone = frozenset(each.exhibit for each in destroyed)
    left = [exhibit for exhibit in exhibits if exhibit.number not in gone]
    found = ((exhibit, digest_found(exhibit.digest)) for exhibit in left)
    return tuple(ExhibitFault(exhibit, digest) for exhibit, digest in found if digest != exhibit.digest)


def number_ranges(numbers: Iterable[int]) -> str:
    """Return exhibit numbers as a short text: `1-3,7`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in found)
