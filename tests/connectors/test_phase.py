"""A partner with three states is told the right one of each message."""

from __future__ import annotations

import pytest

from tocsin.connectors.phase import Phase, phase_of
from tocsin.domain.page import Message


@pytest.mark.parametrize(
    ("event", "status", "phase"),
    [
        ("page", "", Phase.OPEN),
        ("page", "investigating", Phase.OPEN),
        ("opened", "open", Phase.OPEN),
        ("escalated", "open", Phase.OPEN),
        ("unanswered", "investigating", Phase.OPEN),
        ("unreached", "open", Phase.OPEN),
        ("acknowledged", "", Phase.ACKNOWLEDGED),
        ("changed", "investigating", Phase.ACKNOWLEDGED),
        ("changed", "mitigated", Phase.ACKNOWLEDGED),
        ("changed", "open", Phase.OPEN),
        ("changed", "closed", Phase.RESOLVED),
        ("acknowledged", "resolved", Phase.RESOLVED),
        ("resolved", "", Phase.RESOLVED),
    ],
)
def test_a_messages_event_and_status_say_how_far_it_is(event: str, status: str, phase: Phase) -> None:
    message = Message(
        key="k",
        subject="",
        text="",
        link="",
        severity="P1",
        incident="INC-1",
        is_page=False,
        event=event,
        status=status,
    )
    assert phase_of(message) is phase


@pytest.mark.parametrize(
    ("event", "phase"), [("acknowledged", Phase.OPEN), ("changed", Phase.OPEN), ("resolved", Phase.RESOLVED)]
)
def test_while_others_must_acknowledge_too_somebody_is_wanted(event: str, phase: Phase) -> None:
    message = Message(
        key="k",
        subject="",
        text="",
        link="",
        severity="P1",
        incident="INC-1",
        is_page=False,
        event=event,
        status="investigating",
        still_needed=1,
    )
    assert phase_of(message) is phase
