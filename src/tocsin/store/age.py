"""Encrypts evidence to people who are not here: the server has their age recipients and never a key."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, ClassVar, cast

import pyrage  # type: ignore[import-untyped]

from tocsin.domain.errors import Explained, Misconfigured, Overloaded

FEWEST_RECIPIENTS = 2
"""The case key and the escrow key: whoever loses one has not lost the evidence."""
IN_MEMORY_BYTES = 1024 * 1024
_KINDS = {
    "age1pq1": pyrage.tagpq,
    "age1tagpq1": pyrage.tagpq,
    "age1tag1": pyrage.tag,
    "ssh-": pyrage.ssh,
}
"""What tells the kinds of public keys apart; all others are X25519."""


class NotDecrypted(Explained):
    """An age file cannot be opened with the identities given."""

    code: ClassVar[str] = "not_decrypted"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The file cannot be decrypted: {why}.",
            means="Nothing was written.",
            next_step="Give the identity file of one of its recipients (the case key or the escrow key).",
        )


def recipients_in(words: Sequence[str]) -> tuple[str, ...]:
    """Return the age recipients of a setting, empty without any.

    Raises `Misconfigured` for one that is none, for the same one twice, and for a single one.
    """
    for number, word in enumerate(words, 1):
        try:
            _recipient(word)
        except pyrage.RecipientError as error:
            raise _wrong(f"recipient {number} is no age or ssh public key ({error})") from None
    if len(set(words)) != len(words):
        raise _wrong("names one recipient twice")
    if 0 < len(words) < FEWEST_RECIPIENTS:
        raise _wrong("names a single recipient")
    return tuple(words)


@contextmanager
def encrypting(content: Any, recipients: Sequence[str]) -> Iterator[BinaryIO]:
    """Yield the content as an age file. On disk, if it is large, lies nothing that is not encrypted.

    An error of `content` itself passes. Raises `Overloaded` when the disk takes no more.
    """
    keys, reader = [_recipient(each) for each in recipients], _Reader(content)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        writer = _Writer(file)
        try:
            pyrage.encrypt_io(reader, writer, keys)
        except pyrage.EncryptError as error:
            raise reader.fault or _disk_refused(error) from None
        if writer.fault is not None:
            raise _disk_refused(writer.fault)
        file.seek(0)
        yield cast(BinaryIO, file)


def decrypt(content: BinaryIO, out: BinaryIO, identities: str) -> None:
    """Write what an age file holds to `out`, with the identities of the text of an identity file.

    Raises `NotDecrypted`, also where a part of it was written already. An error of `out` passes.
    """
    writer = _Writer(out)
    try:
        pyrage.decrypt_io(content, writer, _identities(identities))
    except (pyrage.DecryptError, OSError) as error:
        if writer.fault is None:
            raise NotDecrypted(str(error) or "no identity matches") from None
    if writer.fault is not None:
        raise writer.fault


def _recipient(word: str) -> Any:
    kind = next((module for start, module in _KINDS.items() if word.startswith(start)), pyrage.x25519)
    return kind.Recipient.from_str(word)


def _identities(text: str) -> list[Any]:
    if "PRIVATE KEY-----" in text:
        return [_identity(pyrage.ssh.Identity.from_buffer, text.encode())]
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise NotDecrypted("the identity file holds no key")
    return [_identity(pyrage.x25519.Identity.from_str, key) for key in keys]


def _identity(read: Any, key: Any) -> Any:
    try:
        return read(key)
    except pyrage.IdentityError as error:
        raise NotDecrypted(f"the identity file holds no key that is understood ({error})") from None


def _wrong(how: str) -> Misconfigured:
    return Misconfigured(
        f"TOCSIN_EVIDENCE_RECIPIENTS {how}.",
        means="Tocsin does not start, because evidence that only one lost key could open is as good as gone.",
        next_step="Name two or more, comma-separated: the public case key and the public escrow key.",
    )


def _disk_refused(error: Exception) -> Overloaded:
    return Overloaded(
        f"The evidence could not be encrypted: {error}.",
        means="Nothing of it was kept.",
        next_step="Free space on the disk of temporary files, then try again.",
    )


class _Reader(io.RawIOBase):
    """A stream as the library reads it: only `read`, of as much as it asks for or less."""

    def __init__(self, content: Any) -> None:
        self._content = content
        self.fault: BaseException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read; what goes wrong is remembered, since the library makes a text of it."""
        piece = None
        try:
            piece = self._content.read(len(buffer))
        finally:
            if piece is None:
                self.fault = sys.exception()
        buffer[: len(piece)] = piece
        return len(piece)


class _Writer(io.RawIOBase):
    """A stream as the library writes it. What goes wrong is remembered: of its last piece it tells nobody."""

    def __init__(self, out: Any) -> None:
        self._out = out
        self.fault: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        """Write the whole piece."""
        try:
            self._out.write(bytes(piece))
        except OSError as fault:
            self.fault = fault
            raise
        return len(piece)
