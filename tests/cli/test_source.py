"""Sources are listed with what is known of each, and one that is gone is forgotten."""

from __future__ import annotations

from datetime import timedelta


def test_sources_are_listed_and_forgotten(app, answer, typed) -> None:
    now = app.clock.now()
    app.listen.look({"idp": now - timedelta(hours=3)})
    (one,) = answer("source", "list")
    assert (one["source"], one["state"], one["expected_seconds"], one["owner"]) == (
        "idp",
        "learning",
        None,
        "",
    )
    assert one["last_seen"].endswith("Z")
    assert answer("source", "forget", "idp") == {"source": "idp"}
    assert typed("source", "forget", "nobody").exit_code == 3
