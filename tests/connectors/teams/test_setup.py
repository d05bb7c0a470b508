"""The Teams channel is made from its setting and nothing else."""

from __future__ import annotations

from typing import Any

from tocsin.connectors.teams.setup import build
from tocsin.domain.clock import SystemClock

NO_STORE: Any = None


def test_workflows_are_known_by_name_though_their_urls_hold_equal_signs() -> None:
    url = "https://prod.example:443/workflows/1?api-version=2016-06-01&sig=x"
    made: Any = build({"TOCSIN_TEAMS_WEBHOOKS": f"ops={url}"}, SystemClock(), NO_STORE)
    assert (made.name, made.hooks["ops"].reveal()) == ("teams", url)
