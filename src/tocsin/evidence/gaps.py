"""What stands in the place of evidence that could not be collected, so that nobody believes it is there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from tocsin.evidence.exhibits import Deposit

MEDIA_TYPE = "application/json"
LONGEST_REASON = 500
"""Characters; what a partner says of its refusal may be long."""


def gap_deposit(deposit: Deposit, reason: str) -> Deposit:
    """Return the deposit of the gap that stands in for another one, and says why that is missing."""
    said = " ".join(reason.split())[:LONGEST_REASON] or "no reason was given"
    what = f"{deposit.collector or deposit.name}{f' of {deposit.of}' if deposit.of else ''}"
    described = replace(deposit.label, description=f"Could not collect {what}, because {said}")
    return replace(
        deposit,
        name=f"{deposit.name}-could-not-collect.json",
        media_type=MEDIA_TYPE,
        label=described,
        gap=said,
        encrypted=False,
    )


def gap_content(deposit: Deposit, incident: str, at: datetime) -> bytes:
    """Return the bytes of a gap's exhibit: what was asked of which incident (`INC-n`), when, why it failed.

    The arguments of the collector are not in it, since they may hold what nobody should read.
    """
    stated = {
        "incident": incident,
        "collector": deposit.collector,
        "of": deposit.of,
        "could_not_collect_because": deposit.gap,
        "at": at.isoformat(),
    }
    return json.dumps(stated, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def same_evidence(one: Deposit, collector: str | None, of: str, gap: str) -> bool:
    """Say whether equal bytes with these marks would be the same exhibit as the deposit."""
    return (one.collector, one.of, one.gap) == (collector, of, gap)
