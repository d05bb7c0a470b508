"""How many messages a person gets by one method, and what is held back to be sent together later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tocsin.domain.pack_file import Located
from tocsin.oncall.people import INBOX

NONE = "none"
_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many messages to one person by one method within a time."""

    most: int
    within: timedelta


DEFAULT_LIMIT = Limit(most=3, within=timedelta(minutes=15))
"""GoAlert's limit of voice calls; here it holds for every method that has none of its own."""
UNLIMITED = frozenset({INBOX, "pagerduty", "jira", "jira_service_management", "statuspage", "webhook"})
"""The Inbox disturbs nobody, and partners that keep incidents must hear of each and limit by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a file by channel; None lifts it."""

    by_channel: Mapping[str, Limit | None] = field(default_factory=dict)

    def of(self, channel: str) -> Limit | None:
        """Return the limit of a channel, None where there is none."""
        if channel in self.by_channel:
            return self.by_channel[channel]
        return None if channel in UNLIMITED else DEFAULT_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """What becomes of a message: it goes, or waits until `held_until`. `sent` is the history to keep."""

    sent: tuple[datetime, ...]
    held_until: datetime | None = None


def read_limits(written: Located) -> Limits:
    """Read the section `limits`: `CHANNEL: {most: 3, within: 15m}` or `none`. Raises `PackProblem`."""
    return Limits(by_channel={name.text: _limit(body) for name, body in written.entries()})


def pace(limit: Limit, sent: tuple[datetime, ...], now: datetime, *, first: bool) -> Paced:
    """Decide about one message, given when earlier ones went to the same person by the same method.

    `first` says that it is the first page of a P1: it goes before all others, whatever went before, and
    counts. What is held goes when the oldest of the last messages has left the window.
    """
    lately = tuple(at for at in sent if at > now - limit.within)
    if first or len(lately) < limit.most:
        return Paced(sent=(*lately, now))
    return Paced(sent=lately, held_until=sorted(lately)[-limit.most] + limit.within)


def _limit(written: Located) -> Limit | None:
    if written.kind == "str" and written.text == NONE:
        return None
    keys = written.mapping(("most", "within"), required=("most", "within"))
    most, within = keys["most"].number(), keys["within"].duration()
    if most != int(most) or not 1 <= most <= _MOST:
        raise keys["most"].problem(
            "this is no number of messages.", f"Write a whole number from 1 to {_MOST}, or `CHANNEL: none`."
        )
    if not within:
        raise keys["within"].problem("a limit within no time holds nothing.", "Write for example `15m`.")
    return Limit(most=int(most), within=within)
