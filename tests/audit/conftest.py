"""A small log and a signer that holds the published test key, for every test of the audit room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tocsin.audit.checkpoint import signed
from tocsin.audit.cosignature import ED25519_COSIGNATURE, ML_DSA_44, CosignerKey, cosign, with_cosignatures
from tocsin.audit.merkle import leaf_hash, root_of
from tocsin.audit.note import VerifierKey, parse_vkey
from tocsin.domain.entry import Checkpoint, Leaf

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class KeySigner:
    """A signer that signs whatever it is given, as a stolen key would; with a second key only if `two`."""

    def __init__(self, origin: str = "tocsin.example/audit", seed: int = 1, two: bool = False) -> None:
        self.origin = origin
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.second = MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32)
        self.two = two

    @property
    def verifier_key(self) -> str:
        return VerifierKey(self.origin, self.private.public_key().public_bytes_raw()).text

    def sign(self, note_text: bytes) -> bytes:
        return self.private.sign(note_text)

    @property
    def cosigner(self) -> CosignerKey:
        return CosignerKey(self.origin, ML_DSA_44, self.second.public_key().public_bytes_raw())

    @property
    def second_key(self) -> str | None:
        return self.cosigner.text if self.two else None

    def sign_second(self, note_text: bytes, at: datetime) -> bytes:
        return cosign(note_text.decode(), self.cosigner, self.second.sign, int(at.timestamp())).signature


class WitnessKey:
    """A witness that cosigns whatever it is given, with the published key unless another seed is said."""

    def __init__(self, name: str = "witness.example/w1", seed: int = 2, two: bool = False) -> None:
        if two:
            second = MLDSA44PrivateKey.from_seed_bytes(bytes([seed]) * 32)
            self.sign, public, algorithm = second.sign, second.public_key().public_bytes_raw(), ML_DSA_44
        else:
            private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
            self.sign, public = private.sign, private.public_key().public_bytes_raw()
            algorithm = ED25519_COSIGNATURE
        self.key = CosignerKey(name, algorithm, public)

    def cosign(self, note: str, time_s: int = 1_767_225_600) -> str:
        text = note.rpartition("\n\n")[0] + "\n"
        return with_cosignatures(note, [cosign(text, self.key, self.sign, time_s)])


@dataclass(frozen=True)
class Book:
    """A log of entries `{"n":0}` and on, with a checkpoint at each of the sizes asked for."""

    signer: KeySigner
    leaves: tuple[Leaf, ...]
    checkpoints: tuple[Checkpoint, ...]

    @property
    def key(self) -> VerifierKey:
        return parse_vkey(self.signer.verifier_key)

    def signed_at(self, size: int, leaves: Sequence[Leaf] = ()) -> Checkpoint:
        hashes = [leaf.leaf_hash for leaf in (leaves or self.leaves)[:size]]
        return signed(size, root_of(hashes), self.signer, NOW + timedelta(seconds=size))


def leaf(index: int, content: bytes = b"") -> Leaf:
    content = content or b'{"n":%d}' % index
    return Leaf(index=index, content=content, leaf_hash=leaf_hash(content))


def make_book(size: int, *sealed: int, signer: KeySigner | None = None) -> Book:
    book = Book(signer or KeySigner(), tuple(leaf(index) for index in range(size)), ())
    return Book(book.signer, book.leaves, tuple(book.signed_at(each) for each in sealed))


@pytest.fixture
def book() -> Book:
    """Return ten entries with checkpoints at sizes 3, 7 and 9."""
    return make_book(10, 3, 7, 9)


@pytest.fixture
def eve() -> KeySigner:
    """Return a signer of the log's name with a key of Eve's own."""
    return KeySigner(seed=3)


@pytest.fixture
def books() -> Callable[..., Book]:
    """Return a maker of books: the number of entries, then the sizes to be sealed."""
    return make_book


@pytest.fixture
def leaf_of() -> Callable[..., Leaf]:
    """Return a maker of leaves: the index and, if it is not the usual one, the content."""
    return leaf


@pytest.fixture
def signers() -> Callable[..., KeySigner]:
    """Return a maker of signers: origin, seed, and whether there are two keys."""
    return KeySigner


@pytest.fixture
def witnesses() -> Callable[..., WitnessKey]:
    """Return a maker of witnesses: name, seed, and whether the key is ML-DSA-44."""
    return WitnessKey
