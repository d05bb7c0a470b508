"""Scan with Vectorscan: all patterns of a field in one pass over a value."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from importlib.metadata import version
from threading import Lock

from tocsin.detection.matching.scanners import Pattern, PatternCache, PlainScanner, Scanner, holds
from tocsin.detection.sigma.predicates import Op

try:
    import hyperscan
except ImportError:  # pragma: no cover - the wheel is missing on a few platforms.
    hyperscan = None  # type: ignore[assignment]

# Raise when expressions are written differently, so that old databases are not found any more.
_LAYOUT = b"2"

# Below this number of patterns a pass of Vectorscan costs more than asking one by one.
FEW = 4

# Regular expressions that mean the same to Vectorscan and RE2 for ASCII text without vertical tabs that does
# not end with a line feed: flags at the front only, and no escape or class that one of them reads otherwise.
_ALIKE = re.compile(
    r"(?:\(\?[is]+\))*"
    r"(?:[!-'*-Z^-~ ]|\((?!\?)|\(\?:|\)|\[(?!\[)|\]"
    r"|\\[ -/:-@\[-`{-~]|\\[AzsSdDwWbBtnrf]|\\x[0-7][0-9A-Fa-f])*"
)

# One character of valid UTF-8: a first byte and what continues it.
_CHARACTER = rb"[^\x80-\xbf][\x80-\xbf]{0,3}"

_DIGEST = 32

Test = Callable[[str], bool]


def scanner(patterns: Sequence[Pattern], cache: PatternCache | None = None) -> Scanner:
    """Return the fastest scanner at hand for some patterns."""
    if hyperscan is None or len(patterns) < FEW:
        return PlainScanner(patterns)
    try:
        return VectorscanScanner(patterns, cache)
    except hyperscan.error:
        return PlainScanner(patterns)


class VectorscanScanner:
    """One database. Words and wildcards mean the same bytes to Vectorscan and to us.

    What it finds for a regular expression is only a suggestion, which RE2 confirms if the two might read it
    otherwise. For text beyond ASCII, with vertical tabs or a line feed at its end the two may differ either
    way (case folding, `\\s`, `$`), so RE2 is asked at once.
    """

    def __init__(self, patterns: Sequence[Pattern], cache: PatternCache | None = None) -> None:
        self._patterns = patterns
        # Made when first needed: most regular expressions of most rules are never asked by themselves.
        self._tests: dict[int, Test] = {}
        self._empty: list[int] | None = None
        self._always = [
            place for place, each in enumerate(patterns) if each.op not in _PATTERNS and not each.text
        ]
        regexes = [place for place, each in enumerate(patterns) if each.op is Op.REGEX]
        self._to_confirm = {place for place in regexes if not _ALIKE.fullmatch(patterns[place].text)}
        self._refused, self._database = _database(patterns, cache)
        self._regexes = frozenset(regexes).difference(self._refused)
        self._lock = Lock()

    def scan(self, text: str) -> list[int]:
        """Return the positions of the patterns found."""
        if not text:
            if self._empty is None:
                self._empty = PlainScanner(self._patterns).scan("")
            return list(self._empty)
        suggested: list[int] = []
        # The scratch space belongs to the database, and a scan lets other threads run.
        with self._lock:
            self._database.scan(text.encode(), match_event_handler=_collect, context=suggested)  # type: ignore[arg-type]
        found = [*self._always, *self._holding(self._refused, text)]
        if text.isascii() and "\v" not in text and text[-1] != "\n":
            found += [place for place in suggested if place not in self._to_confirm]
            found += self._holding(self._to_confirm.intersection(suggested), text)
        else:
            found += [place for place in suggested if place not in self._regexes]
            found += self._holding(self._regexes, text)
        return found

    def _holding(self, places: Iterable[int], text: str) -> list[int]:
        """Return those of some patterns that a text holds, asked one by one."""
        return [place for place in places if (self._tests.get(place) or self._test(place))(text)]

    def _test(self, place: int) -> Test:
        made = self._tests[place] = holds(self._patterns[place])
        return made


def _collect(place: int, start: int, end: int, flags: int, suggested: list[int]) -> None:
    suggested.append(place)


_PATTERNS = frozenset({Op.LIKE, Op.REGEX})


def _expression(pattern: Pattern) -> bytes:
    if pattern.op is Op.REGEX:
        return pattern.text.encode("utf-8", "surrogatepass")
    if pattern.op is Op.LIKE:
        return _like(pattern.text)
    body = _exactly(pattern.text)
    return {Op.STARTSWITH: rb"\A" + body, Op.ENDSWITH: body + rb"\z"}.get(pattern.op, body)


def _exactly(word: str) -> bytes:
    return "".join([f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass")]).encode()


def _like(written: str) -> bytes:
    r"""Return a LIKE pattern, `(?s)\A...\z` with `.*`, `.` and escaped text, for bytes of UTF-8."""
    body, place, out = written[len(r"(?s)\A") : -len(r"\z")], 0, [rb"\A"]
    while place < len(body):
        if body.startswith(".*", place):
            out.append(rb"(?s:.*)")
            place += 2
        elif body[place] == ".":
            out.append(_CHARACTER)
            place += 1
        elif body.startswith(r"\x00", place):
            out.append(rb"\x00")
            place += 4
        else:
            place += body[place] == "\\"
            out.append(_exactly(body[place]))
            place += 1
    return b"".join([*out, rb"\z"])


def _flags(pattern: Pattern) -> int:
    flags: int = hyperscan.HS_FLAG_SINGLEMATCH
    if pattern.op in _PATTERNS:
        flags |= hyperscan.HS_FLAG_ALLOWEMPTY
    return flags


_Written = tuple[int, bytes, int]


def _database(
    patterns: Sequence[Pattern], cache: PatternCache | None
) -> tuple[list[int], hyperscan.Database]:
    """Return the positions that Vectorscan refuses, and a database of all others that aren't always found."""
    key = _key(patterns) if cache else ""
    kept = _opened(cache.load(key)) if cache else None
    if kept is not None:
        return kept
    written = [
        (place, _expression(each), _flags(each))
        for place, each in enumerate(patterns)
        if each.op in _PATTERNS or each.text
    ]
    refused: list[int] = []
    try:
        database = _compiled(written)
    except hyperscan.error:
        refused = [each[0] for each in written if not _accepted(each)]
        database = _compiled([each for each in written if each[0] not in refused])
    if cache:
        cache.keep(key, _sealed(refused, database))
    return refused, database


