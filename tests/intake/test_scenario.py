"""A drill's file, checked; and the signals it makes, timed to end now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.intake.scenario import MAX_SIGNALS, expand, parse_scenario

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "drills" / "credential-stuffing.yml"

TWO_STEPS = """\
title: Two steps
description: A story.
source: drill-two
plays_in: 2s
steps:
  - name: tries
    at: 0s
    every: 1m
    repeat: 3
    cycle:
      who: [ben, eve]
      port: ["22"]
    signal: {c: auth, user: "{who}@example.com", src: {port: "{port}", list: [a, "{who}"]}, ok: false}
  - name: gets in
    at: 4m
    signal: {c: auth, count: 3, ratio: 0.5, none: null, "braces": "{{x}}"}
"""


def played(text: str = TWO_STEPS):
    cues = expand(parse_scenario(text, "drill.yml"), NOW)
    return [(cue.delay_s, json.loads(cue.line)) for cue in cues]


def test_a_cycle_gives_its_values_in_turn() -> None:
    users = [signal.get("user") for _, signal in played()]
    assert users == ["ben@example.com", "eve@example.com", "ben@example.com", None]


def test_nested_values_are_filled_and_other_kinds_stay_what_they_are() -> None:
    first, *_, last = [signal for _, signal in played()]
    assert first["src"] == {"port": "22", "list": ["a", "ben"]}
    assert first["ok"] is False
    assert (last["count"], last["ratio"], last["none"], last["braces"]) == (3, 0.5, None, "{x}")


def test_the_story_keeps_its_distances_and_ends_now() -> None:
    times = [datetime.fromisoformat(signal["time"]) for _, signal in played()]
    assert times[-1] == NOW
    assert [NOW - at for at in times] == [timedelta(minutes=m) for m in (4, 3, 2, 0)]


def test_playing_takes_as_long_as_the_file_says() -> None:
    assert [delay for delay, _ in played()] == [0.0, 0.5, 1.0, 2.0]


def test_without_plays_in_everything_is_sent_at_once() -> None:
    assert {delay for delay, _ in played(TWO_STEPS.replace("plays_in: 2s\n", ""))} == {0.0}


def test_a_story_of_one_moment_has_no_length() -> None:
    text = "title: One\nsource: drill-one\nsteps: [{name: a, at: 0s, signal: {b: c}}]"
    scenario = parse_scenario(text, "drill.yml")
    assert scenario.length == timedelta(0)
    assert scenario.description == ""
    assert played(text) == [(0.0, {"time": "2026-11-21T10:00:00.000Z", "b": "c"})]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("source: drill-two", "source: okta", "3:9", "real one"),
        ("source: drill-two", "source: drill-", "3:9", "real one"),
        ("repeat: 3", "repeat: 0", "9:13", "number of repetitions"),
        ("repeat: 3", "repeat: 1.5", "9:13", "number of repetitions"),
        ("repeat: 3", f"repeat: {MAX_SIGNALS}", "6:3", "more than"),
        ("who: [ben, eve]", "who: []", "11:12", "the cycle is empty"),
        ("{who}@", "{whom}@", "13:29", "`{whom}` is not a cycle"),
        ("{who}@", "{who@", "13:29", "brace is not closed"),
        ("{who}@", "{who:>99999999}@", "13:29", "more than a name"),
        ("{who}@", "{who!r}@", "13:29", "more than a name"),
        ("{c: auth, count", "{time: now, count", "16:13", "follows from its step"),
        ("title: Two steps", "titel: Two steps", "1:1", "not known"),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, place: str, words: str) -> None:
    with pytest.raises(PackProblem) as refused:
        parse_scenario(TWO_STEPS.replace(old, new, 1), "drill.yml")
    assert refused.value.happened.startswith(f"drill.yml:{place}: ")
    assert words in refused.value.happened


def test_a_name_without_any_cycle_is_a_mistake() -> None:
    text = 'title: One\nsource: drill-one\nsteps: [{name: a, at: 0s, signal: {b: "{c}"}}]'
    with pytest.raises(PackProblem, match="not a cycle of this step"):
        parse_scenario(text, "drill.yml")


@pytest.mark.parametrize("steps", ["[]", "[{name: a, at: 0s, signal: word}]"])
def test_a_scenario_needs_steps_with_signals(steps: str) -> None:
    with pytest.raises(PackProblem):
        parse_scenario(f"title: One\nsource: drill-one\nsteps: {steps}", "drill.yml")


def test_the_shipped_scenario_tells_its_story_in_order() -> None:
    cues = expand(parse_scenario(SHIPPED.read_text(), str(SHIPPED)), NOW)
    signals = [json.loads(cue.line) for cue in cues]
    assert [signal["action"] for signal in signals[-2:]] == ["export", "api_key.create"]
    assert len({signal["user"] for signal in signals if signal["outcome"] == "failure"}) >= 10
    assert all(cue.delay_s <= 5 for cue in cues)
