"""The inbox manifest tells what a person must set, and hides what is secret."""

from __future__ import annotations

from tocsin.connectors.inbox.manifest import MANIFEST


def test_the_inbox_needs_nothing_and_says_that_it_reaches_nobody() -> None:
    assert (MANIFEST.settings, MANIFEST.permissions) == ((), ())
    assert "reaches nobody" in MANIFEST.summary
