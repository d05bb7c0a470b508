"""The webhook channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.webhook.setup import build
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured

CLOCK = SystemClock()
NO_STORE: Any = None


def test_the_secrets_come_from_the_setting() -> None:
    secret = "whsec_" + "QUJD" * 10
    made: Any = build({"TOCSIN_WEBHOOK_SECRETS": f"{secret}, {secret}"}, CLOCK, NO_STORE)
    assert ([one.reveal() for one in made.secrets], made.clock) == ([secret, secret], CLOCK)


def test_a_wrong_setting_stops_the_start() -> None:
    with pytest.raises(Misconfigured):
        build({"TOCSIN_WEBHOOK_SECRETS": "oops"}, CLOCK, NO_STORE)
