from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.app.packs import MOST_BYTES, Packs, packs_of, rule_files_in, shipped_packs
from tocsin.app.settings import load_settings
from tocsin.detection.problems import RuleProblem
from tocsin.domain.errors import Misconfigured, NotFound


def _put(home: Path, pack: str, name: str, text: str = "x: 1\n") -> Path:
    path = home / "packs" / pack / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_packs_are_found_and_named_by_their_own_path(tmp_path: Path) -> None:
    found = Packs(tmp_path).file("triage.yml")
    assert found.path == "packs/baseline/triage.yml"
    assert found.text == (shipped_packs() / "baseline" / "triage.yml").read_text(encoding="utf-8")


def test_a_file_at_home_takes_the_place_of_the_shipped_one_and_the_last_by_name_wins(tmp_path: Path) -> None:
    _put(tmp_path, "a-team", "triage.yml", "from: a\n")
    _put(tmp_path, "z-team", "triage.yml", "from: z\n")
    found = Packs(tmp_path).file("triage.yml")
    assert found.text == "from: z\n"
    assert found.path.endswith("packs/z-team/triage.yml")


def test_calendar_files_are_found_by_name_and_the_last_pack_wins(tmp_path: Path) -> None:
    assert Packs(tmp_path).calendar_files() == {}
    _put(tmp_path, "a-team", "turns.ics", "a")
    _put(tmp_path, "z-team", "turns.ics", "z")
    _put(tmp_path, "z-team", "days.ics", "d")
    assert Packs(tmp_path).calendar_files() == {"turns.ics": b"z", "days.ics": b"d"}
    (tmp_path / "packs" / "z-team" / "folder.ics").mkdir()
    with pytest.raises(Misconfigured, match=r"folder\.ics cannot be read"):
        Packs(tmp_path).calendar_files()


def test_a_file_that_no_pack_has_is_explained(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"No pack holds nothing\.yml"):
        Packs(tmp_path).file("nothing.yml")


def test_rules_of_all_packs_are_read_or_those_of_one(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "rules/deep/one.yaml")
    _put(tmp_path, "ours", "rules/two.yml")
    _put(tmp_path, "ours", "rules/README.md")
    packs = Packs(tmp_path)
    assert [Path(file.path).name for file in packs.rule_files("ours")] == ["one.yaml", "two.yml"]
    assert len(list(packs.rule_files())) > 2
    with pytest.raises(NotFound, match="no pack named"):
        list(packs.rule_files("theirs"))


def test_a_path_of_rules_may_be_a_file_or_a_folder(tmp_path: Path) -> None:
    path = _put(tmp_path, "ours", "rules/two.yml")
    assert [Path(file.path).name for file in rule_files_in(path)] == ["two.yml"]
    assert [Path(file.path).name for file in rule_files_in(path.parent)] == ["two.yml"]


def test_rules_that_are_no_text_are_a_problem_and_the_others_are_read(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "rules/a.yml").write_bytes(b"a: 1\nb: \xff\n")
    _put(tmp_path, "ours", "rules/b.yml")
    bad, good = Packs(tmp_path).rule_files("ours")
    assert isinstance(bad.text, RuleProblem)
    assert str(bad.text) == (
        "$TOCSIN_HOME/packs/ours/rules/a.yml:1:1: The file is not UTF-8: byte 8 is 0xff. "
        "Make it a readable UTF-8 file, or remove it."
    )
    assert good.text == "x: 1\n"
    (one,) = rule_files_in(tmp_path / "packs" / "ours" / "rules" / "a.yml")
    assert isinstance(one.text, RuleProblem)


def test_rules_may_come_through_a_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"title: x\n")
    os.close(writing)
    (file,) = rule_files_in(Path(f"/dev/fd/{reading}"))
    os.close(reading)
    assert file.text == "title: x\n"


def test_tables_and_calendars_of_all_packs_are_read_and_the_last_wins(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "tables/roles.yml", "name: roles\nvalues: [a]\n")
    _put(tmp_path, "z-team", "tables/deep/roles.yaml", "name: roles\nvalues: [b]\n")
    _put(tmp_path, "ours", "calendars/hours.yml", "name: hours\nweekly: {monday: '09:00-17:00'}\n")
    _put(tmp_path, "ours", "tables/wrong.yml").write_bytes(b"\xff")
    found = Packs(tmp_path).tables()
    assert list(found.tables["roles"].values()) == ["b"]
    assert "hours" in found.calendars
    assert [problem.path for problem in found.problems] == ["$TOCSIN_HOME/packs/ours/tables/wrong.yml"]


