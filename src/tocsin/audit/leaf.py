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
    return _entry(_read(content))


def decode_with_digests(content: bytes) -> tuple[Entry, Mapping[str, str]]:
    """Read a leaf, and the SHA-256 (hex) of each fact, also of those kept by digest. Raises as `decode`."""
    stored = _read(content)
    by_digest = frozenset(stored.digested)
    digests = {
        name: value.removeprefix(_BY_DIGEST) if name in by_digest else fact_digest(value)
        for name, value in stored.facts.items()
    }
    return _entry(stored), digests


def fact_digest(value: str) -> str:
    """Return the SHA-256 (hex) of a fact as it is logged."""
    return sha256(as_logged(value).encode()).hexdigest()


def _read(content: bytes) -> _Stored:
    try:
        stored = msgspec.json.decode(content, type=_Stored)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EntryUnreadable(str(error)) from error
    if stored.v != _VERSION:
        raise EntryUnreadable(f"its version is {stored.v}")
    return stored


def _entry(stored: _Stored) -> Entry:
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
    digested: tuple[str, ...] = ()


def _written(entry: Entry, longest_fact: int) -> bytes:
    facts, digested = _facts(entry.facts, longest_fact)
    fields: dict[str, Any] = {
        "v": _VERSION,
        "id": str(entry.entry_id),
        "at": _instant(entry.at),
        "actor": as_logged(entry.actor),
        "kind": as_logged(entry.kind),
        "subject": as_logged(entry.subject),
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
        value = as_logged(facts[name])
        if len(orjson.dumps(value)) > longest:
            digested.append(as_logged(name))
            value = _BY_DIGEST + fact_digest(value)
        kept[as_logged(name)] = value
    return kept, digested


def as_logged(text: str) -> str:
    """Return the text with NUL and lone surrogates replaced by U+FFFD, as every row of our database has it.

    Hostile JSON can contain them, and UTF-8 or PostgreSQL cannot.
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("An entry's time needs a zone.")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
