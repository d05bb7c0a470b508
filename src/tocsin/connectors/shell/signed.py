"""The allow-list of commands, believed only with a good signature by the key of the settings."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tocsin.domain.errors import Explained, Misconfigured

FILE, KEY = "TOCSIN_SHELL_FILE", "TOCSIN_SHELL_KEY"
SIGN = "openssl pkeyutl -sign -rawin -inkey key.pem"
SIGNATURE_BYTES = 64
LONGEST_BYTES = 1_048_576
_NOTHING_RUNS = "No command is allowed; nothing of the file is loaded."


class ShellUnsigned(Explained):
    """The allow-list of commands has no good signature, so nothing of it is believed."""

    code: ClassVar[str] = "shell_unsigned"


def believed(values: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the path and the text of the allow-list, None where none is set.

    Raises `ShellUnsigned` for a file without a good signature, `Misconfigured` for a key that is none.
    """
    if not values[FILE].strip():
        return None
    path = Path(values[FILE].strip())
    key = _key(values[KEY])
    try:
        content, signature = _bytes(path), _bytes(path.with_name(f"{path.name}.sig"))
    except OSError as error:
        raise _unsigned(path, f"cannot be read: {error.strerror}") from error
    if len(signature) != SIGNATURE_BYTES:
        raise _unsigned(path, f"has a signature of {len(signature)} bytes instead of {SIGNATURE_BYTES}")
    try:
        key.verify(signature, content)
    except InvalidSignature:
        raise _unsigned(path, "was changed after it was signed, or signed with another key") from None
    try:
        return str(path), content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unsigned(path, "is no UTF-8 text") from error


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST_BYTES)


def _key(text: str) -> Ed25519PublicKey:
    try:
        key = load_der_public_key(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Misconfigured(
            f"{KEY} is no Ed25519 public key.",
            means=_NOTHING_RUNS,
            next_step="Set it to the middle line of: openssl pkey -in key.pem -pubout.",
        )
    return key


def _unsigned(path: Path, why: str) -> ShellUnsigned:
    return ShellUnsigned(
        f"The allow-list of commands, {path.name}, or its signature {why}.",
        means=_NOTHING_RUNS,
        next_step=f"Read it, then: {SIGN} -in {path.name} -out {path.name}.sig",
    )
