"""The signals manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.signals.manifest import MANIFEST


def test_the_bound_of_a_body_can_be_set() -> None:
    assert [setting.name for setting in MANIFEST.settings] == ["TOCSIN_MAX_DECODED_MB"]
