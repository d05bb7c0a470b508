"""Where bytes are kept: evidence by digest, signals by source and offset, and the log's signing key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol


class EvidenceLocker(Protocol):
    """Content-addressed bytes on disk; nothing in it is ever changed, and destroyed only on purpose."""

    def keep(self, content: BinaryIO) -> tuple[str, int]:
        """Read to the end, store durably, return (SHA-256 hex, size). Raises `Overloaded` on a full disk."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading. Raises `NotFound`."""
        ...

    def digest_of(self, digest: str) -> str | None:
        """Hash the stored bytes anew and return the SHA-256 hex found, None when the bytes are gone."""
        ...

    def destroy(self, digest: str) -> bool:
        """Delete the bytes; False when they are gone already. Raises `Overloaded` if the disk refuses."""
        ...


class SignalLake(Protocol):
    """Signals as they came, one NDJSON line each, appended and fsynced per source."""

    def append(self, source: str, lines: Sequence[bytes]) -> int:
        """Store the lines durably, all or none; return the offset after them. Raises `Overloaded`."""
        ...

    def read(self, source: str, offset: int, limit: int) -> tuple[tuple[bytes, ...], int]:
        """Return up to `limit` whole lines from a byte offset, and the offset after them."""
        ...

    def sources(self) -> Iterable[str]:
        """Return every source that has signals."""
        ...


class SigningKey(Protocol):
    """Signs bytes with an Ed25519 key, wherever it lies. It does not judge what it signs: others do."""

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes of the public half; nobody outside is asked."""
        ...

    def sign(self, content: bytes) -> bytes:
        """Return the 64-byte signature. Raises `Overloaded` where who holds the key does not answer."""
        ...


class CheckpointSigner(Protocol):
    """Holds the log's key. The database never sees it."""

    @property
    def origin(self) -> str:
        """Return the log's name, the first line of each checkpoint."""
        ...

    @property
    def verifier_key(self) -> str:
        """Return the vkey (`name+id+base64`) that checks the signatures."""
        ...

    def sign(self, note_text: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over the note's text."""
        ...

    @property
    def second_key(self) -> str | None:
        """Return the vkey of the log's ML-DSA-44 key, None where whoever keeps the keys can make none."""
        ...

    def sign_second(self, note_text: bytes, at: datetime) -> bytes:
        """Return what stands in the second key's line: 8 bytes of time (s), then the 2,420-byte signature."""
        ...


class Vault(Protocol):
    """Seals what must not lie in the clear: secret arguments, and what an undo needs."""

    def seal(self, plain: bytes) -> bytes:
        """Return the bytes encrypted and authenticated."""
        ...

    def unseal(self, sealed: bytes) -> bytes:
        """Return the bytes as they were. Raises `NotFound` for what was not sealed here, or was changed."""
        ...

    def fingerprint(self, plain: bytes) -> str:
        """Return a keyed digest (hex) by which equal bytes are known without showing them."""
        ...
