"""The PagerDuty channel is made from its settings and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.pagerduty.setup import build
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured

VALUES = {"TOCSIN_PAGERDUTY_ROUTING_KEYS": "ops=K1,night=K2", "TOCSIN_PAGERDUTY_URL": "https://events.eu.x/"}
NO_STORE: Any = None


def test_keys_are_known_by_name_and_the_region_is_chosen() -> None:
    made: Any = build(VALUES, SystemClock(), NO_STORE)
    assert (made.name, sorted(made.keys), made.api.url) == (
        "pagerduty",
        ["night", "ops"],
        "https://events.eu.x/",
    )


def test_two_keys_without_names_stop_the_start() -> None:
    with pytest.raises(Misconfigured, match="TOCSIN_PAGERDUTY_ROUTING_KEYS"):
        build(VALUES | {"TOCSIN_PAGERDUTY_ROUTING_KEYS": "K1,K2"}, SystemClock(), NO_STORE)
