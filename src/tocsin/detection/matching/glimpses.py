"""See from raw lines that no keyword can be in them, without decoding anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
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

# Beyond this number of ways to write a needle only the characters that make them are looked for.
MOST_SPELLINGS = 64


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


def spellings(needle: str) -> set[str]:
    """Return texts with characters of FOLDING that fold to a text with the needle.

    One of them is in every text that holds the needle only when it is folded. Where there are too many of
    them it is the characters alone.
    """
    found: set[str] = set()
    pending = [("", needle)]
    while pending and len(found) < MOST_SPELLINGS:
        written, left = pending.pop()
        if not left:
            found.add(written)
            continue
        # Only what comes first may fold to more than stands before the needle.
        pending += [(written + character, left[size:]) for character, size in _steps(left, first=not written)]
    return set(FOLDING) if pending else {each for each in found if not each.isascii()}


def _steps(left: str, *, first: bool) -> Iterator[tuple[str, int]]:
    """Yield what may be written next, and how many characters it folds to of what is left of a needle."""
    yield left[0], 1
    for character in FOLDING:
        folded = character.casefold()
        for begin in range(len(folded) if first else 1):
            part = folded[begin:]
            if left.startswith(part) or part.startswith(left):
                yield character, len(part)


class Glimpse:
    """Looks for the needles of some keywords in many lines at once."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        chosen = covering(needles)
        spelled = {each.encode() for needle in chosen for each in spellings(needle.decode())}
        find = _plain_finder if hyperscan is None else _vector_finder
        self._find = find([*chosen, *sorted(spelled), *ESCAPES])

    def suspects(self, lines: Sequence[bytes]) -> list[int]:
        """Return the places of the lines that may hold a keyword."""
        if not self._find(lines):
            return []
        return [place for place, line in enumerate(lines) if self._find([line])]

    def clean(self, line: bytes) -> bool:
        """Say whether no keyword can be in a line."""
        return not self._find([line])


Finder = Callable[[Sequence[bytes]], bool]


def _plain_finder(texts: Sequence[bytes]) -> Finder:
    """Return what finds texts in lines, in either case, with nothing but Python."""

    def find(lines: Sequence[bytes]) -> bool:
        lowered = b"\n".join(lines).lower()
        return any(each in lowered for each in texts)

    return find


def _vector_finder(texts: Sequence[bytes]) -> Finder:
    """Return what finds texts in lines, in either case, in one pass of Vectorscan."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_VECTORED)
    database.compile(
        expressions=[b"".join(b"\\x%02x" % byte for byte in each) for each in texts],
        ids=[0] * len(texts),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_CASELESS] * len(texts),
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
