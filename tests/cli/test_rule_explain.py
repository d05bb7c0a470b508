"""`tocsin detect explain` says why, leaf by leaf and step by step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

BAD = {
    "category": "authentication",
    "action": "login",
    "outcome": "failure",
    "user": "ann",
    "time": "2026-01-05T00:00:00Z",
}
GOOD = {**BAD, "outcome": "success"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "signals.ndjson"
    path.write_text("\n".join(json.dumps(record) for record in (BAD, GOOD, BAD)))
    return path


def test_the_tree_is_printed_for_the_hits(typed, file: Path) -> None:
    result = typed("detect", "explain", "login_failed", str(file))
    assert result.exit_code == 0
    first, because, *tree = result.stdout.splitlines()[:5]
    assert first.startswith("signals.ndjson:1  Failed Login (")
    assert because.startswith("Holds by: ")
    assert tree == [
        "+ selection: all of",
        "  + action equals 'login'  [is 'login']",
        "  + outcome equals 'failure'  [is 'failure']",
    ]
    assert "signals.ndjson:3" in result.stdout


def test_a_line_that_misses_says_which_leaf(typed, answer, file: Path) -> None:
    (record,) = answer("detect", "explain", "login_failed", f"{file}:2")
    assert record["leaves"] == [
        {"said": "outcome equals 'failure'", "holds": False, "field": "outcome", "found": "is 'success'"}
    ]
    assert typed("detect", "explain", "login_failed", f"{file}:9").exit_code == 3
    assert typed("detect", "explain", "login_failed", f"{file}:2", "--plain").stdout.count("\n") == 1


def test_a_correlation_says_what_it_measured(typed, answer, file: Path) -> None:
    result = typed("detect", "explain", "login_failures_per_user", str(file))
    assert "needs above 10 signals within 3600 s" in result.stdout
    assert "- user=ann: measured 2" in result.stdout
    (record,) = answer("detect", "explain", "login_failures_per_user", str(file))
    assert record["groups"][0]["measured"] == 2


def test_an_unknown_rule_or_file_ends_with_3(typed, file: Path) -> None:
    assert typed("detect", "explain", "nobody_at_all", str(file)).exit_code == 3
    assert typed("detect", "explain", "login_failed", "/no/such").exit_code == 3


def test_lines_that_are_no_record_are_named(typed, file: Path) -> None:
    file.write_text(file.read_text() + "\nnonsense\n")
    assert "signals.ndjson:4" in typed("detect", "explain", "login_failed", str(file)).stderr


RULES = """title: Start
name: start
logsource: {category: application}
detection: {s: {act: start}, condition: s}
level: low
---
title: Stop
name: stop
logsource: {category: application}
detection: {s: {act: stop}, condition: s}
level: low
---
title: Unstopped
name: unstopped
level: low
correlation:
  {type: temporal, rules: [start, stop], group-by: [user], timespan: 5m, condition: start and not stop}
---
title: Broken
name: broken
logsource: {category: application}
detection: {s: {act|zzz: stop}, condition: s}
level: low
"""


def test_explain_says_of_a_negated_condition_what_a_hunt_says(typed, answer, tmp_path: Path) -> None:
    told = [("09:00:00", "start", "bob"), ("09:01:00", "start", "cat"), ("09:01:10", "stop", "cat")]
    signals, rules = tmp_path / "s.ndjson", tmp_path / "r.yml"
    signals.write_text(
        "\n".join(
            json.dumps({"category": "application", "time": f"2026-01-05T{at}Z", "act": act, "user": user})
            for at, act, user in (*told, ("09:33:00", "tick", "z"))
        )
    )
    rules.write_text(RULES)
    typed_in = ("detect", "explain", "unstopped", str(signals), "--rules", str(rules))
    (record,) = answer(*typed_in)
    assert {group["group"]["user"]: group["holds"] for group in record["groups"]} == {
        "bob": True,
        "cat": False,
    }
    lines = typed(*typed_in).stdout
    assert "+ user=bob" in lines
    assert "- user=cat" in lines
    assert "seen: start, stop; not seen: none" in lines
    refused = typed("detect", "explain", "broken", str(signals), "--rules", str(rules))
    assert refused.exit_code == 1
    assert "The modifier `zzz` is unknown" in refused.stderr
