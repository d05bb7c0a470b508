"""Sorts a partner's HTTP answer into the four kinds of failure."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime

from tocsin.connectors.outbound import Answer
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

LONGEST_SHOWN = 300
LONGEST_WAIT_S = 86_400.0

_PASSING = frozenset({408, 409, 423, 425, 429})
_SETTINGS_WRONG = frozenset({401, 403, 404, 405, 407, 410})


def kind_of(status: int) -> FailureKind:
    """Return what a status that is no success means. 410 asks for another address."""
    if status in _PASSING or 500 <= status < 600:
        return FailureKind.RETRY_LATER
    if status in _SETTINGS_WRONG or 300 <= status < 400:
        return FailureKind.MISCONFIGURED
    if 400 <= status < 500:
        return FailureKind.REFUSED
    return FailureKind.UNKNOWN


def failure_of(answer: Answer, partner: str, *secrets: Secret) -> DeliveryFailed:
    """Make the failure of an answer: its kind, its first words, and the partner's wish to wait."""
    words = shown(answer, *secrets)
    reason = f"{partner} answered {answer.status}" + (f": {words}" if words else "")
    return DeliveryFailed(
        kind_of(answer.status), reason, retry_after_s=retry_after(answer), status=answer.status
    )


def shown(answer: Answer, *secrets: Secret) -> str:
    """Return the answer's first words on one line, without secrets."""
    return one_line(hidden_in(answer.body.decode("utf-8", "replace"), *secrets), limit=LONGEST_SHOWN)


def retry_after(answer: Answer) -> float | None:
    """Read `Retry-After` (RFC 9110 section 10.2.3) as seconds, at most a day; None if absent or unreadable.

    A date is measured against the answer's own `Date`, so that a wrong clock on either side does no harm.
    """
    wish = answer.headers.get("retry-after", "").strip()
    if not wish:
        return None
    try:
        seconds = float(wish)
    except ValueError:
        seconds = _seconds_until(wish, answer.headers.get("date", ""))
    return min(seconds, LONGEST_WAIT_S) if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_until(wish: str, date: str) -> float:
    try:
        return (parsedate_to_datetime(wish) - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, TypeError):
        return math.nan