def test_tables_of_a_pack_that_is_named_are_read_too_and_give_way_to_those_in_force(tmp_path: Path) -> None:
    packs = Packs(tmp_path)
    assert "mcp_services" not in packs.tables().tables
    assert "mcp_services" in packs.tables(["mcp-connectors"]).tables
    _put(tmp_path, "ours", "tables/mcp_services.yml", "name: mcp_services\nvalues: [wiki]\n")
    for names in (["mcp-connectors"], ["ours", "mcp-connectors"]):
        assert list(packs.tables(names).tables["mcp_services"].values()) == ["wiki"]
    with pytest.raises(NotFound):
        packs.tables(["nothing"])


def test_a_drill_is_found_by_name_or_those_there_are_are_named(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "drills/fire.yml", "title: Fire\n")
    packs = Packs(tmp_path)
    assert packs.drill("fire").text == "title: Fire\n"
    assert "fire" in packs.drills()
    with pytest.raises(NotFound) as refused:
        packs.drill("flood")
    assert "fire" in refused.value.next_step


def test_a_file_that_is_no_text_is_explained(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "triage.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="cannot be read"):
        Packs(tmp_path).file("triage.yml")


def test_shipped_packs_are_in_force_when_they_are_switched_on_and_own_packs_always(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "rules/two.yml")
    packs = packs_of(load_settings({"TOCSIN_PACKS": " cloud , "}, home=tmp_path))
    assert [folder.name for folder in packs.folders()] == ["cloud", "ours"]
    assert {"baseline", "cloud", "ours"} <= {folder.name for folder in packs.installed()}
    assert list(packs.rule_files("baseline"))


def test_a_pack_that_was_not_shipped_cannot_be_switched_on(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="'clod', which is no shipped pack"):
        packs_of(load_settings({"TOCSIN_PACKS": "clod"}, home=tmp_path))


def test_metric_rules_of_the_packs_in_force_are_read_from_their_own_folder(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "prometheus/rules.yml").write_text("groups: []")
    _put(tmp_path, "ours", "prometheus/tests/rules.yml")
    packs = packs_of(load_settings({"TOCSIN_PACKS": "agent-identity"}, home=tmp_path))
    assert [file.path for file in packs.metric_rule_files()] == [
        "packs/agent-identity/prometheus/alerts.yml",
        "packs/agent-identity/prometheus/also.yml",
        "$TOCSIN_HOME/packs/ours/prometheus/rules.yml",
    ]


def test_tables_of_a_folder_built_like_a_pack_take_the_place_of_others(tmp_path: Path) -> None:
    _put(tmp_path, "ours", "tables/a.yml").write_text("name: known\nvalues: [a]\n")
    _put(tmp_path, "else", "tables/b.yml").write_text("name: known\nvalues: [b]\n")
    (tmp_path / "packs" / "else").rename(tmp_path / "else")
    packs = Packs(tmp_path)
    ours, other = tmp_path / "packs" / "ours", tmp_path / "else"
    assert packs.tables((), [ours]) == packs.tables()
    assert packs.tables((), [ours, other]) != packs.tables()


def _no_utf8(path: Path) -> None:
    path.write_bytes(b"runbook: caf\xe9\n")


def _too_large(path: Path) -> None:
    path.write_bytes(b"#" * (MOST_BYTES + 1))


def _leads_out(path: Path) -> None:
    path.symlink_to(path.parents[3] / "outside.yml")


def _is_a_ring(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_no_utf8, "The file is not UTF-8: byte 12 is 0xe9."),
        (_too_large, f"more than {MOST_BYTES}"),
        (_leads_out, "leads out of its folder"),
        (_is_a_ring, "The file cannot be read"),
        (Path.mkdir, "no regular file"),
        (os.mkfifo, "no regular file"),
    ],
)
def test_a_runbook_that_cannot_be_read_says_why_and_the_others_are_read(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    (tmp_path / "outside.yml").write_text("runbook: outside\n", encoding="utf-8")
    good = _put(tmp_path, "mine", "runbooks/good.yml", "runbook: good\n")
    make(good.with_name("bad.yml"))
    make(good.with_name("good.test.yml"))
    bad, (book, tests) = Packs(tmp_path, ()).runbook_files("mine")
    assert reason in bad[0].unread
    assert (bad[0].text, bad[1]) == ("", None)
    assert (book.text, book.unread) == ("runbook: good\n", "")
    assert tests is not None
    assert reason in tests.unread
