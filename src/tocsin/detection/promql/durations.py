"""Durations as Prometheus writes them, such as 1h30m; in milliseconds."""

from __future__ import annotations

import re

# https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations: from long to short, each once.
_UNITS_MS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
_DURATION = re.compile("".join(rf"(?:([0-9]+){unit})?" for unit in _UNITS_MS) + r"\Z")
LONGEST_MS = (2**63 - 1) // 1_000_000
"""Go counts nanoseconds in 63 bits, which is about 292 years."""


def milliseconds_of(text: str) -> int | None:
    """Return a duration in milliseconds, None when the text is none or too long. `0` needs no unit."""
    if text == "0":
        return 0
    found = _DURATION.match(text)
    if found is None or not text:
        return None
    parts = zip(found.groups(), _UNITS_MS.values(), strict=True)
    total = sum(int(count[:20]) * unit_ms for count, unit_ms in parts if count)
    return total if total <= LONGEST_MS else None


def duration_of(total_ms: int) -> str:
    """Return milliseconds as a duration, largest units first, as Prometheus prints it."""
    if total_ms == 0:
        return "0s"
    text = ""
    for unit, unit_ms in _UNITS_MS.items():
        # Years and weeks appear only where they say everything.
        if unit in ("y", "w") and total_ms % unit_ms:
            continue
        count, total_ms = divmod(total_ms, unit_ms)
        text += f"{count}{unit}" if count else ""
    return text
