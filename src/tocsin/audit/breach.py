"""A log that broke stays as it is: what is written down of its break, and how its successor begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from tocsin.audit.verify import Verdict
from tocsin.domain.alert import AlertReport
from tocsin.domain.errors import Explained

ALERTNAME = "TocsinAuditIntegrityFailed"
SOURCE = "audit"
LATCHED = timedelta(days=3650)
"""Only a person ends the alert of a broken log: nothing that happens later makes the log whole."""
CONTRADICTED = "log_contradicted"
# A fact in the log is kept as it is up to 4,096 bytes; a cosigned checkpoint is longer.
_PART = 3_000
_NO_FACTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Where a log was frozen, and why; written once and never changed.

    `number` is the log's in the line of logs, from 1. `kind` is the code of what was met first, `reason` a
    sentence. `first_broken` and `last_suspect` are as a verification gives them. `size` is how many entries
    were read until the break, `sealed_size` how many of them a good checkpoint vouches for. `signed_size` is
    how many entries the log's last signature was made over, and `checkpoint` that one's note, verbatim, or
    empty. `proof` holds what contradicts it: the root found, or what a witness said.
    """

    number: int
    origin: str
    kind: str
    reason: str
    first_broken: int | None
    last_suspect: int | None = None
    found_at: datetime
    size: int
    sealed_size: int
    signed_size: int = 0
    checkpoint: str = ""
    proof: Mapping[str, str] = field(default_factory=lambda: _NO_FACTS)


class BreakUnreadable(Explained):
    """The record of a break is damaged."""

    code = "break_unreadable"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The record of the break, {name}, cannot be read.",
            means="It is not known where the log was frozen, so nothing is written to the log.",
            next_step="Restore the folder of the log's keys from its backup.",
        )


def origin_of(origin: str, number: int) -> str:
    """Return the name of a log in the line that begins with `origin`: the second is `origin/2`."""
    return origin if number == 1 else f"{origin}/{number}"


def broken_at(verdict: Verdict, number: int, origin: str, *, kind: str, at: datetime) -> Break | None:
    """Return the break that a verification found, None where no entry is broken.

    A checkpoint that alone is damaged or removed breaks nothing: a later one vouches for the same entries.
    """
    if verdict.sound or verdict.first_broken is None:
        return None
    return Break(
        number=number,
        origin=origin,
        kind=kind,
        reason=verdict.reason,
        first_broken=verdict.first_broken,
        last_suspect=verdict.last_suspect,
        found_at=at,
        size=verdict.size,
        sealed_size=verdict.sealed_size,
    )


def unless_frozen(verdict: Verdict, broken: Break | None) -> Verdict:
    """Return the verdict on a log that was frozen: what was found then counts, whatever is there now."""
    if broken is None or not verdict.sound:
        return verdict
    return replace(
        verdict,
        sound=False,
        first_broken=broken.first_broken,
        last_suspect=broken.last_suspect,
        reason=f"{broken.reason} The log was frozen at size {broken.sealed_size} for it.",
    )


def succession(broken: Break) -> dict[str, str]:
    """Return the facts of a successor's entry 0: the broken log, its last checkpoint, the contradiction.

    The checkpoint stands in `checkpoint.00`, `checkpoint.01` and so on; put together they are the note.
    """
    at = broken.found_at.isoformat()
    note = broken.checkpoint
    parts = [note[start : start + _PART] for start in range(0, len(note), _PART)]
    return {
        "broken_origin": broken.origin,
        "broken_at": "" if broken.first_broken is None else str(broken.first_broken),
        "kind": broken.kind,
        "reason": broken.reason,
        "found_at": at,
        "size": str(broken.size),
        "sealed_size": str(broken.sealed_size),
        "signed_size": str(broken.signed_size),
        **{f"checkpoint.{place:02}": part for place, part in enumerate(parts)},
        **{f"proof.{name}": value for name, value in broken.proof.items()},
    }


def alarm(broken: Break, successor: str) -> AlertReport:
    """Return the alert that opens the incident, the same for the same break."""
    where = "" if broken.first_broken is None else f" at entry {broken.first_broken}"
    return AlertReport(
        source=SOURCE,
        labels={
            "alertname": ALERTNAME,
            "severity": "critical",
            "incident_type": "audit-integrity",
            "service": "audit",
            "log": broken.origin,
        },
        annotations={
            "summary": f"The audit log {broken.origin} is broken{where}",
            "description": (
                f"{broken.reason} The log is frozen; its last good checkpoint is at size "
                f"{broken.sealed_size}. Tocsin goes on writing to {successor}. Do not repair anything: "
                "evidence of the broken log is being kept with this incident."
            ),
        },
        starts_at=broken.found_at,
        ends_at=broken.found_at + LATCHED,
    )


def written(broken: Break) -> bytes:
    """Return a break as it is stored."""
    return json.dumps(
        {
            "number": broken.number,
            "origin": broken.origin,
            "kind": broken.kind,
            "reason": broken.reason,
            "first_broken": broken.first_broken,
            "last_suspect": broken.last_suspect,
            "found_at": broken.found_at.isoformat(),
            "size": broken.size,
            "sealed_size": broken.sealed_size,
            "signed_size": broken.signed_size,
            "checkpoint": broken.checkpoint,
            "proof": dict(broken.proof),
        },
        indent=1,
    ).encode("ascii")


def read_break(stored: bytes, name: str) -> Break:
    """Read a stored break. Raises `BreakUnreadable`, with the name of where it is stored."""
    try:
        found = json.loads(stored)
        found["found_at"] = datetime.fromisoformat(found["found_at"])
        return Break(**found)
    except (ValueError, TypeError, KeyError) as error:
        raise BreakUnreadable(name) from error
