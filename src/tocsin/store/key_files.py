"""Where the log's Ed25519 key lies: in a file of its own, or elsewhere with its public half in that file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.domain.ports.keeping import SigningKey

# A PKCS#8 Ed25519 key in PEM has 119 bytes, a checkpoint's body a few hundred.
MAX_FILE_BYTES = 65_536


class KeyInFile:
    """An Ed25519 key in a PEM file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def first_content(self) -> bytes:
        """Return what the file holds when it is made: a new key."""
        return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def opened(self) -> SigningKey:
        """Return the key. Raises `Misconfigured` for a file that holds none or that others can open."""
        key = private_key_in(self._path)
        if not isinstance(key, Ed25519PrivateKey):
            raise key_unfit(self._path, "is not an Ed25519 private key in unencrypted PEM")
        return _LocalKey(key)


class KeyElsewhere:
    """A key that somebody else holds; the file has its public half, which tells it from any other key.

    So a home remembers which key its log was begun with, whatever the settings say later.
    """

    def __init__(self, path: Path, held: SigningKey) -> None:
        self._path = path
        self._held = held

    def first_content(self) -> bytes:
        """Return what the file holds when it is made: the public half in PEM."""
        public = Ed25519PublicKey.from_public_bytes(self._held.public_key)
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def opened(self) -> SigningKey:
        """Return the key. Raises `Misconfigured` when the log was begun with another one."""
        with self._path.open("rb") as file:
            known = file.read(MAX_FILE_BYTES)
        if known != self.first_content():
            raise Misconfigured(
                f"The log was begun with another key than TOCSIN_LOG_KEY_URI names: see {self._path}.",
                means="The log's head is not signed; its entries are kept and wait.",
                next_step=(
                    "Name the key that the log was begun with, or empty TOCSIN_LOG_KEY_URI if it was one in "
                    "this file. Another key would be another log, with a new origin."
                ),
            )
        return self._held


class _LocalKey:
    """A key in memory."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        return self._key.sign(content)


def private_key_in(path: Path) -> object:
    """Return the key in a PEM file, None for what is none. Raises `Misconfigured` if others can open it."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if mode & 0o077:
            raise _readable_by_others(path)
        pem = file.read(MAX_FILE_BYTES)
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def key_unfit(path: Path, how: str) -> Misconfigured:
    """Return (not raise) what says that a key file cannot be used."""
    return Misconfigured(
        f"The log's signing key {path} {how}.",
        means="The log's head is not signed; its entries are kept and wait.",
        next_step="Restore the key from its backup. A new key would be a new log, with a new origin.",
    )


@contextmanager
def explained() -> Iterator[None]:
    """Turn a disk's refusal into `Overloaded`: the entries are kept and wait for their signature."""
    try:
        yield
    except OSError as error:
        raise Overloaded(
            f"The log's key or the signer's memory cannot be used: {error.strerror or type(error).__name__}.",
            means="The log's head was not signed; its entries are kept and wait.",
            next_step="Free space on the disk of the signing key, or give its owner the right to use it.",
        ) from error


def _readable_by_others(path: Path) -> Misconfigured:
    return Misconfigured(
        f"Other users of this machine can open the log's signing key {path}.",
        means="Whoever reads it can sign a false log; nothing is signed until that is mended.",
        next_step=f"Run `chmod 600 {path}`; if others could read it for long, start a successor log.",
    )
