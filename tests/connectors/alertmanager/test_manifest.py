"""The alertmanager manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.alertmanager.manifest import MANIFEST


def test_prometheus_and_alertmanager_need_no_account_with_us_but_a_door() -> None:
    assert [setting.name for setting in MANIFEST.settings if setting.required] == []
    assert len(MANIFEST.inbound) == 2
