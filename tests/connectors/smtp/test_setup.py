"""The mail channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.smtp.setup import build
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured

CLOCK = SystemClock()
NO_STORE: Any = None


def test_the_server_and_sender_come_from_the_settings() -> None:
    values = {"TOCSIN_SMTP_URL": "smtp://mail.example", "TOCSIN_SMTP_FROM": "tocsin@tocsin.example"}
    made: Any = build(values, CLOCK, NO_STORE)
    assert (made.url.reveal(), made.sender, made.clock) == (
        "smtp://mail.example",
        "tocsin@tocsin.example",
        CLOCK,
    )


def test_a_wrong_setting_stops_the_start() -> None:
    with pytest.raises(Misconfigured):
        build({"TOCSIN_SMTP_URL": "mail.example", "TOCSIN_SMTP_FROM": ""}, CLOCK, NO_STORE)
