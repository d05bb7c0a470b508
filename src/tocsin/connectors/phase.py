"""How far an incident is, as partners with three states understand it."""

from __future__ import annotations

from enum import StrEnum

from tocsin.domain.page import Message


class Phase(StrEnum):
    """What a partner is to show: somebody is wanted, somebody is at it, it is over."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


_OVER = frozenset({"resolved", "closed"})
_AT_WORK = frozenset({"investigating", "mitigated"})
_CALLING = frozenset({"page", "opened", "escalated", "unanswered", "unreached"})


def phase_of(message: Message) -> Phase:
    """Read it from the message's event first: a page wants somebody, whatever the incident's status says."""
    if message.event in _CALLING:
        return Phase.OPEN
    if message.event == "resolved" or message.status in _OVER:
        return Phase.RESOLVED
    if message.still_needed:
        return Phase.OPEN
    return Phase.ACKNOWLEDGED if message.event == "acknowledged" or message.status in _AT_WORK else Phase.OPEN
