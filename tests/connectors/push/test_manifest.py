from __future__ import annotations

from tocsin.connectors.push.manifest import MANIFEST


def test_web_push_needs_only_somebody_to_ask() -> None:
    assert [setting.name for setting in MANIFEST.settings if setting.required] == ["TOCSIN_PUSH_CONTACT"]
    assert not any(setting.secret for setting in MANIFEST.settings)
