"""How an inbound parser refuses: a whole body by an explained error, a part of it by a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tocsin.domain.errors import Explained

LONGEST_DETAIL = 200
MOST_REFUSED_ALONE = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """One part of a body that was not understood, for quarantine.

    `body` can be replayed: given to the same parser again it means this one part. `reason` is for people.
    """

    body: bytes
    reason: str


class Refusals:
    """Collects what is refused of one body.

    Beyond the first 1,000 the rest is kept together as one part, so that a hostile body cannot fill the
    quarantine with rows. `write` makes the replayable bytes of some parts.
    """

    def __init__(self, write: Callable[[list[Any]], bytes]) -> None:
        self._write = write
        self._alone: list[Refused] = []
        self._rest: list[Any] = []
        self._first_reason = ""

    def __len__(self) -> int:
        return len(self._alone) + len(self._rest)

    def add(self, part: Any, reason: str) -> None:
        """Take in one part and the reason why it was refused."""
        if len(self._alone) < MOST_REFUSED_ALONE:
            self._alone.append(Refused(self._write([part]), reason))
            return
        self._first_reason = self._first_reason or reason
        self._rest.append(part)

    def all(self) -> tuple[Refused, ...]:
        """Return the parts, the last one being all that were too many."""
        if not self._rest:
            return tuple(self._alone)
        reason = f"{len(self._rest)} more were refused, the first because: {self._first_reason}"
        return (*self._alone, Refused(self._write(self._rest), reason))


class BodyRefused(Explained):
    """Nothing of a body could be taken. `status` is the HTTP status that says so to the sender."""

    code = "body_refused"
    status: ClassVar[int] = 400

    def __init__(self, happened: str) -> None:
        super().__init__(
            happened,
            means="Nothing of this body was taken in; no alert or signal came of it.",
            next_step="Correct the sender as the reason says and send again, or replay it from quarantine.",
        )


class NotJson(BodyRefused):
    """The body is not JSON, or not JSON of the promised shape (HTTP 400)."""

    code = "not_json"


class WrongContentType(BodyRefused):
    """The Content-Type or Content-Encoding is one that this address does not take (HTTP 415)."""

    code = "wrong_content_type"
    status = 415


class UnknownFormat(BodyRefused):
    """The body is JSON but of a format or version that we do not know (HTTP 400)."""

    code = "unknown_format"


class ExtraMissing(BodyRefused):
    """The format can be read only with an optional dependency that is not installed here (HTTP 415)."""

    code = "format_extra_missing"
    status = 415


class BodyTooLarge(BodyRefused):
    """The body, once decompressed, passes the limit (HTTP 413)."""

    code = "decoded_too_large"
    status = 413


class BrokenGzip(BodyRefused):
    """The gzip stream ends early, is damaged, or is followed by other bytes (HTTP 400)."""

    code = "broken_gzip"


def detail_of(error: Exception) -> str:
    """Return a parser's own words on one bounded line without control characters."""
    words = "".join(letter if letter.isprintable() else " " for letter in str(error)[: 2 * LONGEST_DETAIL])
    return " ".join(words.split())[:LONGEST_DETAIL].rstrip(".")