def _compiled(written: list[_Written]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    places, expressions, flags = (list(column) for column in zip(*written, strict=True))
    database.compile(expressions=expressions, ids=places, flags=flags)
    return database


def _accepted(each: _Written) -> bool:
    try:
        _compiled([each])
    except hyperscan.error:
        return False
    return True


def _key(patterns: Sequence[Pattern]) -> str:
    """Return what a database depends on, as one digest: patterns, library, features of the processor."""
    written = [(each.op.value, each.text) for each in patterns]
    return sha256(repr((_LAYOUT, version("hyperscan"), _platform(), written)).encode()).hexdigest()


@functools.cache
def _platform() -> str:
    """Return what the library says of a database made here."""
    return _compiled([(0, b"a", 0)]).info()


def _sealed(refused: list[int], database: hyperscan.Database) -> bytes:
    body = ",".join(map(str, refused)).encode() + b"\n" + hyperscan.dumpb(database)
    return sha256(body).digest() + body


def _opened(content: bytes | None) -> tuple[list[int], hyperscan.Database] | None:
    """Return what was sealed, or None if it is missing, damaged or for another processor."""
    if content is None or sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
        return None
    refused, _, dumped = content[_DIGEST:].partition(b"\n")
    try:
        database = hyperscan.loadb(dumped, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.error:
        return None
    return [int(place) for place in refused.split(b",") if place], database
