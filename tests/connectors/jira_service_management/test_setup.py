"""The channel is made from keys, from a token, or from both."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.connectors.jira_service_management.alerts_api import AccountAlerts, IntegrationAlerts
from tocsin.connectors.jira_service_management.setup import build
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured

NO_STORE: Any = None
VALUES = {
    "TOCSIN_JSM_KEYS": "",
    "TOCSIN_JSM_TOKEN": "",
    "TOCSIN_JSM_USER": "ada@tocsin.example",
    "TOCSIN_JSM_CLOUD_ID": "1111-2222",
    "TOCSIN_JSM_URL": "https://api.atlassian.com/jsm/ops/",
}


def doors(**changes: str) -> dict[str, Any]:
    made: Any = build(VALUES | changes, SystemClock(), NO_STORE)
    return dict(made.doors)


def test_each_key_is_a_door_by_its_name() -> None:
    made = doors(TOCSIN_JSM_KEYS="ops=K1,night=K2")
    assert sorted(made) == ["night", "ops"]
    assert isinstance(made["ops"], IntegrationAlerts)
    assert made["ops"].url == "https://api.atlassian.com/jsm/ops/integration/v2/alerts"


def test_a_token_is_the_door_by_default() -> None:
    made = doors(TOCSIN_JSM_TOKEN="secret")["default"]
    assert isinstance(made, AccountAlerts)
    assert made.url == "https://api.atlassian.com/jsm/ops/api/1111-2222"


@pytest.mark.parametrize("missing", ["TOCSIN_JSM_USER", "TOCSIN_JSM_CLOUD_ID"])
def test_a_token_alone_stops_the_start(missing: str) -> None:
    with pytest.raises(Misconfigured, match=missing):
        doors(**{"TOCSIN_JSM_TOKEN": "secret", missing: ""})
