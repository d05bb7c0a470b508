from __future__ import annotations

from tocsin.connectors.twilio.manifest import MANIFEST


def test_one_account_gives_two_channels() -> None:
    assert [name for name, _ in MANIFEST.channels] == ["sms", "voice"]
    assert MANIFEST.channel == ""
    assert [setting.name for setting in MANIFEST.settings if setting.secret] == ["TOCSIN_TWILIO_TOKEN"]
