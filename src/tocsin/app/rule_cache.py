"""Remembers in the home folder what rule files were read as, so that thousands load in a moment."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from tocsin.detection.problems import RuleProblem
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.stored import StoredRulesUnreadable, decoded, encoded
from tocsin.detection.sigma.tables import NO_TABLES, Tables

_LANGUAGE = Path(__file__).resolve().parent.parent / "detection" / "sigma"
_BEGINNING = b"tocsin rules\n"
_DIGEST_OCTETS = 32
# A cache of all of SigmaHQ has seven million; a larger file is not ours.
MOST_OCTETS = 256_000_000


def load_remembered(
    files: Iterable[tuple[str, str | RuleProblem]], place: Path, tables: Tables = NO_TABLES
) -> RuleSet:
    """Load rule files as `detection.rules.load` does, sooner if the file at `place` remembers them.

    Each set of rules that is loaded in turn with another needs a place of its own, since a load forgets what
    it did not use.
    """
    cache = RuleCache(place)
    found = load(files, tables, cache)
    cache.keep()
    return found


class RuleCache:
    """The rules of files by the digest of path and text, kept in one file; use it for one load, then `keep`.

    The file only saves time: one that is damaged, foreign or of another version of the language is ignored
    and written anew. It holds plain data, and what is read from it is checked like data from outside.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._known = _read(place)
        self._used: dict[str, tuple[Rule, ...]] = {}
        self._learned = False

    def recall(self, path: str, text: str) -> tuple[Rule, ...] | None:
        """Return the rules of a file of exactly this path and text, or None if they are not known."""
        digest = _digest(path, text)
        found = self._known.get(digest)
        if found is not None:
            self._used[digest] = found
        return found

    def learn(self, path: str, text: str, rules: tuple[Rule, ...]) -> None:
        """Remember the rules of a file; `keep` writes them down."""
        self._used[_digest(path, text)] = rules
        self._learned = True

    def keep(self) -> None:
        """Write down what the files of this load were read as, if the file does not say so yet.

        A folder that cannot be written leaves everything as it is.
        """
        if not self._learned and self._used.keys() == self._known.keys():
            return
        payload = encoded(self._used)
        content = _BEGINNING + _engine() + sha256(payload).digest() + payload
        # The cache only saves time; who cannot write it loses nothing but that.
        with suppress(OSError):
            _replace(self._place, content)


def _replace(place: Path, content: bytes) -> None:
    """Put a file in its place whole, readable by its owner alone."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, prefix=place.name, delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.replace(draft.name, place)
        except OSError:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _read(place: Path) -> dict[str, tuple[Rule, ...]]:
    try:
        if place.stat().st_size > MOST_OCTETS:
            return {}
        content = place.read_bytes()
    except OSError:
        return {}
    head = _BEGINNING + _engine()
    digest, payload = content[len(head) : len(head) + _DIGEST_OCTETS], content[len(head) + _DIGEST_OCTETS :]
    if not content.startswith(head) or sha256(payload).digest() != digest:
        return {}
    try:
        with _collecting_later():
            return decoded(payload)
    except StoredRulesUnreadable:
        return {}


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Keep the garbage collector from searching hundreds of thousands of new objects again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _digest(path: str, text: str) -> str:
    return sha256(f"{path}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _engine() -> bytes:
    """Return the digest of the language's own source: a change of what rules mean makes all unknown."""
    sources = sorted(_LANGUAGE.rglob("*.py"))
    each = (sha256(source.read_bytes()).digest() for source in sources)
    return sha256(b"".join(each)).digest()
