"""What is stored beside each line of the log: its place, its hash, and the proof that Tocsin wrote it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

# All logs of a line of successors lie in one table; each has so many places, which none will ever use up.
PLACES = 1 << 40
# The second name of a good entry behind a break, under which it stands in the successor, byte for byte.
CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which line of which writer a log line is: counters begin at 1 and have no gap, whatever is undone.

    A writer is one connection to the database, by a random number of 63 bits. See docs/adr/0015.
    """

    writer: int
    counter: int


def first_place(number: int) -> int:
    """Return the place of the first entry of a log, by its number in the line of logs (from 1)."""
    return (number - 1) * PLACES


def leaf_hash(content: bytes) -> bytes:
    """Return RFC 6962's hash of a leaf (section 2.1): SHA-256 over a zero byte and the content."""
    return hashlib.sha256(b"\0" + content).digest()


def entry_mac(key: bytes, entry_id: UUID, content: bytes, stamp: Stamp | None = None) -> bytes:
    """Return HMAC-SHA-256 over the 16 bytes of the entry's id, writer and counter (8 each), and its content.

    The key lies outside the database, so a line that was written around Tocsin has none that fits. Lines of
    versions before the stamp have none, and their MAC is made with the key itself.
    """
    if stamp is None:
        return hmac.digest(key, entry_id.bytes + content, "sha256")
    stamped = hmac.digest(key, b"tocsin stamped entry", "sha256")
    numbers = stamp.writer.to_bytes(8, "big") + stamp.counter.to_bytes(8, "big")
    return hmac.digest(stamped, entry_id.bytes + numbers + content, "sha256")


def is_ours(key: bytes, entry_id: UUID, content: bytes, mac: bytes, stamp: Stamp | None = None) -> bool:
    """Say whether a line was written by somebody who holds the key, and as the line it says it is."""
    return hmac.compare_digest(entry_mac(key, entry_id, content, stamp), mac)


def stamp_of(writer: object, counter: object) -> Stamp | None:
    """Return the stamp of two columns, None where there is none or who wrote around us left nonsense."""
    if not (isinstance(writer, int) and isinstance(counter, int)):
        return None
    return Stamp(writer, counter) if 0 <= writer < 1 << 63 and 0 <= counter < 1 << 63 else None
