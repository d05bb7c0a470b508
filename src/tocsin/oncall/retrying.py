"""When a message that did not get through is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from tocsin.domain.ports.delivery import FailureKind

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_WISH = timedelta(hours=1)
# A refusal or a wrong setting does not heal by itself; a fault of unknown kind may.
_FINAL = frozenset({FailureKind.REFUSED, FailureKind.MISCONFIGURED})


def next_try(
    kind: FailureKind,
    *,
    attempts: int,
    most_attempts: int,
    retry_after_s: float | None,
    now: datetime,
) -> datetime | None:
    """Return when to try again after `attempts` tries, None when the message is dead.

    The pause doubles from 2 s to at most 5 min; the partner's own wish is followed up to an hour.
    """
    if kind in _FINAL or attempts >= most_attempts:
        return None
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 16), LONGEST_PAUSE) if attempts else FIRST_PAUSE
    if retry_after_s is not None:
        pause = max(pause, min(timedelta(seconds=max(retry_after_s, 0)), LONGEST_WISH))
    return now + pause
