"""The C2SP signed note (v1.0.0): a text, and lines that say who signed it.

Format: https://c2sp.org/signed-note. Lines are chosen by name and key id, never by the name alone: a log and
its second key bear the same one. Lines of unknown keys are kept and ignored.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.domain.errors import Explained

ED25519 = 0x01
KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32

# Sixteen ML-DSA-44 lines, the most a reader must accept, need about 54,000 bytes.
MAX_NOTE_BYTES = 131_072

_MARK = "\u2014 "


class NoteRefused(Explained):
    """A signed note is malformed, or no signature of a known key holds."""

    code = "note_refused"

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="Nothing that this note says can be trusted.",
            next_step="Fetch the note again from its log and compare the two byte by byte.",
        )


class KeyRefused(Explained):
    """A verifier key (vkey) cannot be read."""

    code = "verifier_key_refused"

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="Without the log's verifier key no signature can be checked.",
            next_step="Give the key as it was published: NAME+8 hex digits+base64, on one line.",
        )


class NoteKey(Protocol):
    """The public half of a key whose signature lines a note can bear, of any type."""

    @property
    def name(self) -> str: ...
    @property
    def key_id(self) -> bytes:
        """Return the 4 bytes that select this key's signature lines."""
        ...

    def holds(self, text: str, signature: bytes) -> bool:
        """Say whether what stands in this key's line behind the key id is its signature of the text."""
        ...


@dataclass(frozen=True, slots=True)
class TypedKey:
    """What a vkey says: a name, the signature type's byte, the public key; the key id fits them."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Return the 4 bytes that select this key's signature lines."""
        return key_id(self.name, self.algorithm, self.public_key)

    @property
    def text(self) -> str:
        """Return the vkey: `name+hex key id+base64(type || public key)`."""
        typed = b64encode(bytes((self.algorithm,)) + self.public_key).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{typed}"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of an Ed25519 note key, with the name it signs under."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Return the 4 bytes that select this key's signature lines."""
        return key_id(self.name, ED25519, self.public_key)

    @property
    def text(self) -> str:
        """Return the vkey: `name+hex key id+base64(type || public key)`."""
        return TypedKey(self.name, ED25519, self.public_key).text

    def holds(self, text: str, signature: bytes) -> bool:
        """Say whether the signature over the note's text is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. `signature` comes after the key id and may hold more than a bare signature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing in it is verified. `text` ends in a newline."""

    text: str
    signatures: tuple[NoteSignature, ...]


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """Return the first 4 bytes of `SHA-256(name || 0x0A || type || public key)`."""
    return sha256(name.encode() + b"\n" + bytes((algorithm,)) + public_key).digest()[:KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    """Say whether a name may be a key's: not empty, no spaces, no plus, no control characters."""
    return (
        bool(name) and "+" not in name and not any(c.isspace() or c < " " or _is_surrogate(c) for c in name)
    )


def read_vkey(vkey: str) -> TypedKey:
    """Read a vkey of any type. Raises `KeyRefused` when it is malformed or its id does not fit."""
    name, _, rest = vkey.strip().partition("+")
    stated_id, _, encoded = rest.partition("+")
    typed = strict_base64(encoded)
    if not is_key_name(name) or not typed:
        raise KeyRefused("The verifier key is not of the form NAME+8 hex digits+base64.")
    key = TypedKey(name, typed[0], typed[1:])
    if stated_id != key.key_id.hex():
        raise KeyRefused(
            f"The verifier key names the id {stated_id!r}, but its own id is {key.key_id.hex()}."
        )
    return key


def parse_vkey(vkey: str) -> VerifierKey:
    """Read a log's Ed25519 vkey. Raises `KeyRefused` as `read_vkey` does, and for one of another type."""
    key = read_vkey(vkey)
    if key.algorithm != ED25519 or len(key.public_key) != PUBLIC_KEY_BYTES:
        raise KeyRefused("The verifier key is not an Ed25519 note key (type 1, 32 bytes).")
    return VerifierKey(key.name, key.public_key)


def format_note(text: str, signatures: Sequence[NoteSignature]) -> str:
    """Return the note: the text, an empty line, then a line a signature."""
    return text + "\n" + "".join(_signature_line(signature) for signature in signatures)


def parse_note(note: str) -> Note:
    """Take a note apart without verifying it. Raises `NoteRefused` when it is malformed."""
    _refuse_unfit_characters(note)
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        raise NoteRefused("The note is not a text, an empty line and signature lines.")
    return Note(text + "\n", tuple(_parse_line(line) for line in lines[:-1].split("\n")))


def verify_note(note: str, known: Sequence[NoteKey]) -> Note:
    """Return the note with the signatures that known keys made, at least one.

    Lines of unknown keys are ignored. Raises `NoteRefused` when the note is malformed, when no line is a
    known key's, or when any line that bears a known key's name and id does not verify.
    """
    parsed = parse_note(note)
    keys = {(key.name, key.key_id): key for key in known}
    verified = []
    for line in parsed.signatures:
        key = keys.get((line.name, line.key_id))
        if key is None:
            continue
        if not key.holds(parsed.text, line.signature):
            raise NoteRefused(
                f"The signature of {key.name} ({key.key_id.hex()}) does not fit the note's text."
            )
        verified.append(line)
    if not verified:
        raise NoteRefused("The note bears no signature of a known key.")
    return Note(parsed.text, tuple(verified))


def strict_base64(encoded: str) -> bytes | None:
    """Decode standard base64 with padding; None for any other spelling of the same or no bytes."""
    try:
        decoded = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if b64encode(decoded).decode("ascii") == encoded else None


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _signature_line(signature: NoteSignature) -> str:
    payload = b64encode(signature.key_id + signature.signature).decode("ascii")
    return f"{_MARK}{signature.name} {payload}\n"


def _parse_line(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    payload = strict_base64(encoded)
    if not line.startswith(_MARK) or not is_key_name(name) or payload is None:
        raise NoteRefused("A signature line of the note is not a dash, a name and base64.")
    if len(payload) <= KEY_ID_BYTES:
        raise NoteRefused(f"The signature line of {name} holds no signature.")
    return NoteSignature(name, payload[:KEY_ID_BYTES], payload[KEY_ID_BYTES:])


def _refuse_unfit_characters(note: str) -> None:
    try:
        length = len(note.encode())
    except UnicodeEncodeError as error:
        raise NoteRefused("The note is not valid UTF-8.") from error
    if length > MAX_NOTE_BYTES:
        raise NoteRefused(f"The note is longer than {MAX_NOTE_BYTES} bytes.")
    if any(character < " " and character != "\n" for character in note):
        raise NoteRefused("The note holds a control character.")
