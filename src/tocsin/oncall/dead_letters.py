"""Why messages died, in the words that say what to do, and when too many did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tocsin.domain.alert import AlertReport
from tocsin.domain.severity import Severity

ALERTNAME = "DeadLetters"
SOURCE = "deliveries"
WITHIN = timedelta(hours=1)
WARNING_ABOVE = 10
CRITICAL_ABOVE = 50
"""Both from R3, section 4: more than 10 an hour is looked at, more than 50 calls people."""
LEASE = timedelta(minutes=15)
"""Renewed each minute; if we go down, the alarm ends by itself and is looked at anew when we are back."""

_TIMED_OUT = re.compile(r"did not answer within|timed out|timeout", re.IGNORECASE)


class Cause(StrEnum):
    """Why a message died. The value is shown to people."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timed out"
    CREDENTIALS = "signature or credentials refused"
    MOVED = "address moved"
    GONE = "receiver wants no more"
    BUSY = "too many messages"
    RECEIVER = "receiver's fault"
    REFUSED = "refused"
    UNSENT = "not sent"

    @property
    def remedy(self) -> str:
        """Return what a person does about it."""
        return _REMEDIES[self]


_REMEDIES = {
    Cause.UNREACHABLE: "Check that the receiver is up and that its name and port can be reached from here.",
    Cause.TIMEOUT: "Have the receiver answer first and work afterwards, or look at the network between.",
    Cause.CREDENTIALS: "Compare the secret or token on both sides; renew it if it has ended.",
    Cause.MOVED: "Correct the address in the on-call file or the channel's settings.",
    Cause.GONE: "The receiver has ended this address for good: name another one.",
    Cause.BUSY: "The partner's limit was reached; replay later, and send less to this address.",
    Cause.RECEIVER: "The receiver failed by itself; ask its owner, then replay.",
    Cause.REFUSED: "The receiver read the message and refused it; its words say why.",
    Cause.UNSENT: "Its channel or address is not set up, or it could not be made; the reason says which.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message (or other job) that was given up.

    `status` is the last HTTP or SMTP status, None where no answer came. `incident` is `INC-n`, empty for what
    belongs to none. `address` carries no secret part.
    """

    key: str
    kind: str
    channel: str
    address: str
    person: str
    incident: str
    reason: str
    status: int | None
    attempts: int
    requested_at: datetime
    died_at: datetime

    @property
    def cause(self) -> Cause:
        """Return why it died."""
        return cause_of(self.status, self.reason)

    def age(self, now: datetime) -> timedelta:
        """Return how long ago it was asked for."""
        return max(now - self.requested_at, timedelta())

    def record(self, now: datetime) -> dict[str, str | int | None]:
        """Return it as the command line and the API show it; `last_error` is the reason's older name."""
        return {
            "key": self.key,
            "kind": self.kind,
            "channel": self.channel,
            "address": self.address,
            "person": self.person,
            "incident": self.incident,
            "age_s": int(self.age(now).total_seconds()),
            "attempts": self.attempts,
            "status": self.status,
            "cause": self.cause.value,
            "remedy": self.cause.remedy,
            "reason": self.reason,
            "last_error": self.reason,
            "requested_at": _utc(self.requested_at),
            "died_at": _utc(self.died_at),
        }


def cause_of(status: int | None, reason: str) -> Cause:
    """Sort a last failure by its status, as R3's table does; 0 or none means that no answer came.

    Statuses from 400 to 599 are read as HTTP's; mail's own (4xx, 5xx too) mean nearly the same.
    """
    if not status:
        return _without_answer(reason)
    known = {401: Cause.CREDENTIALS, 403: Cause.CREDENTIALS, 407: Cause.CREDENTIALS, 404: Cause.MOVED}
    known |= {405: Cause.MOVED, 408: Cause.TIMEOUT, 410: Cause.GONE, 429: Cause.BUSY, 504: Cause.TIMEOUT}
    if status in known:
        return known[status]
    if 300 <= status < 400:
        return Cause.MOVED
    if 500 <= status < 600:
        return Cause.RECEIVER
    return Cause.REFUSED


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _without_answer(reason: str) -> Cause:
    """No status: a time limit, no way to the receiver, or nothing was sent at all."""
    if _TIMED_OUT.search(reason):
        return Cause.TIMEOUT
    if reason.startswith("retry later"):
        return Cause.UNREACHABLE
    return Cause.REFUSED if reason.startswith("refused") else Cause.UNSENT


def alarms(count: int, now: datetime, told: frozenset[Severity]) -> tuple[AlertReport, ...]:
    """Return the reports for so many dead within the hour: what fires, and ends of what was told before."""
    raised = firing(count)
    reports = [_alarm(each, ends_at=now + LEASE) for each in sorted(raised)]
    return (*reports, *(_alarm(each, ends_at=now) for each in sorted(told - raised)))


def firing(count: int) -> frozenset[Severity]:
    """Return the severities that so many dead within the hour raise."""
    return frozenset(each for each, above in _ABOVE.items() if count > above)


_ABOVE = {Severity.P1: CRITICAL_ABOVE, Severity.P3: WARNING_ABOVE}
_WORDS = {Severity.P1: "critical", Severity.P3: "warning"}


def _alarm(severity: Severity, *, ends_at: datetime) -> AlertReport:
    return AlertReport(
        source=SOURCE,
        labels={
            "alertname": ALERTNAME,
            "severity": _WORDS[severity],
            "incident_type": "service-degradation",
        },
        annotations={
            "summary": "Messages do not get through",
            "description": (
                f"More than {_ABOVE[severity]} messages were given up within an hour. "
                "`tocsin delivery list --dead` says which and why."
            ),
        },
        ends_at=ends_at,
    )
