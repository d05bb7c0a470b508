"""`tocsin route` shows and tests routing as CI needs it: names to stdout, an exit code, no state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FILE = """
route:
  receiver: all
  routes:
  - {receiver: db, matchers: [team="db"], continue: true}
  - {receiver: night, matchers: [team=~"d.*"]}
receivers: [{name: all}, {name: db}, {name: night}]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "alertmanager.yml"
    path.write_text(FILE)
    return str(path)


def test_receivers_are_told_in_tree_order(typed: Any, file: str) -> None:
    result = typed("route", "test", "team=db", "--file", file)
    assert result.exit_code == 0
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["db", "night"]
    envelope = json.loads(typed("route", "test", "team=x", "--file", file, "--json").stdout)
    assert envelope["schema"] == "tocsin.route.test/1"
    assert [each["name"] for each in envelope["data"]] == ["all"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--verify", "db,night"), 0),
        (("--verify", "night,db"), 6),
        (("--verify", "db"), 6),
        (("--verify", "db", "--exit-zero"), 0),
        (("--verify", "oncall=default"), 6),
    ],
)
def test_an_expectation_that_fails_ends_with_6(
    typed: Any, file: str, words: tuple[str, ...], code: int
) -> None:
    result = typed("route", "test", "team=db", "--file", file, *words)
    assert result.exit_code == code
    assert ("Expected" in result.stderr) is ("--exit-zero" in words or code == 6)


def test_without_a_file_the_policy_in_force_is_told(typed: Any) -> None:
    result = typed("route", "test", "severity=P1", "--verify", "oncall=default")
    assert result.exit_code == 0
    assert result.stdout.startswith("default\tpolicy\t")


def test_the_tree_is_shown(typed: Any, file: str) -> None:
    result = typed("route", "show", "--file", file)
    assert result.stdout.splitlines() == [
        "0\treceiver\tall\t{}\tno",
        '0/0\treceiver\tdb\t{team="db"}\tyes',
        '0/1\treceiver\tnight\t{team=~"d.*"}\tno',
    ]
    rows = json.loads(typed("route", "show", "--file", file, "--json").stdout)["data"]
    assert rows[1]["group_interval"] == "5m"


def test_a_broken_file_names_its_place(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.yml"
    path.write_text("route:\n  receiver: nobody\n")
    result = typed("route", "show", "--file", str(path))
    assert result.exit_code == 1
    assert f"{path}:2:13:" in result.stderr


def test_words_that_are_no_labels_are_usage(typed: Any, file: str) -> None:
    assert typed("route", "test", "team!=db", "--file", file).exit_code == 2
    assert typed("route", "test", "--file", "/nowhere.yml").exit_code == 3


def test_without_a_route_it_says_so_and_where_to_read(typed: Any) -> None:
    told = typed("route", "show")
    assert (told.stdout, "There is no route" in told.stderr) == ("", True), told.output
