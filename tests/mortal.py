"""A real server that kills itself with SIGKILL when it passes a named point; run as a program by tests.

`python mortal.py POINT ARMED up ...` runs `tocsin up ...` and dies at the first passing of POINT once the
file ARMED exists. The product knows nothing of this: its public functions are wrapped here.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

AFTER_INTAKE_COMMIT = "after the intake's commit"
AFTER_CLAIM = "after the job is claimed, before it is sent"
DURING_SEND = "while the receiver holds the request"
AFTER_SEND = "after it is sent, before that is written down"
DURING_WAIT = "between two steps of the escalation"
POINTS = (AFTER_INTAKE_COMMIT, AFTER_CLAIM, DURING_SEND, AFTER_SEND, DURING_WAIT)
FROM_OUTSIDE = (DURING_SEND, DURING_WAIT)
"""Points at which the test itself kills, because it sees them from outside."""


def _die_if(armed: Path) -> None:
    if armed.exists():
        os.kill(os.getpid(), signal.SIGKILL)


def _die_after_intake_commit(armed: Path) -> None:
    from tocsin.app.bell import Bell  # noqa: PLC0415 - only the child loads the server
    from tocsin.app.hearing import Hearing  # noqa: PLC0415

    hearing = threading.local()
    hear, ring = Hearing.api_alerts, Bell.ring

    def heard(self: Hearing, *args: Any, **named: Any) -> Any:
        hearing.now = True
        try:
            return hear(self, *args, **named)
        finally:
            hearing.now = False
            _die_if(armed)

    def rung(self: Bell) -> None:
        # The store rings once a transaction is durable, and before anything is done about it.
        if getattr(hearing, "now", False):
            _die_if(armed)
        ring(self)

    Hearing.api_alerts, Bell.ring = heard, rung  # type: ignore[method-assign]


def _die_around_send(armed: Path, *, before: bool) -> None:
    from tocsin.connectors.webhook.channel import WebhookChannel  # noqa: PLC0415

    send = WebhookChannel.send

    def sent(self: WebhookChannel, message: Any, address: str) -> Any:
        if before and message.is_page:
            _die_if(armed)
        receipt = send(self, message, address)
        if message.is_page:
            _die_if(armed)
        return receipt

    WebhookChannel.send = sent  # type: ignore[method-assign]


def main() -> None:
    point, armed = sys.argv[1], Path(sys.argv[2])
    del sys.argv[1:3]
    if point == AFTER_INTAKE_COMMIT:
        _die_after_intake_commit(armed)
    elif point in (AFTER_CLAIM, AFTER_SEND):
        _die_around_send(armed, before=point == AFTER_CLAIM)
    from tocsin.cli.main import main as tocsin  # noqa: PLC0415

    tocsin()


if __name__ == "__main__":
    main()
