"""See from raw lines that no keyword can be in them, without decoding anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from threading import Lock

from tocsin.detection.sigma.predicates import Op, Predicate

try:
    import hyperscan
except ImportError:  # pragma: no cover - the wheel is missing on a few platforms.
    hyperscan = None  # type: ignore[assignment]

# Shorter words are in nearly every line.
SHORTEST = 3

# JSON writes these characters as they are; quotes, backslashes and slashes may be escaped.
_RUN = re.compile(r'[^"\\/\x00-\x1f\x7f-\U0010ffff]+')
_LITERAL = re.compile(r"\\x00|\\(?P<escaped>.)|\.\*?", re.DOTALL)

# A number may be written in many ways, all of them with these characters only.
_NUMERIC = frozenset("0123456789.+-e")

# Characters that fold to text with ASCII letters, and the first halves of escapes that may stand for letters.
FOLDING = "ßİŉſǰẖẗẘẙẚẞ\u212aﬀﬁﬂﬃﬄﬅﬆ"
ESCAPES = (rb"\u00", rb"\u01", rb"\u1e", rb"\u21", rb"\ufb")


def needle(predicate: Predicate) -> bytes | None:
    """Return lower-case ASCII that stands in every line with a value that satisfies a keyword, or None.

    It does so unless the line holds a character of FOLDING or an escape of a letter.
    """
    if predicate.op in (Op.CONTAINS, Op.EQUALS, Op.STARTSWITH, Op.ENDSWITH):
        text = str(predicate.value)
    elif predicate.op is Op.LIKE:
        body = str(predicate.value)[len(r"(?s)\A") : -len(r"\z")]
        # What is no literal becomes a control character, which ends a run.
        text = _LITERAL.sub(lambda found: found["escaped"] or "\x00", body)
    else:
        return None
    runs = (run.lower() for run in _RUN.findall(text) if not _NUMERIC.issuperset(run.lower()))
    longest = max(runs, key=len, default="")
    return longest.encode() if len(longest) >= SHORTEST else None


def covering(needles: Iterable[bytes]) -> list[bytes]:
    """Return few short texts of which each needle holds one: a scan for few is much faster."""
    left, chosen = set(needles), []
    while left:
        holders: dict[bytes, int] = {}
        for each in left:
            for part in _parts(each):
                holders[part] = holders.get(part, 0) + 1
        best = max(holders, key=lambda part: (holders[part], len(part), part))
        chosen.append(best)
        left = {each for each in left if best not in each}
    return chosen


def _parts(needle: bytes) -> set[bytes]:
    """Return the parts of a needle that are long enough to be rare, or all of a short one."""
    sizes = range(min(len(needle), 4), min(len(needle), 10) + 1)
    return {needle[start : start + size] for size in sizes for start in range(len(needle) - size + 1)}


class Glimpse:
    """Looks for the needles of some keywords in many lines at once."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._needles = covering(needles)
        find = _plain_finder if hyperscan is None else _vector_finder
        self._suspect = find((*self._needles, *ESCAPES), ())
        self._folding = find((), [character.encode() for character in FOLDING])

    def clean(self, lines: Sequence[bytes]) -> bool:
        """Say whether no keyword can be in any of the lines."""
        if self._suspect(lines):
            return False
        return all(map(bytes.isascii, lines)) or not self._folding(lines)


Finder = Callable[[Sequence[bytes]], bool]


def _plain_finder(folded: Iterable[bytes], exact: Iterable[bytes]) -> Finder:
    """Return what finds texts in lines, the first ones in either case, with nothing but Python."""
    folded, exact = tuple(folded), tuple(exact)

    def find(lines: Sequence[bytes]) -> bool:
        text = b"\n".join(lines)
        lowered = text.lower()
        return any(each in lowered for each in folded) or any(each in text for each in exact)

    return find


def _vector_finder(folded: Iterable[bytes], exact: Iterable[bytes]) -> Finder:
    """Return what finds texts in lines, the first ones in either case, in one pass of Vectorscan."""
    flags = hyperscan.HS_FLAG_SINGLEMATCH
    written = [(_exactly(each), flags | hyperscan.HS_FLAG_CASELESS) for each in folded]
    written += [(_exactly(each), flags) for each in exact]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    database.compile(
        expressions=[each for each, _ in written],
        ids=[0] * len(written),
        flags=[each for _, each in written],
    )
    lock = Lock()

    def find(lines: Sequence[bytes]) -> bool:
        seen: list[int] = []
        # The scratch space belongs to the database, and a scan lets other threads run.
        with lock:
            database.scan(list(lines), match_event_handler=_note, context=seen)  # type: ignore[type-var, arg-type]
        return bool(seen)

    return find


def _note(place: int, start: int, end: int, flags: int, seen: list[int]) -> None:
    seen.append(place)


def _exactly(word: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in word)
