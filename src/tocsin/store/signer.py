"""The log's signing keys in files, and beside them what was last signed, all outside the database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tocsin.audit.checkpoint import CheckpointRefused, Head, body, parse_body
from tocsin.audit.cosignature import ML_DSA_44, CosignerKey, cosign
from tocsin.audit.growth import refuse_unless_grown
from tocsin.audit.merkle import EMPTY_ROOT
from tocsin.audit.note import VerifierKey, is_key_name
from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.store.hashes import HashFile
from tocsin.store.whole_files import create_whole, sync_folder, written_beside

# A PKCS#8 Ed25519 key in PEM has 119 bytes, a checkpoint's body a few hundred.
_MAX_FILE_BYTES = 65_536


class FileSigner:
    """A `CheckpointSigner` with an Ed25519 and an ML-DSA-44 key in PEM files that only their owner can read.

    Keys and memory are created on first use; the second key lies beside the first (`<key>.ml-dsa-44`), with
    its vkey, which tells a lost key from one that was never made. The memory lies there too (`<key>.last`):
    the three lines of the last checkpoint that was signed. It is written, and durable, before a signature is
    handed out.
    """

    def __init__(self, path: Path, origin: str, hashes: Path | None = None) -> None:
        """Raises `Misconfigured` when the origin cannot be a note key's name.

        `hashes` is the file for the hashes of signed entries, beside the key unless said.
        """
        if not is_key_name(origin):
            raise Misconfigured(
                "The log's origin is empty, or holds a space or a plus sign.",
                means="It is the name of the log's key, and no signed note could bear it.",
                next_step="Choose an origin such as tocsin.example/audit.",
            )
        self._path = path
        self._hashes = HashFile(hashes or path.with_name(path.name + ".hashes"))
        self._memory = path.with_name(path.name + ".last")
        self._second_path = path.with_name(path.name + ".ml-dsa-44")
        self._origin = origin
        self._key: Ed25519PrivateKey | None = None
        self._second: MLDSA44PrivateKey | None = None

    @property
    def origin(self) -> str:
        """Return the log's name, the first line of each checkpoint."""
        return self._origin

    @property
    def verifier_key(self) -> str:
        """Return the vkey. Raises `Misconfigured` for an unfit key file, `Overloaded` if none can be made."""
        public = self._private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self._origin, public).text

    @property
    def second_key(self) -> str:
        """Return the vkey of the ML-DSA-44 key. Raises as `verifier_key` does."""
        return self._cosigner(self._second_private_key()).text

    @property
    def last_signed(self) -> Head:
        """Return the last head this key signed, of size 0 at first. Raises as `sign` does."""
        self._private_key()
        return self._remembered()

    def make_key(self) -> None:
        """Make keys and memory unless they are there. Raises as `verifier_key` does."""
        self._private_key()
        self._second_private_key()

    def remember_hashes(self, hashes_from: Callable[[int], Iterable[bytes]]) -> None:
        """Keep the leaf hashes that are to be signed, durably, from the first index that is not kept yet.

        `hashes_from` returns them from an index on. Raises as `sign` does.
        """
        # What was kept and never signed is kept anew: the entries may have gone with a power cut.
        with self._alone(), _explained():
            start = min(self._hashes.count(), self._remembered().size)
            self._hashes.append(start, hashes_from(start))

    def hashes(self, start: int = 0) -> Iterator[bytes]:
        """Yield the kept leaf hashes from an index on; they may be fewer than the log has entries."""
        with _explained():
            yield from self._hashes.read(start)

    def sign(self, note_text: bytes) -> bytes:
        """Return the 64-byte signature over a checkpoint's three lines.

        Raises `CheckpointRefused` for any other text or origin, `LogShrank` and `LogForked` for a head that
        contradicts the last one signed, `Misconfigured` for an unfit file, `Overloaded` if the disk refuses.
        """
        key = self._private_key()
        return key.sign(body(self._allowed(note_text)).encode())

    def sign_second(self, note_text: bytes, at: datetime) -> bytes:
        """Return the second key's timed signature over a checkpoint's three lines. Raises as `sign` does."""
        key = self._second_private_key()
        text = body(self._allowed(note_text))
        return cosign(text, self._cosigner(key), key.sign, int(at.timestamp())).signature

    def _allowed(self, note_text: bytes) -> Head:
        """Return the head that is asked for, remembered, unless it contradicts what was signed before."""
        asked = parse_body(note_text.decode("utf-8", "replace"))
        if asked.origin != self._origin:
            raise CheckpointRefused(f"The checkpoint is of {asked.origin}, not of {self._origin}.")
        self._private_key()
        with self._alone():
            last = self._remembered()
            refuse_unless_grown(last, asked)
            if asked != last:
                self._remember(asked)
        return asked

    def _private_key(self) -> Ed25519PrivateKey:
        if self._key is None:
            with _explained():
                if not self._path.exists():
                    self._create()
                self._key = self._load()
        return self._key

    def _second_private_key(self) -> MLDSA44PrivateKey:
        if self._second is None:
            with _explained():
                if not self._second_path.exists():
                    self._create_second()
                key = _private_key_in(self._second_path)
                if not isinstance(key, MLDSA44PrivateKey):
                    raise _key_unfit(self._second_path, "is not an ML-DSA-44 private key in unencrypted PEM")
                self._compare_second(self._cosigner(key).text)
            self._second = key
        return self._second

    @property
    def _known_second(self) -> Path:
        return self._second_path.with_name(self._second_path.name + ".vkey")

    def _create_second(self) -> None:
        self._second_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Who made the vkey had the key, so the order tells a lost key from one made meanwhile.
        if self._known_second.exists() and not self._second_path.exists():
            raise _key_unfit(self._second_path, "is gone, although its vkey was handed out")
        pem = MLDSA44PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        create_whole(self._second_path, pem)

    def _compare_second(self, vkey: str) -> None:
        """Write down which key it is, once. Raises `Misconfigured` when it was another."""
        if not self._known_second.exists():
            create_whole(self._known_second, vkey.encode())
        if self._known_second.read_bytes() != vkey.encode():
            raise _key_unfit(self._second_path, "is not the key whose vkey was handed out")

    def _cosigner(self, key: MLDSA44PrivateKey) -> CosignerKey:
        return CosignerKey(self._origin, ML_DSA_44, key.public_key().public_bytes_raw())

    def _create(self) -> None:
        """Make memory, then key; each appears whole or not at all, and who comes second changes nothing."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        create_whole(self._memory, body(Head(self._origin, 0, EMPTY_ROOT)).encode())
        # Who signed had a key, so the order of these two questions tells a lost key from one made meanwhile.
        if self._remembered().size > 0 and not self._path.exists():
            raise _key_unfit(self._path, "is gone, although it has signed before")
        create_whole(self._path, pem)

    def _load(self) -> Ed25519PrivateKey:
        key = _private_key_in(self._path)
        if not isinstance(key, Ed25519PrivateKey):
            raise _key_unfit(self._path, "is not an Ed25519 private key in unencrypted PEM")
        return key

    def _remembered(self) -> Head:
        with _explained():
            try:
                with self._memory.open("rb") as file:
                    text = file.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
            except FileNotFoundError:
                raise _memory_unfit(self._memory, "is missing") from None
        try:
            last = parse_body(text)
        except CheckpointRefused as error:
            raise _memory_unfit(self._memory, "is damaged") from error
        if last.origin != self._origin:
            raise _memory_unfit(self._memory, "is of another log")
        return last

    def _remember(self, head: Head) -> None:
        with _explained():
            unfinished = written_beside(self._memory, body(head).encode())
            try:
                os.replace(unfinished, self._memory)
            finally:
                unfinished.unlink(missing_ok=True)
            sync_folder(self._memory.parent)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes, so that comparing and remembering are one act."""
        with _explained():
            descriptor = os.open(
                self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        try:
            with _explained():
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _private_key_in(path: Path) -> object:
    """Return the key in a PEM file, None for what is none. Raises `Misconfigured` if others can open it."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if mode & 0o077:
            raise _readable_by_others(path)
        pem = file.read(_MAX_FILE_BYTES)
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _readable_by_others(path: Path) -> Misconfigured:
    return Misconfigured(
        f"Other users of this machine can open the log's signing key {path}.",
        means="Whoever reads it can sign a false log; nothing is signed until that is mended.",
        next_step=f"Run `chmod 600 {path}`; if others could read it for long, start a successor log.",
    )


def _key_unfit(path: Path, how: str) -> Misconfigured:
    return Misconfigured(
        f"The log's signing key {path} {how}.",
        means="The log's head is not signed; its entries are kept and wait.",
        next_step="Restore the key from its backup. A new key would be a new log, with a new origin.",
    )


def _memory_unfit(path: Path, how: str) -> Misconfigured:
    return Misconfigured(
        f"The signer's memory {path} {how}.",
        means="Without it a log that lost entries could be signed, so nothing is signed.",
        next_step=(
            f"Restore {path} from a backup. Without one, `tocsin audit export` the log and verify "
            "the file with a key you noted elsewhere; if it is sound and its head is not older than those "
            f"you know of, put the first three lines of the note that `tocsin audit head` shows into {path}."
        ),
    )


@contextmanager
def _explained() -> Iterator[None]:
    """Turn a disk's refusal into `Overloaded`: the entries are kept and wait for their signature."""
    try:
        yield
    except OSError as error:
        raise Overloaded(
            f"The log's key or the signer's memory cannot be used: {error.strerror or type(error).__name__}.",
            means="The log's head was not signed; its entries are kept and wait.",
            next_step="Free space on the disk of the signing key, or give its owner the right to use it.",
        ) from error
