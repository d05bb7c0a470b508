from __future__ import annotations

from tocsin.connectors.receivers.manifest import MANIFEST


def test_it_has_no_settings_of_its_own() -> None:
    assert MANIFEST.settings == ()
    assert {kind for kind, _ in MANIFEST.notifiers} == {
        *("discord", "pushover", "sns", "telegram", "victorops", "webex", "wechat")
    }
