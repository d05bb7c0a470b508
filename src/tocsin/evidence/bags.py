"""What a bag says: the texts of BagIt 1.0 (RFC 8493) around exhibits, each following from them alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyEvent, Exhibit

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
LABELS, CUSTODY, PROOFS = "exhibits.ndjson", "custody.jsonl", "proofs"
_UNITS = ("B", "KB", "MB", "GB")
_UNFIT = re.compile(r"[%:*?\"<>|~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """What is packed, by whom, when, with what; `clock_offset_s`: how far our clock was set meanwhile.

    `trust` is the level that the log had reached, `window` how long ago it could have been changed unseen.
    `left_out` has a sentence for each exhibit that was no longer what was kept.
    """

    name: str
    incident: str
    title: str
    incident_date: date
    packed_by: str
    packed_at: datetime
    agent: str
    clock_offset_s: float
    recipients: int
    trust: str
    window: str
    left_out: tuple[str, ...] = ()


def nothing_to_pack(incident: str) -> NotFound:
    """Return (not raise) what says that an incident has no exhibit left."""
    return NotFound(
        f"{incident} has no exhibit to pack.",
        means="No bag was made.",
        next_step="Keep evidence first: `tocsin evidence keep` or `tocsin evidence collect`.",
    )


def payload_path(exhibit: Exhibit) -> str:
    """Return where an exhibit lies in a bag: its number first, then a name that every system can write."""
    return f"data/{exhibit.short_name}-{_UNFIT.sub('_', exhibit.name)}"


def tag_files(packing: Packing, exhibits: Sequence[Exhibit]) -> Mapping[str, bytes]:
    """Return the tag files that the tag manifest lists, and that manifest, by path."""
    files = {
        "bagit.txt": DECLARATION,
        "bag-info.txt": _bag_info(packing, exhibits),
        LABELS: b"".join(_labelled(each) for each in exhibits),
        MANIFEST: _listed({payload_path(each): each.digest for each in exhibits}),
    }
    digests = {path: sha256(content).hexdigest() for path, content in files.items()}
    return {**files, TAG_MANIFEST: _listed(digests)}


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the digest (SHA-256, hex) of the tag manifest: the log holds it, and so the whole bag."""
    return sha256(files[TAG_MANIFEST]).hexdigest()


def custody_lines(events: Sequence[CustodyEvent]) -> bytes:
    """Return `custody.jsonl`. It goes on after the bag is made, so no manifest lists it: the log vouches."""
    lines = (
        {
            "exhibit": f"EX-{event.exhibit}",
            "at": event.at.isoformat(),
            "act": event.act.value,
            "actor": event.actor,
            "reason": event.reason,
        }
        for event in events
    )
    return b"".join(_json(line) for line in lines)


def _bag_info(packing: Packing, exhibits: Sequence[Exhibit]) -> bytes:
    size = sum(exhibit.size for exhibit in exhibits)
    gaps = [exhibit.short_name for exhibit in exhibits if exhibit.gap]
    pairs = [
        ("Source-Organization", "Tocsin"),
        ("Contact-Name", packing.packed_by),
        ("External-Identifier", packing.incident),
        ("Internal-Sender-Identifier", packing.name),
        ("External-Description", packing.title),
        ("Incident-Date", packing.incident_date.isoformat()),
        ("Exported-By", packing.packed_by),
        ("Bagging-Date", packing.packed_at.date().isoformat()),
        ("Packed-At", packing.packed_at.isoformat()),
        ("Clock-Offset-Seconds", f"{packing.clock_offset_s:.3f}"),
        ("Bag-Software-Agent", packing.agent),
        *(("Collector", name) for name in sorted({each.collector or "by hand" for each in exhibits})),
        ("Could-Not-Collect", ", ".join(gaps) or "nothing"),
        *(("Not-Packed", sentence) for sentence in packing.left_out),
        ("Recipients", str(packing.recipients)),
        ("Trust-Level", packing.trust),
        ("Detection-Window", packing.window),
        ("Bag-Size", _spoken(size)),
        ("Payload-Oxum", f"{size}.{len(exhibits)}"),
    ]
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in pairs).encode()


def _labelled(exhibit: Exhibit) -> bytes:
    return _json(
        {
            "exhibit": exhibit.short_name,
            "path": payload_path(exhibit),
            "sha256": exhibit.digest,
            "size": exhibit.size,
            "media_type": exhibit.media_type,
            "incident_date": exhibit.label.incident_date.isoformat(),
            "description": exhibit.label.description,
            "exported_by": exhibit.label.exported_by,
            "kept_at": exhibit.kept_at.isoformat(),
            "collector": exhibit.collector,
            "of": exhibit.of,
            "gap": exhibit.gap,
            "encrypted": exhibit.encrypted,
            "log_entry": str(exhibit.entry_id) if exhibit.entry_id else None,
        }
    )


def _listed(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode()


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _spoken(size: int) -> str:
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"
