"""When bytes become an exhibit: they are there, they bear R2's label, and their name can do no harm."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tocsin.domain.errors import Explained
from tocsin.domain.exhibit import Exhibit, Label

DEFAULT_MEDIA_TYPE = "application/octet-stream"
DEFAULT_NAME = "exhibit"
# File systems allow 255 bytes in a name; this leaves room for the number put before it in a bag.
MAX_NAME_BYTES = 200

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
# RFC 6838 section 4.2, at most 127 characters on each side of the slash.
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)


class LabelMissing(Explained):
    """An exhibit was handed in without a part of its label."""

    code = "label_missing"

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(
            f"The exhibit's label lacks {' and '.join(missing)}.",
            means="Evidence nobody can place or attribute does not count, so it was not kept as an exhibit.",
            next_step="Give the incident's date, a description, and the name of the person who exported it.",
        )
        self.missing = missing


class EvidenceEmpty(Explained):
    """An exhibit of no bytes was handed in."""

    code = "evidence_empty"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is empty.",
            means="No bytes were exported, so nothing is proven, and no exhibit was kept.",
            next_step="Export it again and look at its size; if there was nothing to export, write a note.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """What somebody, or a collector, hands in to be kept: everything but the bytes themselves.

    `of`, `gap` and `encrypted` are those of the exhibit.
    """

    incident_id: UUID
    name: str
    label: Label
    media_type: str = ""
    collector: str | None = None
    covers: str = ""
    of: str = ""
    gap: str = ""
    encrypted: bool = False


def label(incident_date: date | None, description: str, exported_by: str) -> Label:
    """Return a label, its texts trimmed. Raises `LabelMissing`, which names every part that is missing."""
    parts = {
        "the incident date": incident_date,
        "a description": description.strip(),
        "the exporter's name": exported_by.strip(),
    }
    missing = tuple(part for part, given in parts.items() if not given)
    if incident_date is None or missing:
        raise LabelMissing(missing)
    return Label(
        incident_date=incident_date, description=description.strip(), exported_by=exported_by.strip()
    )


def admit(deposit: Deposit, *, number: int, digest: str, size: int, now: datetime) -> Exhibit:
    """Return the exhibit for bytes that the locker holds under `digest` (SHA-256, hex), `size` bytes long.

    It has no log entry yet.

    Raises `LabelMissing` and `EvidenceEmpty`, and ValueError for what is not a digest.
    """
    if not _DIGEST.fullmatch(digest):
        raise ValueError("An exhibit's digest is 64 lower-case hex digits.")
    given = deposit.label
    name = safe_name(deposit.name)
    if size <= 0:
        raise EvidenceEmpty(name)
    return Exhibit(
        number=number,
        incident_id=deposit.incident_id,
        digest=digest,
        size=size,
        media_type=_media_type(deposit.media_type),
        name=name,
        label=label(given.incident_date, given.description, given.exported_by),
        kept_at=now,
        collector=deposit.collector,
        covers=deposit.covers,
        of=deposit.of,
        gap=deposit.gap,
        encrypted=deposit.encrypted,
    )


def safe_name(name: str) -> str:
    """Return a name that is one path component, prints as it reads, and has at most 200 bytes of UTF-8.

    Path separators become `_`; control and format characters (which could turn the text's direction) and lone
    surrogates are dropped; so are leading dots and surrounding spaces. An empty rest becomes `exhibit`.
    """
    printable = "".join(
        c for c in unicodedata.normalize("NFC", name) if not unicodedata.category(c).startswith("C")
    )
    flat = re.sub(r"[/\\]", "_", printable).strip().lstrip(".").strip()
    short = flat.encode()[:MAX_NAME_BYTES].decode("utf-8", "ignore").strip()
    return short or DEFAULT_NAME


def _media_type(stated: str) -> str:
    """Return the stated type without parameters, or the default when it is absent or malformed."""
    essence = stated.partition(";")[0].strip().lower()
    return essence if _MEDIA_TYPE.fullmatch(essence) else DEFAULT_MEDIA_TYPE
