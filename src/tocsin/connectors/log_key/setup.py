"""Reads which keys of the log somebody else holds; what speaks to them is loaded only then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tocsin.connectors.catalogue import load
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.keeping import SigningKey

URI, PUBLIC = "TOCSIN_LOG_KEY_URI", "TOCSIN_LOG_KEY_PUBLIC"
_HELD = "tocsin.connectors.log_key.held:make"
_MAX_PEM_BYTES = 65_536


def build(values: Mapping[str, str]) -> tuple[SigningKey, ...]:
    """Return the keys of the first log, the second, and so on, as far as they are set.

    Nobody outside is asked. Raises `Misconfigured`.
    """
    uris, files = _listed(values[URI]), _listed(values[PUBLIC])
    if len(uris) != len(files):
        raise _unusable(
            f"{URI} names {len(uris)} keys and {PUBLIC} {len(files)} files.",
            f"Name in {PUBLIC} one PEM file for each key, in the same order, with commas.",
        )
    publics = [_public_in(Path(file).expanduser()) for file in files]
    if len({each.public_bytes_raw() for each in publics}) != len(publics):
        raise _unusable(
            f"{PUBLIC} names one key twice.",
            "Give each log a key of its own: a stolen one must sign nothing of the next.",
        )
    place = (values["TOCSIN_AWS_REGION"], values["TOCSIN_AWS_URL"])
    return tuple(load(_HELD)(uri, public, *place) for uri, public in zip(uris, publics, strict=True))


def _public_in(path: Path) -> Ed25519PublicKey:
    step = "Name a file with the Ed25519 public key in PEM, as the KMS gives it out."
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(_MAX_PEM_BYTES))
    except OSError as error:
        raise _unusable(f"{path}, which {PUBLIC} names, cannot be read: {error.strerror}.", step) from error
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(f"{path}, which {PUBLIC} names, holds no Ed25519 public key in PEM.", step)
    return key


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _unusable(happened: str, next_step: str) -> Misconfigured:
    return Misconfigured(
        happened,
        means="It is not known who signs the log, so nothing is started.",
        next_step=next_step,
    )
