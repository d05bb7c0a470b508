"""An entry as bytes: written once, hashed as written, never written again.

Only short facts belong here. Personal content stays outside, since a leaf can never be erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import msgspec
import orjson

from tocsin.domain.entry import Entry
from tocsin.domain.errors import Explained

# The length of an entry in a C2SP entry bundle is an unsigned 16-bit number.
MAX_LEAF_BYTES = 65_535
# A longer fact, measured as JSON, is a payload and goes in by its digest.
MAX_FACT_BYTES = 4_096

_VERSION = 1
_BY_DIGEST = "sha256:"


class EntryTooLarge(Explained):
    """An entry does not fit a leaf even with all its facts by digest."""

    code = "entry_too_large"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"A log entry would be {size} bytes long; {MAX_LEAF_BYTES} is the most.",
            means="The change was not made, because it could not be logged.",
            next_step="Use shorter names, or split the change into several.",
        )


class EntryUnreadable(Explained):
    """A leaf's bytes are not an entry."""

    code = "entry_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"A log entry cannot be read: {why}.",
            means="It was damaged, or written by a newer version.",
            next_step="Run `tocsin audit verify` to learn whether the log is sound.",
        )


def encode(entry: Entry) -> bytes:
    """Return the entry's leaf: compact JSON, the same for the same entry, at most 65,535 bytes.

    A fact of more than 4,096 bytes goes in as `sha256:` and the hex digest of its UTF-8; if the leaf is still
    too long, every fact that is longer than a digest does. Raises `EntryTooLarge`, and ValueError for a time
    without a zone.
    """
    content = _written(entry, MAX_FACT_BYTES)
    if len(content) > MAX_LEAF_BYTES:
        content = _written(entry, len(_BY_DIGEST) + 64 + 2)
    if len(content) > MAX_LEAF_BYTES:
        raise EntryTooLarge(len(content))
    return content


def decode(content: bytes) -> Entry:
    """Read a leaf; facts kept by digest come back as `sha256:...`. Raises `EntryUnreadable`."""
    try:
        stored = msgspec.json.decode(content, type=_Stored)
    except msgspec.DecodeError as error:
        raise EntryUnreadable(str(error)) from error
    if stored.v != _VERSION:
        raise EntryUnreadable(f"its version is {stored.v}")
    return Entry(
        entry_id=stored.id,
        at=stored.at.astimezone(UTC),
        actor=stored.actor,
        kind=stored.kind,
        subject=stored.subject,
        facts=stored.facts,
    )


class _Stored(msgspec.Struct, frozen=True):
    """A leaf's JSON. Unknown fields are ignored, so that a newer version can add some."""

    v: int
    id: UUID
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    actor: str
    kind: str
    subject: str
    facts: dict[str, str]


def _written(entry: Entry, longest_fact: int) -> bytes:
    facts, digested = _facts(entry.facts, longest_fact)
    fields: dict[str, Any] = {
        "v": _VERSION,
        "id": str(entry.entry_id),
        "at": _instant(entry.at),
        "actor": _storable(entry.actor),
        "kind": _storable(entry.kind),
        "subject": _storable(entry.subject),
        "facts": facts,
    }
    if digested:
        fields["digested"] = digested
    return orjson.dumps(fields)


def _facts(facts: Mapping[str, str], longest: int) -> tuple[dict[str, str], list[str]]:
    """Return the facts in order of their names, and the names of those that are there by digest only."""
    kept: dict[str, str] = {}
    digested = []
    for name in sorted(facts):
        value = _storable(facts[name])
        if len(orjson.dumps(value)) > longest:
            digested.append(_storable(name))
            value = _BY_DIGEST + sha256(value.encode()).hexdigest()
        kept[_storable(name)] = value
    return kept, digested


def _storable(text: str) -> str:
    """Spell out lone surrogates, which hostile JSON can contain and UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("An entry's time needs a zone.")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
