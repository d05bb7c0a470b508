"""The lake by the command line: what is kept, the proof of it, holds, and hunts over it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

from tocsin.domain.clock import SystemClock
from tocsin.domain.source import SourceProgress
from tocsin.store.lake.manifest import NAME

RULE = """\
title: A shell was started
id: 11111111-1111-4111-8111-111111111111
logsource: {category: process}
detection: {selection: {action: shell}, condition: selection}
level: high
"""


def line(days: float) -> bytes:
    at = datetime.now(UTC) - timedelta(days=days)
    return json.dumps({"class": "process", "action": "shell", "time": at.isoformat()}).encode()


@pytest.fixture
def stored(app):
    """Return a function that stores a record of some days ago, already judged."""

    def run(days: float) -> None:
        was = app.lake.append("prod", [])
        stop = app.lake.append("prod", [line(days)])
        with app.store.transaction() as shelves:
            known = shelves.detector.progress().get("prod", SourceProgress(source="prod", position=was))
            shelves.detector.advance(known, SourceProgress(source="prod", position=stop))

    return run


@pytest.fixture
def rule(tmp_path):
    path = tmp_path / "shell.yml"
    path.write_text(RULE)
    return str(path)


def test_stored_signals_are_sealed_shown_and_verified(stored, answer, typed) -> None:
    stored(3)
    assert [each["rows"] for each in answer("lake", "seal")] == [1]
    (source,) = answer("lake", "status")
    assert (source["source"], source["rows"], source["cold"], source["held"]) == ("prod", 1, 0, 0)
    assert answer("lake", "verify") == {"sound": True, "faults": []}
    assert "its head is" in typed("lake", "status").stderr


def test_a_changed_segment_ends_with_7(stored, typed, app) -> None:
    stored(3)
    typed("lake", "seal")
    (path,) = (app.settings.home / "lake").rglob("*.parquet")
    path.chmod(0o600)
    path.write_bytes(b"Eve was here")
    result = typed("lake", "verify")
    assert result.exit_code == 7
    assert "was changed" in result.stderr


def test_a_manifest_that_cannot_be_read_ends_with_7(stored, typed, app) -> None:
    stored(3)
    (app.settings.home / "lake" / NAME).write_bytes(b"not json\n")
    assert typed("lake", "status").exit_code == 7


def test_what_claims_to_be_old_is_kept_as_long_as_anything_else(stored, answer, typed) -> None:
    stored(30 * 365)
    typed("lake", "seal")
    assert answer("lake", "retain", "--dry-run") == []


def test_retention_is_shown_before_it_is_done_and_a_hold_wins(stored, answer, typed, monkeypatch) -> None:
    stored(3)
    typed("lake", "seal")
    years_later = datetime.now(UTC) + timedelta(days=9 * 365)
    monkeypatch.setattr(SystemClock, "now", lambda self: years_later)
    assert [each["fate"] for each in answer("lake", "retain", "--dry-run")] == ["delete"]
    assert typed("lake", "hold", "add", "--source", "prod", "--reason", "Case 4711").exit_code == 0
    (hold,) = answer("lake", "hold", "list")
    assert (hold["source"], hold["reason"], hold["since"]) == ("prod", "Case 4711", None)
    assert [each["fate"] for each in answer("lake", "retain")] == ["held", "cool"]
    assert typed("lake", "hold", "release", hold["id"], "--reason", "closed").exit_code == 0
    assert [each["fate"] for each in answer("lake", "retain")] == ["delete"]
    assert answer("lake", "hold", "list") == []
    assert typed("lake", "hold", "release", hold["id"], "--reason", "closed").exit_code == 5


def test_a_hold_of_an_incident_covers_its_time_and_a_day_around_it(firing, answer, typed) -> None:
    hold = answer("lake", "hold", "add", "--incident", "INC-1", "--reason", "Case 4711")
    since = datetime.fromisoformat(hold["since"])
    assert (hold["incident"], hold["until"]) == ("INC-1", None)
    assert timedelta(hours=23) < datetime.now(UTC) - since < timedelta(hours=25)
    assert typed("lake", "hold", "add", "--incident", "INC-9", "--reason", "x").exit_code == 3
    assert firing


def test_a_hold_takes_bounds(answer, typed, app) -> None:
    bounds = ("--since", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z")
    hold = answer("lake", "hold", "add", *bounds, "--reason", "Case 4711")
    assert (hold["since"], hold["until"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert typed("lake", "hold", "add", "--since", "soon", "--reason", "x").exit_code == 2
    assert app


def test_the_stored_past_is_hunted_sealed_and_hot(stored, typed, rule) -> None:
    stored(40)
    typed("lake", "seal")
    stored(3)
    for words, count in ((("--since", "30d"), 1), ((), 2), (("--since", "90d", "--until", "30d"), 1)):
        result = typed("hunt", "--lake", "--rules", rule, "--json", *words)
        assert result.exit_code == 0, result.stderr
        alerts = [json.loads(each) for each in result.stdout.splitlines()]
        assert sum(each["count"] for each in alerts) == count
        assert {ref["source"] for each in alerts for ref in each["evidence"]} == {"prod"}
    assert typed("hunt", "--lake", "--source", "never", "--rules", rule).exit_code == 3


def test_a_damaged_stored_signal_is_named(app, typed, rule) -> None:
    app.lake.append("prod", [line(1), b"damaged"])
    result = typed("hunt", "--lake", "--rules", rule)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert "The rest was read." in result.stderr
    assert typed("hunt", "--lake", "--rules", rule, "--strict").exit_code == 6


@pytest.mark.parametrize(
    "words", [(), ("x", "--lake"), ("x", "--since", "3d"), ("--lake", "--until", "soon")]
)
def test_what_makes_no_hunt_is_a_usage_error(typed, rule, words) -> None:
    assert typed("hunt", *words, "--rules", rule).exit_code == 2
