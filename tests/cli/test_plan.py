"""`plan` shows what a change means and would have paged; `apply` puts it in force, and takes it back."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def git(home, tmp_path):
    """Return a folder as in Git: the pack of the home, with Ada on call instead of Ben."""
    oncall = tmp_path / "packs" / "team" / "oncall.yml"
    copy = tmp_path / "git" / "team" / "oncall.yml"
    copy.parent.mkdir(parents=True)
    copy.write_text(oncall.read_text().replace("people: [ben]", "people: [ada]"))
    return tmp_path / "git"


def test_a_plan_names_the_pages_a_change_would_have_sent_and_ends_with_10(firing, typed, git) -> None:
    result = typed("plan", str(git), "--json")
    assert result.exit_code == 10
    planned = json.loads(result.stdout)
    assert planned["schema"] == "tocsin.plan/1"
    calls = planned["data"]["calls"]
    assert {(each["person"], each["change"], each["alert"]) for each in calls["pages"]} == {
        ("ada", "would have been sent", "ALR-1"),
        ("ben", "would not have been sent", "ALR-1"),
    }
    assert {each["person"]: (each["before"], each["after"], each["really"]) for each in calls["totals"]} == {
        "ada": (0, 1, 0),
        "ben": (1, 0, 1),
    }
    shown = typed("plan", str(git))
    assert "changed\tteam/oncall.yml" in shown.stdout
    assert "ada is on call 720 hours more" in shown.stderr
    assert "1 pages more, 1 less" in shown.stderr
    assert "The disk of shop is full" in shown.stdout


def test_no_change_ends_with_0_and_what_would_not_load_with_6(app, typed, git) -> None:
    (git / "team" / "oncall.yml").write_text("people: {}\n")
    broken = typed("plan", str(git))
    assert broken.exit_code == 6
    assert "would not load" in broken.stderr
    assert typed("apply", str(git), "--yes").exit_code == 6
    same = typed("plan", str(git.parent / "packs"))
    assert (same.exit_code, same.stderr) == (0, "Nothing changes.\n")
    assert "packs_unreadable" in typed("plan", str(git / "nowhere")).stderr


def test_packs_are_applied_and_taken_back_and_their_drift_is_told(app, typed, answer, git) -> None:
    oncall = git.parent / "packs" / "team" / "oncall.yml"
    before = oncall.read_text()
    assert typed("apply", str(git)).exit_code == 2
    assert typed("apply", str(git), "--dry-run").exit_code == 10
    assert oncall.read_text() == before
    done = typed("apply", str(git), "--yes")
    assert done.exit_code == 0, done.output
    assert "people: [ada]" in oncall.read_text()
    assert answer("drift", "packs", str(git)) == []
    assert typed("apply", "--back", "--yes").exit_code == 0
    assert oncall.read_text() == before
    oncall.write_text(before + "\n")
    drifted = typed("drift", "packs")
    assert drifted.exit_code == 6
    assert "team/oncall.yml\tchanged by hand" in drifted.stdout
    assert typed("drift", "packs", "--exit-zero").exit_code == 0
    assert typed("apply").exit_code == 2
