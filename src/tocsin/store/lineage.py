"""The line of logs, kept beside the signing keys: which log is written to, and where earlier ones broke."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tocsin.audit.breach import Break, BreakUnreadable, origin_of, read_break, written
from tocsin.audit.checkpoint import Head
from tocsin.domain.ports.keeping import SigningKey
from tocsin.store.signer import FileSigner
from tocsin.store.whole_files import create_whole

_MAX_RECORD_BYTES = 1 << 20


def _held_nowhere(number: int) -> SigningKey | None:
    """Say that a log's key lies in a file of its own."""
    return None


class Lineage:
    """The logs by number, from 1. A log is frozen by one file `<key>.frozen`, which nothing here removes.

    It lies outside the database, so that nobody who writes there can thaw a log; and that one file makes the
    next log the one that is written to, for all processes of this home at once.
    """

    def __init__(
        self,
        key: Path,
        origin: str,
        hashes: Path,
        held: Callable[[int], SigningKey | None] = _held_nowhere,
    ) -> None:
        """Take where the first log has its key and its hashes; the others have theirs beside those.

        `held` returns the key of a log by its number where somebody else holds it.
        """
        self._key = key
        self._origin = origin
        self._hashes = hashes
        self._held = held
        self._signers: dict[int, FileSigner] = {}
        self._known = 1

    @property
    def number(self) -> int:
        """Return the number of the log that is written to."""
        while self._frozen(self._known).exists():
            self._known += 1
        return self._known

    @property
    def signer(self) -> FileSigner:
        """Return the signer of the log that is written to."""
        return self.signer_of(self.number)

    def origin_of(self, number: int) -> str:
        """Return a log's name."""
        return origin_of(self._origin, number)

    def signer_of(self, number: int) -> FileSigner:
        """Return a log's signer. Each log has a key of its own: a stolen one signs nothing of the next."""
        if number not in self._signers:
            hashes = _numbered(self._hashes, number)
            key, held = self._key_of(number), self._held(number)
            self._signers[number] = FileSigner(key, self.origin_of(number), hashes, held)
        return self._signers[number]

    def last_signed(self, number: int) -> Head:
        """Return the last head that was signed of a log, from outside the database."""
        return self.signer_of(number).last_signed

    def broken(self, number: int) -> Break | None:
        """Return where a log broke, None while it is whole. Raises `BreakUnreadable`."""
        path = self._frozen(number)
        try:
            with path.open("rb") as file:
                return read_break(file.read(_MAX_RECORD_BYTES), path.name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BreakUnreadable(path.name) from error

    def freeze(self, broken: Break) -> None:
        """Freeze a log for good; of two that do so at once the first one's words count."""
        path = self._frozen(broken.number)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_whole(path, written(broken))

    def _key_of(self, number: int) -> Path:
        return _numbered(self._key, number)

    def _frozen(self, number: int) -> Path:
        key = self._key_of(number)
        return key.with_name(key.name + ".frozen")


def _numbered(path: Path, number: int) -> Path:
    """Return `log.key` for 1 and `log-2.key` for 2."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
