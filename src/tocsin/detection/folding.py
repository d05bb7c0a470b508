"""Fold many signals into one burst with an exact count and bounded evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from tocsin.detection.sigma.header import Header
from tocsin.detection.state import Burst, Ref, instant
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity

# The burst of a plain rule ends after this much quiet in event time.
FOLD_QUIET_SECONDS = 3_600

# A burst shows its first and its last signals, at most 50 together.
HEAD = 25
TAIL = 25


def opened(
    label: str, group: tuple[tuple[str, str], ...], folded: str, refs: Sequence[Ref], fired: int
) -> Burst:
    """Return a new burst of at least one signal; `folded` is the group's key as it is compared."""
    first = refs[0]
    named = json.dumps([label, folded, first.source, first.position, first.time]).encode()
    burst = Burst(
        key=sha256(named).hexdigest()[:32],
        group=group,
        first=first.time,
        last=first.time,
        fired=fired,
        count=0,
        head=[],
        tail=[],
    )
    extend(burst, refs, fired)
    return burst


def extend(burst: Burst, refs: Sequence[Ref], fired: int) -> None:
    """Add signals to a burst in place."""
    burst.fired = max(burst.fired, fired)
    burst.count += len(refs)
    for ref in refs:
        burst.first = min(burst.first, ref.time)
        burst.last = max(burst.last, ref.time)
    room = max(0, HEAD - len(burst.head))
    burst.head.extend(refs[:room])
    burst.tail.extend(refs[room:])
    del burst.tail[:-TAIL]


def copied(burst: Burst) -> Burst:
    """Return a burst that can be extended without changing this one."""
    return Burst(
        key=burst.key,
        group=burst.group,
        first=burst.first,
        last=burst.last,
        fired=burst.fired,
        count=burst.count,
        head=list(burst.head),
        tail=list(burst.tail),
    )


def alert(header: Header, severity: Severity | None, burst: Burst) -> DetectedAlert:
    """Return a burst as the alert that others see."""
    return DetectedAlert(
        key=burst.key,
        rule_id=header.label,
        rule_title=header.title,
        rule_level=header.level,
        severity=severity,
        first_seen=instant(burst.first),
        last_seen=instant(burst.last),
        count=burst.count,
        group=burst.group,
        evidence=tuple(ref.as_evidence() for ref in (*burst.head, *burst.tail)),
        tags=header.tags,
        description=header.description,
        author=header.author,
        references=header.references,
    )
