"""Translate what our own detection found into a report of an alert, like that of any other source."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import AlertReport
from tocsin.domain.detected import DetectedAlert, SignalRef

SOURCE = "detection"
DRILL_SOURCE = "drill-"
LEASE = timedelta(hours=1)
"""How long a detected burst counts as firing after its last signal was reported, if its end is not known."""
LATCHED = timedelta(days=3650)
"""An alert that only a person may end."""
MAX_RECORDS = 50
MAX_EVIDENCE_BYTES = 65_536
_BURST_DIGITS = 16


def detected_report(detected: DetectedAlert, now: datetime) -> AlertReport:
    """Return the report of one burst; the same burst gives the same labels, so the same fingerprint.

    The label `burst` (16 hex digits of the SHA-256 of the burst's key) keeps two bursts of one rule
    apart, so that each alert's count is exact. Labels that the rule gives stand beside ours and never
    replace them; fields of the group that clash with a label are prefixed with `group_`. Evidence is the
    first records of the burst, at most 50 and 64 KiB in all.
    """
    ours = {
        "alertname": detected.rule_title,
        "rule_id": detected.rule_id,
        "severity": detected.rule_level,
        "burst": hashlib.sha256(detected.key.encode("utf-8", "replace")).hexdigest()[:_BURST_DIGITS],
    }
    if detected.incident_type:
        ours["incident_type"] = detected.incident_type
    labels = {**dict(detected.labels), **ours}
    for field, text in detected.group:
        labels[f"group_{field}" if field in labels else field] = text
    return AlertReport(
        source=f"{SOURCE}:drill" if _is_drill(detected) else SOURCE,
        labels=labels,
        annotations=_annotations(detected),
        starts_at=detected.first_seen,
        ends_at=_end(detected, now),
        count=detected.count,
        evidence=_evidence(detected.evidence),
    )


def _end(detected: DetectedAlert, now: datetime) -> datetime:
    if detected.latch:
        return max(now, detected.first_seen) + LATCHED
    return detected.ends_at or max(now, detected.first_seen) + LEASE


def _is_drill(detected: DetectedAlert) -> bool:
    """Only drills may write to a source that begins so, and all of the burst must come from one."""
    return bool(detected.evidence) and all(ref.source.startswith(DRILL_SOURCE) for ref in detected.evidence)


def _annotations(detected: DetectedAlert) -> dict[str, str]:
    signals = "1 signal" if detected.count == 1 else f"{detected.count} signals"
    group = ", ".join(f"{field} {text}" for field, text in detected.group)
    annotations = {"summary": f"{detected.rule_title} ({group})" if group else detected.rule_title}
    seen = f"{signals} from {_instant(detected.first_seen)} to {_instant(detected.last_seen)}."
    because = f" Measured: {detected.measured}." if detected.measured else ""
    annotations["description"] = f"{detected.description.strip()}\n{seen}{because}".strip()
    if detected.rule_hash:
        annotations["rule_hash"] = detected.rule_hash
    if detected.tags:
        annotations["tags"] = ", ".join(detected.tags)
    if detected.references:
        annotations["references"] = "\n".join(detected.references)
    return annotations


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _evidence(refs: tuple[SignalRef, ...]) -> tuple[str, ...]:
    kept = []
    room = MAX_EVIDENCE_BYTES
    for ref in refs[:MAX_RECORDS]:
        room -= len(ref.raw)
        if room < 0:
            break
        kept.append(ref.raw.decode("utf-8", "replace"))
    return tuple(kept)
