"""Decide which time a signal is judged by: its own, unless it claims to come from the future."""

from __future__ import annotations

from datetime import datetime, timedelta

CLOCKS_MAY_DIFFER = timedelta(minutes=10)
"""How far a sender's clock may run ahead of ours and still be believed."""


def believed(said: datetime, received_at: datetime) -> datetime:
    """Return the time to judge a signal by.

    Windows follow the newest time they have seen, so one signal from the year 9999 would make all later ones
    late. A time too far ahead is taken as the time of receipt; the record itself keeps what it says.
    """
    return said if said - received_at <= CLOCKS_MAY_DIFFER else received_at
