"""A manifest is plain words: nothing in it can be changed, and by default it asks for nothing."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest


def test_a_manifest_asks_for_nothing_unless_it_says_so() -> None:
    made = Manifest(name="lab", title="Lab", category=Category.SIGNALS, summary="For tests.")
    assert (made.settings, made.permissions, made.inbound, made.channel) == ((), (), (), "")
    setting = ConnectorSetting(name="TOCSIN_LAB", hint="Anything.")
    assert (setting.required, setting.secret) == (False, False)
    with pytest.raises(FrozenInstanceError):
        setting.secret = True  # type: ignore[misc]
