"""Offline detection by the command line: stable, honest about what it could not read, needing no home."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile

import pytest

RULE = """\
title: A shell was started
id: 11111111-1111-4111-8111-111111111111
status: test
logsource: {category: process}
detection: {selection: {action: shell}, condition: selection}
level: high
"""
FIELDS = ["rule_id", "rule_title", "severity", "first_seen", "last_seen", "count", "group", "evidence"]


@pytest.fixture
def rule(tmp_path):
    path = tmp_path / "rules" / "shell.yml"
    path.parent.mkdir()
    path.write_text(RULE)
    return str(path.parent)


@pytest.fixture
def log(tmp_path):
    row = {"class": "process", "action": "shell", "time": "2026-11-21T10:00:00Z"}
    path = tmp_path / "signals.ndjson"
    path.write_text(json.dumps(row) + "\n" + json.dumps({**row, "action": "ls"}) + "\n")
    return path


def test_json_lines_have_the_fields_of_the_contract(typed, log, rule) -> None:
    result = typed("hunt", str(log), "--rules", rule, "--json")
    assert result.exit_code == 0
    (alert,) = (json.loads(line) for line in result.stdout.splitlines())
    assert list(alert) == FIELDS
    assert (alert["severity"], alert["count"]) == ("P2", 1)
    assert result.stderr == "2 signals, 1 rules, 1 alerts.\n"


def test_without_hits_the_document_is_empty(typed, tmp_path, rule) -> None:
    (tmp_path / "none.json").write_text("[]")
    result = typed("hunt", str(tmp_path / "none.json"), "--rules", rule, "--json")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_pipe_gets_columns(typed, log, rule) -> None:
    result = typed("hunt", str(log), "--rules", rule)
    assert result.stdout.split("\t")[:4] == ["P2", "2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z", "1"]


def test_folders_and_gzip_are_read(typed, log, rule, tmp_path) -> None:
    packed = tmp_path / "logs" / "deep" / "a.json.gz"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(log.read_bytes()))
    result = typed("hunt", str(tmp_path / "logs"), "--rules", rule, "--json")
    assert len(result.stdout.splitlines()) == 1


def test_without_rules_the_shipped_ones_hunt(typed, tmp_path) -> None:
    rows = [
        {
            "class": "authentication",
            "action": "login",
            "outcome": "failure",
            "user": f"u{n}",
            "src_ip": "192.0.2.1",
        }
        | {"time": f"2026-11-21T10:00:{n:02}Z"}
        for n in range(9)
    ]
    path = tmp_path / "logins.json"
    path.write_text(json.dumps(rows))
    for words in ((), ("--pack", "baseline")):
        result = typed("hunt", str(path), *words, "--json")
        alerts = [json.loads(line) for line in result.stdout.splitlines()]
        assert {"src_ip": "192.0.2.1"} in [alert["group"] for alert in alerts]


def test_a_broken_rule_is_named_and_the_others_hunt(typed, log, rule, tmp_path) -> None:
    (tmp_path / "rules" / "bad.yml").write_text("title: Bad\nlogsource: {product: aws}\n")
    result = typed("hunt", str(log), "--rules", rule, "--json")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert "bad.yml:1:1:" in result.stderr
    assert typed("hunt", str(log), "--rules", rule, "--strict").exit_code == 6


def test_refused_lines_are_named_up_to_a_number(typed, log, rule, tmp_path) -> None:
    log.write_text(log.read_text() + "{broken\n" * 30)
    result = typed("hunt", str(log), "--rules", rule)
    assert result.exit_code == 0
    assert f"{log}:3: not JSON" in result.stderr
    assert "30 parts could not be read; the first 20 are named above." in result.stderr
    assert f"{log}:23:" not in result.stderr
    assert typed("hunt", str(log), "--rules", rule, "--strict").exit_code == 6


def test_half_a_gzip_ends_with_1_after_what_came_before(typed, log, rule, tmp_path) -> None:
    packed = tmp_path / "half.gz"
    packed.write_bytes(gzip.compress(log.read_bytes() * 500)[:-20])
    result = typed("hunt", str(packed), str(log), "--rules", rule, "--json")
    assert result.exit_code == 1
    assert "half.gz" in result.stderr
    assert result.stdout


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (bytes(range(256)) * 4, ":1: not JSON"),
        (b"42", ":1: not a JSON object but a number"),
        ('{"a":1}'.encode("utf-16"), ": the file is UTF-16"),
        (b"{broken\n{again\n", ": The body is not JSON"),
    ],
)
def test_what_is_no_record_is_named_and_fails_only_a_strict_hunt(
    typed, log, rule, tmp_path, content, named
) -> None:
    odd = tmp_path / "odd"
    odd.write_bytes(content)
    result = typed("hunt", str(odd), str(log), "--rules", rule, "--json", "-q")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    assert f"{odd}{named}" in result.stderr
    assert typed("hunt", str(odd), str(log), "--rules", rule, "--strict").exit_code == 6


def test_two_broken_first_lines_do_not_hide_the_others(typed, log, rule) -> None:
    log.write_text("{broken\n{again\n" + log.read_text())
    result = typed("hunt", str(log), "--rules", rule, "--json")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    assert f"{log}:1: not JSON" in result.stderr
    assert f"{log}:2: not JSON" in result.stderr


def test_a_file_that_cannot_be_opened_ends_with_1_after_the_rest(typed, log, rule) -> None:
    result = typed("hunt", "/proc/self/mem", str(log), "--rules", rule, "--json")
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)
    assert "/proc/self/mem: the file cannot be read" in result.stderr


def test_the_standard_input_is_hunted(typed, log, rule) -> None:
    result = typed("hunt", "-", "--rules", rule, "--json", input=log.read_bytes() * 9 + b"5\n")
    assert json.loads(result.stdout)["count"] == 9
    assert "stdin:19: not a JSON object" in result.stderr


def test_a_hunt_without_rules_or_signals_is_never_an_all_clear(typed, log, rule, tmp_path) -> None:
    none = tmp_path / "none"
    none.mkdir()
    for make in (lambda: None, lambda: (none / "bad.yml").write_bytes(b"\xff")):
        make()
        result = typed("hunt", str(log), "--rules", str(none), "-q", "--json")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "[no_rule_loaded]" in result.stderr
    assert "bad.yml:1:1: The file is not UTF-8" in result.stderr
    (tmp_path / "empty").mkdir()
    assert "No signal was read" in typed("hunt", str(tmp_path / "empty"), "--rules", rule, "-q").stderr


def test_signals_that_no_rule_asks_for_are_counted(typed, log, rule) -> None:
    log.write_text(log.read_text() + '{"product":"unheard"}\n')
    said = typed("hunt", str(log), "--rules", rule).stderr
    assert "1 signals belong to no log source that a loaded rule asks for." in said


@pytest.mark.parametrize("words", [("/no/such",), (".", "--rules", "/no/such"), (".", "--pack", "nonsense")])
def test_what_is_not_there_ends_with_3(typed, words) -> None:
    assert typed("hunt", *words).exit_code == 3


def test_nothing_to_read_is_a_usage_error(typed) -> None:
    assert typed("hunt").exit_code == 2


def test_correlations_say_what_they_could_not_count(typed, tmp_path) -> None:
    row = {"class": "authentication", "action": "login", "outcome": "failure", "time": "2026-11-21T10:00:00Z"}
    (tmp_path / "a.json").write_text(json.dumps([row]))
    assert "not counted (missing group key)" in typed("hunt", str(tmp_path / "a.json")).stderr


def test_a_hunt_needs_neither_django_nor_a_home(log, rule) -> None:
    program = (
        "import sys; from tocsin.cli.main import tocsin\n"
        f"try: tocsin.main(['hunt', {str(log)!r}, '--rules', {rule!r}, '--json'])\n"
        "except SystemExit as end: code = end.code\n"
        "sys.exit(code or ('django' in sys.modules and 99) or 0)"
    )
    env = {"PATH": "/usr/bin:/bin", "TOCSIN_HOME": "/no/such/home", "HOME": "/no/such"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_real_cloudtrail_file_gives_the_same_twice(typed, shared, tmp_path) -> None:
    with tarfile.open(shared / "data" / "sigmahq.tar.gz") as archive:
        members = [each for each in archive.getmembers() if each.name.startswith("rules/cloud/aws/")]
        # Python before 3.11.4 has no filters; the archive is ours.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path, members=members)
    trail = shared / "data" / "cloudtrail-invictus.ndjson.gz"
    words = ("hunt", str(trail), "--rules", str(tmp_path / "rules"), "--json")
    first = typed(*words)
    assert first.exit_code == 0, first.stderr
    alerts = [json.loads(line) for line in first.stdout.splitlines()]
    assert len(alerts) > 5
    assert all(list(alert) == FIELDS for alert in alerts)
    assert typed(*words).stdout == first.stdout


def test_the_format_is_recognised_or_named(typed, rule, tmp_path) -> None:
    flow = tmp_path / "flow.log"
    flow.write_text("2 1 eni-1 198.51.100.23 10.0.0.4 4711 22 6 1 40 1795206600 1795206660 ACCEPT OK\n")
    named = typed("hunt", str(flow), "--rules", rule, "--format", "vpc-flow")
    assert "1 signals" in named.stderr
    assert "0 signals" in typed("hunt", str(flow), "--rules", rule).stderr
    unknown = typed("hunt", str(flow), "--rules", rule, "--format", "xls")
    assert (unknown.exit_code, "There is no format 'xls'" in unknown.stderr) == (1, True)
