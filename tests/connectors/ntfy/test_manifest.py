from __future__ import annotations

from tocsin.connectors.ntfy.manifest import MANIFEST


def test_only_the_server_must_be_named_and_the_token_is_secret() -> None:
    told = {setting.name: (setting.required, setting.secret) for setting in MANIFEST.settings}
    assert told == {"TOCSIN_NTFY_URL": (True, False), "TOCSIN_NTFY_TOKEN": (False, True)}
