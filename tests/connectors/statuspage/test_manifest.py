from __future__ import annotations

from tocsin.connectors.statuspage.manifest import MANIFEST


def test_the_key_is_wanted_and_secret() -> None:
    told = {setting.name: (setting.required, setting.secret) for setting in MANIFEST.settings}
    assert told == {"TOCSIN_STATUSPAGE_KEY": (True, True), "TOCSIN_STATUSPAGE_URL": (False, False)}
