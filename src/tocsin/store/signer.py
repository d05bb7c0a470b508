"""What may be signed as the log's head: nothing that contradicts what was last signed, kept outside."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tocsin.audit.checkpoint import CheckpointRefused, Head, body, parse_body
from tocsin.audit.cosignature import ML_DSA_44, CosignerKey, cosign
from tocsin.audit.growth import refuse_unless_grown
from tocsin.audit.merkle import EMPTY_ROOT
from tocsin.audit.note import VerifierKey, is_key_name
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.keeping import SigningKey
from tocsin.store.hashes import HashFile
from tocsin.store.key_files import (
    MAX_FILE_BYTES,
    KeyElsewhere,
    KeyInFile,
    explained,
    key_unfit,
    private_key_in,
)
from tocsin.store.whole_files import create_whole, sync_folder, written_beside


class FileSigner:
    """A `CheckpointSigner` with an Ed25519 and an ML-DSA-44 key in PEM files that only their owner can read.

    The first key may be `held` elsewhere: then its file holds the public half alone. Keys and memory are
    created on first use; the second key lies beside the first (`<key>.ml-dsa-44`), with its vkey, which tells
    a lost key from one that was never made. The memory lies there too (`<key>.last`): the three lines of the
    last checkpoint that was signed. It is written, and durable, before a signature is handed out.
    """

    def __init__(
        self, path: Path, origin: str, hashes: Path | None = None, held: SigningKey | None = None
    ) -> None:
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
        self._place = KeyInFile(path) if held is None else KeyElsewhere(path, held)
        self._asks_outside = held is not None
        self._ahead: tuple[bytes, bytes] | None = None
        self._key: SigningKey | None = None
        self._second: MLDSA44PrivateKey | None = None

    @property
    def origin(self) -> str:
        """Return the log's name, the first line of each checkpoint."""
        return self._origin

    @property
    def verifier_key(self) -> str:
        """Return the vkey. Raises `Misconfigured` for an unfit key file, `Overloaded` if none can be made."""
        return VerifierKey(self._origin, self._first_key().public_key).text

    @property
    def asks_outside(self) -> bool:
        """Say whether signing asks somebody else, and so needs `sign_ahead` before a transaction."""
        return self._asks_outside

    @property
    def second_key(self) -> str:
        """Return the vkey of the ML-DSA-44 key. Raises as `verifier_key` does."""
        return self._cosigner(self._second_private_key()).text

    @property
    def last_signed(self) -> Head:
        """Return the last head this key signed, of size 0 at first. Raises as `sign` does."""
        self._first_key()
        return self._remembered()

    def make_key(self) -> None:
        """Make keys and memory unless they are there. Raises as `verifier_key` does."""
        self._first_key()
        self._second_private_key()

    def remember_hashes(self, hashes_from: Callable[[int], Iterable[bytes]]) -> None:
        """Keep the leaf hashes that are to be signed, durably, from the first index that is not kept yet.

        `hashes_from` returns them from an index on. Raises as `sign` does.
        """
        # What was kept and never signed is kept anew: the entries may have gone with a power cut.
        with self._alone(), explained():
            start = min(self._hashes.count(), self._remembered().size)
            self._hashes.append(start, hashes_from(start))

    def hashes(self, start: int = 0) -> Iterator[bytes]:
        """Yield the kept leaf hashes from an index on; they may be fewer than the log has entries."""
        with explained():
            yield from self._hashes.read(start)

    def sign(self, note_text: bytes) -> bytes:
        """Return the 64-byte signature over a checkpoint's three lines.

        Raises `CheckpointRefused` for any other text or origin, `LogShrank` and `LogForked` for a head that
        contradicts the last one signed, `Misconfigured` for an unfit file, `Overloaded` if the disk refuses
        or who holds the key does not answer.
        """
        asked = self._compared(note_text)
        text = body(asked).encode()
        ahead, self._ahead = self._ahead, None
        # Who holds the key may fail, and then nothing was signed: it is asked before that is remembered.
        signature = ahead[1] if ahead and ahead[0] == text else self._first_key().sign(text)
        self._allow(asked)
        return signature

    def sign_ahead(self, note_text: bytes) -> None:
        """Have the first key sign what `sign` is asked for next, so that it need not ask anybody then.

        The signature is not handed out before `sign` has compared and remembered. Raises as `sign` does.
        """
        text = body(self._compared(note_text)).encode()
        self._ahead = text, self._first_key().sign(text)

    def sign_second(self, note_text: bytes, at: datetime) -> bytes:
        """Return the second key's timed signature over a checkpoint's three lines. Raises as `sign` does."""
        key = self._second_private_key()
        asked = self._compared(note_text)
        self._allow(asked)
        text = body(asked)
        return cosign(text, self._cosigner(key), key.sign, int(at.timestamp())).signature

    def _compared(self, note_text: bytes) -> Head:
        """Return the head that is asked for, unless it contradicts what was signed before."""
        asked = parse_body(note_text.decode("utf-8", "replace"))
        if asked.origin != self._origin:
            raise CheckpointRefused(f"The checkpoint is of {asked.origin}, not of {self._origin}.")
        refuse_unless_grown(self.last_signed, asked)
        return asked

    def _allow(self, asked: Head) -> None:
        """Remember a head that is to be signed, unless another was signed meanwhile that it contradicts."""
        with self._alone():
            last = self._remembered()
            refuse_unless_grown(last, asked)
            if asked != last:
                self._remember(asked)

    def _first_key(self) -> SigningKey:
        if self._key is None:
            with explained():
                if not self._path.exists():
                    self._create()
                self._key = self._place.opened()
        return self._key

    def _second_private_key(self) -> MLDSA44PrivateKey:
        if self._second is None:
            with explained():
                if not self._second_path.exists():
                    self._create_second()
                key = private_key_in(self._second_path)
                if not isinstance(key, MLDSA44PrivateKey):
                    raise key_unfit(self._second_path, "is not an ML-DSA-44 private key in unencrypted PEM")
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
            raise key_unfit(self._second_path, "is gone, although its vkey was handed out")
        pem = MLDSA44PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        create_whole(self._second_path, pem)

    def _compare_second(self, vkey: str) -> None:
        """Write down which key it is, once. Raises `Misconfigured` when it was another."""
        if not self._known_second.exists():
            create_whole(self._known_second, vkey.encode())
        if self._known_second.read_bytes() != vkey.encode():
            raise key_unfit(self._second_path, "is not the key whose vkey was handed out")

    def _cosigner(self, key: MLDSA44PrivateKey) -> CosignerKey:
        return CosignerKey(self._origin, ML_DSA_44, key.public_key().public_bytes_raw())

    def _create(self) -> None:
        """Make memory, then key; each appears whole or not at all, and who comes second changes nothing."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_whole(self._memory, body(Head(self._origin, 0, EMPTY_ROOT)).encode())
        # Who signed had a key, so the order of these two questions tells a lost key from one made meanwhile.
        if self._remembered().size > 0 and not self._path.exists():
            raise key_unfit(self._path, "is gone, although it has signed before")
        create_whole(self._path, self._place.first_content())

    def _remembered(self) -> Head:
        with explained():
            try:
                with self._memory.open("rb") as file:
                    text = file.read(MAX_FILE_BYTES).decode("utf-8", "replace")
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
        with explained():
            unfinished = written_beside(self._memory, body(head).encode())
            try:
                os.replace(unfinished, self._memory)
            finally:
                unfinished.unlink(missing_ok=True)
            sync_folder(self._memory.parent)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold off other processes, so that comparing and remembering are one act."""
        with explained():
            descriptor = os.open(
                self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        try:
            with explained():
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


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
