"""How an alert stands."""

from __future__ import annotations

import pytest

from nouns import NOON, an_alert, later
from tocsin.domain.alert import AlertStatus


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, AlertStatus.FIRING),
        ({"muted_by": "a silence"}, AlertStatus.MUTED),
        ({"ends_at": NOON}, AlertStatus.RESOLVED),
        ({"ends_at": NOON, "muted_by": "a silence"}, AlertStatus.RESOLVED),
        ({"ends_at": later(1)}, AlertStatus.FIRING),
    ],
)
def test_an_alert_fires_is_muted_or_is_over(given, status):
    assert an_alert(**given).status(NOON) is status
