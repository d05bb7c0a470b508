"""Scenarios there are, and one played."""

from __future__ import annotations

from tocsin.app import drills
from tocsin.intake.scenario import parse_scenario


def test_the_scenarios_of_all_packs_are_listed(tmp_path, answer) -> None:
    own = tmp_path / "packs" / "team" / "drills" / "own.yml"
    own.parent.mkdir(parents=True)
    own.write_text("title: Ours\nsource: drill-own\nsteps: [{name: a, at: 0s, signal: {b: c}}]")
    assert {each["name"] for each in answer("drill", "list")} == {"credential-stuffing", "own"}


def test_a_scenario_with_a_mistake_is_named(tmp_path, typed) -> None:
    own = tmp_path / "packs" / "team" / "drills" / "own.yml"
    own.parent.mkdir(parents=True)
    own.write_text("title: Ours\n")
    result = typed("drill", "list")
    assert result.exit_code == 1
    assert "own.yml:1:1" in result.stderr


def test_without_a_server_it_ends_with_8(home, typed) -> None:
    result = typed("drill", "run", "credential-stuffing", "--url", "http://127.0.0.1:9")
    assert result.exit_code == 8
    assert "[server_unreachable]" in result.stderr


def test_an_unknown_drill_ends_with_3(home, typed) -> None:
    assert typed("drill", "run", "nonsense").exit_code == 3


def test_what_was_taken_is_counted(home, answer, monkeypatch) -> None:
    scenario = parse_scenario(
        "title: A\nsource: drill-a\nsteps: [{name: a, at: 0s, signal: {b: c}}]", "a.yml"
    )
    asked = []

    def play(app, name, url):
        asked.append((name, url))
        return drills.Played(scenario, 7, 0)

    monkeypatch.setattr(drills, "play", play)
    assert answer("drill", "run", "a") == {"name": "a", "accepted": 7, "quarantined": 0}
    assert asked == [("a", "http://127.0.0.1:8420")]
