"""Sources are listed with what is known of each, and one that is gone is forgotten."""

from __future__ import annotations

from datetime import timedelta

from tocsin.app.hook_secrets import count_old_use, secrets_for


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


def test_the_samples_of_mappings_are_tests(typed, answer, tmp_path) -> None:
    assert {each["source"] for each in answer("source", "test")} >= {"grafana", "uptime-kuma"}
    assert typed("source", "test", "nobody").exit_code == 3
    mapping = tmp_path / "packs" / "team" / "intake.yml"
    mapping.parent.mkdir(parents=True, exist_ok=True)
    sample = '{name: s, body: \'{"t": "a", "i": "1"}\', gives: {title: b}}'
    mapping.write_text(f"sources: {{x: {{fields: {{title: /t, id: /i}}, samples: [{sample}]}}}}")
    failed = typed("source", "test", "x")
    assert (failed.exit_code, "title is 'a', not 'b'" in failed.stdout) == (6, True)


def test_a_body_is_tried_against_one_mapping(typed, answer, tmp_path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"status": "resolved", "groupKey": "g", "title": "Slow"}')
    assert answer("source", "test", "grafana", "--body", str(body))["status"] == "resolved"
    assert typed("source", "test", "--body", str(body)).exit_code == 2


def test_old_secrets_that_are_still_used_are_listed(app, answer) -> None:
    (old,) = secrets_for("old", "shop", b"k")
    with app.store.transaction() as shelves:
        count_old_use(shelves, "github", "shop", old, app.clock.now() - timedelta(days=3))
    (use,) = answer("source", "secrets")
    assert (use["source"], use["times"], use["days_ago"]) == ("github/shop", 1, 3)
