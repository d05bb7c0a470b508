"""`tocsin runbook` lists, checks, tests and carries over runbooks; every mistake is an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.app.drills import ONCALL

RIGHT = """\
runbook: logins
title: Logins fail
steps:
- {id: look, do: Look, owner: oncall, ask: {x: [yes, no]}}
"""
TESTS = "tests: [{name: a look, given: {look: {answer: {x: yes}}}, expect: {order: [look]}}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "runbooks"
    found.mkdir()
    (found / "logins.yml").write_text(RIGHT, encoding="utf-8")
    (found / "logins.test.yml").write_text(TESTS, encoding="utf-8")
    return found


@pytest.fixture
def in_force(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "packs" / "mine").mkdir(parents=True)
    folder.rename(tmp_path / "packs" / "mine" / "runbooks")


def test_right_runbooks_pass(typed: Any, folder: Path) -> None:
    checked = typed("runbook", "check", str(folder))
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert "1 runbooks, 0 wrong" in checked.stderr
    tested = typed("runbook", "test", str(folder), "--json")
    assert tested.exit_code == 0
    assert [row["outcome"] for row in json.loads(tested.stdout)["data"]] == ["passed"]


def test_mistakes_end_with_6_and_are_all_named(typed: Any, folder: Path) -> None:
    (folder / "bad.yml").write_text(
        RIGHT.replace("logins", "bad") + "- {id: x}\n- {di: y}\n", encoding="utf-8"
    )
    checked = typed("runbook", "check", str(folder), "--json")
    assert checked.exit_code == 6
    rows = json.loads(checked.stdout)["data"]
    assert {(row["line"], row["kind"]) for row in rows} >= {(5, "error"), (6, "error")}
    assert typed("runbook", "check", str(folder), "--exit-zero").exit_code == 0
    tested = typed("runbook", "test", str(folder))
    assert tested.exit_code == 6
    assert "broken" in tested.stdout


def test_a_missing_role_is_one_line_unless_each_step_is_asked_for(
    typed: Any, folder: Path, tmp_path: Path
) -> None:
    oncall = ONCALL.replace("STARTS", "2020-01-06")
    (tmp_path / "packs" / "mine").mkdir(parents=True)
    (tmp_path / "packs" / "mine" / "oncall.yml").write_text(oncall, encoding="utf-8")
    more = "- {id: a, do: A, owner: cto}\n- {id: b, do: B, owner: cto}\n"
    (folder / "logins.yml").write_text(RIGHT + more, encoding="utf-8")
    check = ("runbook", "check", str(folder), "--exit-zero")
    assert "`cto` here, which 2 steps in 1 runbooks name." in typed(*check).stdout
    assert typed(*check, "--roles").stdout.count("no role `cto`") == 2
    assert typed(*check, "--json").stdout.count("no role `cto`") == 2


def test_a_test_that_fails_ends_with_6(typed: Any, folder: Path) -> None:
    (folder / "logins.test.yml").write_text(TESTS.replace("[look]", "[]"), encoding="utf-8")
    tested = typed("runbook", "test", str(folder))
    assert tested.exit_code == 6
    assert "the steps done are [look], expected []." in tested.stdout


@pytest.mark.usefixtures("in_force")
def test_the_packs_in_force_are_listed_and_shown(typed: Any) -> None:
    assert "logins\tLogins fail\t" in typed("runbook", "list").stdout
    assert typed("runbook", "show", "logins").stdout.startswith("look\tLook\toncall")
    shown = json.loads(typed("runbook", "show", "logins", "--json").stdout)
    assert shown["data"]["lines"][0]["place"] == "look"
    assert typed("runbook", "show", "nothing").exit_code == 3
    assert typed("runbook", "check").exit_code == 0


@pytest.mark.usefixtures("in_force")
def test_a_runbook_goes_out_as_a_playbook_and_comes_back(typed: Any, tmp_path: Path) -> None:
    playbook = typed("runbook", "export", "logins").stdout
    assert json.loads(playbook)["spec_version"] == "cacao-2.0"
    file = tmp_path / "playbook.json"
    file.write_text(playbook, encoding="utf-8")
    back = typed("runbook", "import", str(file))
    assert (back.exit_code, back.stdout.splitlines()[0]) == (0, "runbook: logins")
    assert typed("runbook", "export", "logins", "--format", "yaml").stdout == RIGHT


def test_a_playbook_that_cannot_be_one_is_refused(typed: Any, tmp_path: Path) -> None:
    file = tmp_path / "playbook.json"
    file.write_text("{}", encoding="utf-8")
    refused = typed("runbook", "import", str(file))
    assert refused.exit_code == 6
    assert "is no playbook" in refused.stderr


def test_what_is_odd_about_a_foreign_playbook_is_told(typed: Any, tmp_path: Path) -> None:
    start, end = "start--1", "end--1"
    workflow = {start: {"type": "start", "on_completion": "action--1"}, end: {"type": "end"}}
    workflow["action--1"] = {"type": "action", "name": "Look", "on_completion": end}
    playbook = {
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "workflow_start": start,
        "workflow": workflow,
    }
    file = tmp_path / "playbook.json"
    file.write_text(json.dumps(playbook), encoding="utf-8")
    result = typed("runbook", "import", str(file))
    assert result.exit_code == 0
    assert "do: Look" in result.stdout
    assert "action--1: It has no agent." in result.stderr
