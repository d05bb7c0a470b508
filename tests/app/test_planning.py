"""`plan` names exactly the pages that a change would have sent: as a whole run under it sends them."""

from __future__ import annotations

import pytest

from recorded_month import NEW, NOISE, OLD, house, script, write_pack
from tocsin.app.planning import plan


def told(pages):
    return sorted((page.at, page.person, page.alert, page.policy, page.step) for page in pages)


@pytest.mark.parametrize("seed", [1, 6])
def test_the_plan_names_the_pages_that_a_whole_run_under_the_change_sends(sqlite_store, tmp_path, seed):
    lived = house(tmp_path / "lived", OLD)
    month = lived.live(script(seed, 80))
    control = house(tmp_path / "control", NEW, NOISE)
    control.live(month)
    write_pack(tmp_path / "git" / "team", NEW, NOISE)

    planned = plan(lived.app, tmp_path / "git")

    really, would = lived.pages(), control.pages()
    assert planned.problems == ()
    gone = told(each.page for each in planned.calls.changes if not each.is_new)
    new = told(each.page for each in planned.calls.changes if each.is_new)
    assert gone == sorted(set(really) - set(would))
    assert new == sorted(set(would) - set(really))
    assert len(new) > 20
    assert len(gone) > 20


def test_nothing_changes_where_the_folder_is_what_is_in_force(sqlite_store, tmp_path):
    lived = house(tmp_path / "lived", OLD)
    write_pack(tmp_path / "git" / "team", OLD)
    planned = plan(lived.app, tmp_path / "git")
    assert (planned.files, planned.problems, planned.calls) == ((), (), None)


def test_what_would_not_load_is_named_and_nothing_is_played(sqlite_store, tmp_path):
    lived = house(tmp_path / "lived", OLD)
    write_pack(tmp_path / "git" / "team", OLD.replace("zone: Europe/Berlin", "zone: Europe/Nowhere"))
    planned = plan(lived.app, tmp_path / "git")
    assert [each.path for each in planned.files] == ["team/oncall.yml"]
    assert "team/oncall.yml:6" in planned.problems[0]
    assert planned.calls is None


def test_a_failing_test_beside_the_on_call_file_and_a_broken_rule_are_problems(sqlite_store, tmp_path):
    lived = house(tmp_path / "lived", OLD)
    team = tmp_path / "git" / "team"
    write_pack(team, OLD)
    (team / "oncall.tests.yml").write_text(
        "tests: [{name: wrong, severity: P1, at: '2026-11-20T02:00:00Z', policy: other}]\n"
    )
    (team / "rules").mkdir()
    (team / "rules" / "broken.yml").write_text("title: half a rule\n")
    broken, failing = plan(lived.app, tmp_path / "git").problems
    assert broken.startswith("team/rules/broken.yml:")
    assert "“wrong” fails" in failing


def test_the_change_is_said_in_words_with_the_shifts_of_each_person(sqlite_store, tmp_path):
    lived = house(tmp_path / "lived", OLD)
    write_pack(tmp_path / "git" / "team", NEW, NOISE)
    planned = plan(lived.app, tmp_path / "git")
    said = {(each.section, each.name): each.text for each in planned.meanings}
    assert said["routes", "1 “money”"].startswith('new: when team="payments": payments')
    assert said["policies", "default P2"] == (
        "was: after 0m page primary default, then after 30m page secondary default; "
        "becomes: after 0m page primary default, then after 20m page secondary default"
    )
    assert "flapping" in {name for section, name in said if section == "noise"}
    assert {person for each in planned.shifts for person in each.after} == {"ada", "ben", "chidi"}


def test_a_bound_is_said(sqlite_store, tmp_path):
    lived = house(tmp_path / "lived", OLD)
    lived.live(script(1, 10))
    write_pack(tmp_path / "git" / "team", NEW)
    planned = plan(lived.app, tmp_path / "git", most=5)
    assert planned.calls.alerts >= 5
    assert "Only the newest" in planned.calls.remarks[0]
