"""Hunting over files: which files, which rules, one stable order."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.app import hunting
from tocsin.app.packs import Packs
from tocsin.connectors.signals.files import RefusedLine
from tocsin.domain.errors import NotFound

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)

RULE = """\
title: A shell was started
id: 11111111-1111-4111-8111-111111111111
status: test
logsource: {category: process}
detection: {selection: {action: shell}, condition: selection}
level: high
"""


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    return Packs(tmp_path / "no-home")


def signals(path: Path, *minutes: int, action: str = "shell") -> Path:
    rows = [{"class": "process", "action": action, "time": f"2026-11-21T10:{m:02}:00Z"} for m in minutes]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def hunted(packs: Packs, rules, *files: Path, refuse=lambda part: None):
    plan = hunting.plan_for(rules, hunting.levels(packs))
    return hunting.hunt(files, plan, undated=UNDATED, refuse=refuse)


@pytest.fixture
def rules(packs: Packs, tmp_path: Path):
    place = tmp_path / "rules" / "deep" / "shell.yml"
    place.parent.mkdir(parents=True)
    place.write_text(RULE)
    return hunting.rules_for(packs, [tmp_path / "rules"], [])


def test_one_burst_is_one_alert_with_an_exact_count(packs, rules, tmp_path) -> None:
    found = hunted(packs, rules, signals(tmp_path / "a.ndjson", 1, 2, 3))
    (alert,) = found.alerts
    assert found.signals == 3
    record = hunting.alert_record(alert)
    assert list(record) == [
        "rule_id",
        "rule_title",
        "severity",
        "first_seen",
        "last_seen",
        "count",
        "group",
        "evidence",
    ]
    assert (record["count"], record["severity"]) == (3, "P2")
    assert (record["first_seen"], record["last_seen"]) == ("2026-11-21T10:01:00Z", "2026-11-21T10:03:00Z")


def test_the_answer_does_not_depend_on_how_files_are_cut(packs, rules, tmp_path, monkeypatch) -> None:
    path = signals(tmp_path / "a.ndjson", *range(30))
    whole = hunted(packs, rules, path).alerts
    monkeypatch.setattr(hunting, "SIGNALS_AT_ONCE", 7)
    assert [(a.key, a.count) for a in hunted(packs, rules, path).alerts] == [(a.key, a.count) for a in whole]


def test_files_are_merged_by_the_time_of_their_signals(packs, tmp_path) -> None:
    place = tmp_path / "rules" / "count.yml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(
        RULE.replace("level: high", "name: shell")
        + "---\ntitle: Three shells\nid: 22222222-2222-4222-8222-222222222222\nlevel: high\n"
        "correlation: {type: event_count, rules: [shell], group-by: [class], timespan: 5m,"
        " condition: {gte: 3}}\n"
    )
    counting = hunting.rules_for(packs, [place], [])
    late = signals(tmp_path / "a-late.ndjson", 30, 32, 59)
    early = signals(tmp_path / "b-early.ndjson", 1, 3, 31)
    (alert,) = hunted(packs, counting, late, early).alerts
    assert (alert.count, alert.first_seen.minute, alert.last_seen.minute) == (3, 30, 32)


def test_what_cannot_be_read_is_told_and_the_rest_is_hunted(packs, rules, tmp_path) -> None:
    path = signals(tmp_path / "a.ndjson", 1)
    path.write_text("{broken\n" + path.read_text())
    refused = []
    assert len(hunted(packs, rules, path, refuse=refused.append).alerts) == 1
    assert [(part.path, part.line) for part in refused] == [(path, 1)]


def test_a_pipe_is_read_once_and_in_full(packs, rules, tmp_path) -> None:
    plain = signals(tmp_path / "b.ndjson", 2, 40)
    reading, writing = os.pipe()
    os.write(writing, signals(tmp_path / "a.ndjson", 1, 3, 30, 59).read_bytes())
    os.close(writing)
    pipe = Path(f"/dev/fd/{reading}")
    found = hunted(packs, rules, plain, *hunting.files_at([pipe]))
    os.close(reading)
    (alert,) = found.alerts
    assert (found.signals, alert.count, alert.first_seen.minute) == (6, 6, 1)


def test_signals_of_log_sources_that_no_rule_asks_for_are_counted(packs, rules, tmp_path) -> None:
    path = signals(tmp_path / "a.ndjson", 1, 2)
    path.write_text(path.read_text() + '{"class":"nothing"}\n')
    assert hunted(packs, rules, path).unasked == 1


def test_without_any_rule_there_is_no_answer(packs, tmp_path) -> None:
    place = tmp_path / "none"
    place.mkdir()
    with pytest.raises(hunting.NothingLoaded):
        hunting.demand_rules(hunting.rules_for(packs, [place], []))
    (place / "bad.yml").write_bytes(b"\xff")
    with pytest.raises(hunting.NothingLoaded, match="1 could not be used"):
        hunting.demand_rules(hunting.rules_for(packs, [place], []))


def test_a_folder_that_cannot_be_opened_is_told(packs, rules, tmp_path, monkeypatch) -> None:
    shut = tmp_path / "logs" / "shut"
    shut.mkdir(parents=True)
    scandir = os.scandir

    def refusing(place):
        if Path(place) == shut:
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    files = hunting.files_at([tmp_path / "logs"])
    refused: list[RefusedLine] = []
    hunted(packs, rules, *files, refuse=refused.append)
    assert [(part.path, part.is_unread) for part in refused] == [(shut, True)]


def test_a_path_that_we_have_no_right_to_is_told_after_the_rest(packs, rules, tmp_path) -> None:
    path = tmp_path / "shut" / "a.ndjson"
    path.parent.mkdir(mode=0)
    plan = hunting.plan_for(rules, hunting.levels(packs))
    me = os.geteuid()
    refused: list[RefusedLine] = []
    os.seteuid(me or 65534)
    try:
        hunting.hunt(hunting.files_at([path]), plan, undated=UNDATED, refuse=refused.append)
    finally:
        os.seteuid(me)
        path.parent.chmod(0o700)
    assert [(part.path, part.is_unread) for part in refused] == [(path, True)]
    assert "Permission denied" in refused[0].reason


def test_folders_are_read_as_a_whole_in_the_order_of_names_and_nothing_twice(tmp_path) -> None:
    for name in ("b/2.json", "a/1.json", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    one, two = tmp_path / "a" / "1.json", tmp_path / "b" / "2.json"
    assert hunting.files_at([tmp_path, one]) == (one, two)
    assert hunting.files_at([two, tmp_path]) == (two, one)
    assert hunting.files_at([tmp_path / "a" / ".hidden"]) == (tmp_path / "a" / ".hidden",)


def test_what_is_not_there_is_not_found(packs, tmp_path) -> None:
    with pytest.raises(NotFound):
        hunting.files_at([tmp_path / "nothing"])
    with pytest.raises(NotFound):
        hunting.rules_for(packs, [tmp_path / "nothing"], [])
    with pytest.raises(NotFound):
        hunting.rules_for(packs, [], ["nothing"])


def test_without_a_wish_the_rules_in_force_are_used(packs) -> None:
    shipped = hunting.rules_for(packs, [], [])
    assert shipped.correlations
    assert not shipped.problems
    named = hunting.rules_for(packs, [], list(packs.on))
    assert {rule.key for rule in named.rules} == {rule.key for rule in shipped.rules}


@pytest.mark.parametrize("name", ["mcp-connectors", "ai-governance", "agent-identity", "revived"])
def test_a_pack_that_is_not_in_force_is_hunted_with_its_tables(packs, name: str) -> None:
    assert name not in packs.on
    found = hunting.rules_for(packs, [], [name])
    assert found.problems == ()
    assert found.correlations


def test_a_pack_that_is_named_brings_its_tables_though_it_is_not_in_force(packs) -> None:
    assert "saas-platform" not in packs.on
    assert not hunting.rules_for(packs, [], ["saas-platform"]).problems


def test_rules_are_remembered_where_there_is_a_home(packs, tmp_path) -> None:
    packs.home.mkdir()
    first = hunting.rules_for(packs, [], ["baseline"])
    assert (packs.home / "cache" / "hunted-rules").is_file()
    assert hunting.rules_for(packs, [], ["baseline"]).rules == first.rules


def test_the_same_rule_file_named_twice_is_loaded_once(packs, rules, tmp_path) -> None:
    place = tmp_path / "rules" / "deep" / "shell.yml"
    assert not hunting.rules_for(packs, [tmp_path / "rules", place], []).problems
