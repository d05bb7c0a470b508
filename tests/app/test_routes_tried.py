"""Where labels lead can be tried out, through both trees, without any state."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.routes_tried import (
    labels_typed,
    listed,
    names,
    routes_in,
    routes_in_force,
    tried,
    unmet,
)
from tocsin.app.settings import Settings, load_settings
from tocsin.domain.errors import Misconfigured, NotFound
from tocsin.domain.pack_file import PackProblem

FILE = """
route:
  receiver: all
  routes:
  - {receiver: db, matchers: [team="db"], continue: true, group_by: ['...']}
  - {receiver: night, matchers: [team=~"d.*"], mute_time_intervals: [days]}
receivers: [{name: all}, {name: db}, {name: night}]
time_intervals: [{name: days}]
"""
ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
schedule: {zone: UTC, rotation: weekly, starts: "2026-01-05", handover: "09:00", people: [ben]}
policies:
  default: {steps: {P1: [{after: 0m, page: primary}]}}
  database: {steps: {P1: [{after: 0m, page: primary}]}}
routes:
- name: data
  when: [team = db]
  policy: database
  routes: [{name: deep, when: [env = prod], policy: default}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "packs" / "mine" / "alertmanager.yml"
    path.parent.mkdir(parents=True)
    path.write_text(FILE)
    return path


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
    return load_settings()


def test_a_file_tells_its_receivers_in_tree_order(file: Path) -> None:
    found = tried(routes_in(file), {"team": "db"})
    assert names(found, "receiver") == "db,night"
    assert found[0].why == 'group {}/{team="db"}:{team="db"}'
    assert found[0].record()["place"] == f"{file}:5:5"
    assert names(found, "policy") == ""


def test_what_is_in_force_tells_both_trees(file: Path, settings: Settings) -> None:
    (file.parent / "oncall.yml").write_text(ONCALL)
    found = tried(routes_in_force(settings), {"team": "db"})
    assert [(each.kind, each.name) for each in found] == [
        ("receiver", "db"),
        ("receiver", "night"),
        ("policy", "database"),
    ]
    assert unmet(found, ("db,night", "oncall=database")) == ()
    assert unmet(found, ("db", "oncall=default")) == (
        "Expected receivers db, got db,night.",
        "Expected policy default, got database.",
    )
    rows = listed(routes_in_force(settings))
    assert [(row["route"], row["kind"], row["name"]) for row in rows] == [
        ("0", "receiver", "all"),
        ("0/0", "receiver", "db"),
        ("0/1", "receiver", "night"),
        ("0", "policy", "database"),
        ("0/0", "policy", "default"),
    ]
    assert (rows[0]["group_by"], rows[1]["group_by"], rows[1]["group_wait"]) == ([], ["..."], "30s")


def test_without_a_file_only_policies_are_told(settings: Settings) -> None:
    found = tried(routes_in_force(settings), {})
    assert [each.kind for each in found] == ["policy"]
    assert unmet(found, ("all",)) == ("Expected receivers all, got none.",)


def test_labels_are_typed_as_for_amtool() -> None:
    assert labels_typed(["a=b", 'c="d e"', "f="]) == {"a": "b", "c": "d e", "f": ""}
    for words in (["a"], ["a=~b"], ["a=b", "a=c"]):
        with pytest.raises(ValueError, match=r"matcher|single|twice"):
            labels_typed(words)


def test_what_cannot_be_read_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    with pytest.raises(NotFound):
        routes_in(path)
    path.write_bytes(b"\xff")
    with pytest.raises(Misconfigured):
        routes_in(path)
    path.write_text("route: {}")
    with pytest.raises(PackProblem):
        routes_in(path)
