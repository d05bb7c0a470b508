"""Each result of a SARIF log is a signal with severity, rule and place; one bad result loses no good one."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

RULES = [
    {
        "id": "py/sql",
        "shortDescription": {"text": "SQL injection"},
        "properties": {"security-severity": "8.8"},
    },
    {"id": "py/style", "defaultConfiguration": {"level": "note"}},
]
RESULT = {
    "ruleId": "py/sql",
    "ruleIndex": 0,
    "level": "error",
    "message": {"text": "Query built from input."},
    "locations": [
        {"physicalLocation": {"artifactLocation": {"uri": "app/db.py"}, "region": {"startLine": 42}}}
    ],
}


def log(*results: Any, **more: Any) -> dict[str, Any]:
    run = {"tool": {"driver": {"name": "CodeQL", "rules": RULES}}, "results": list(results), **more}
    return {"$schema": "s", "version": "2.1.0", "runs": [run]}


def test_a_result_is_a_signal() -> None:
    whole = log(
        RESULT,
        versionControlProvenance=[{"repositoryUri": "https://git.example/app", "revisionId": "abc"}],
        invocations=[{"endTimeUtc": "2026-11-20T20:45:12Z"}],
    )
    for body in (json.dumps(whole).encode(), json.dumps(whole, indent=2).encode()):
        assert recognise(body) == "sarif"
        (line,) = read(body).lines
        record = orjson.loads(line)
        assert record == {
            "product": "code",
            "category": "vulnerability",
            "tool": "CodeQL",
            "project": "https://git.example/app",
            "revision": "abc",
            "time": "2026-11-20T20:45:12Z",
            "rule_id": "py/sql",
            "severity": "high",
            "score": 8.8,
            "title": "Query built from input.",
            "file": "app/db.py",
            "line": 42,
            "is_suppressed": False,
            "result": RESULT,
        }
        assert origin(signature(record)).fits(LogSource(product="code", category="vulnerability"))


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        ({"ruleId": "py/style"}, {"severity": "low", "rule_id": "py/style"}),
        ({"rule": {"id": "py/sql"}}, {"severity": "high", "rule_id": "py/sql", "title": "SQL injection"}),
        ({"rule": {"index": 0}}, {"rule_id": "py/sql"}),
        ({"ruleIndex": 99}, {"severity": "medium"}),
        (
            {"ruleId": "x", "level": "error", "properties": {"security-severity": "9.9"}},
            {"severity": "critical"},
        ),
        ({"ruleId": "x", "kind": "pass"}, {"severity": "informational"}),
        ({"ruleId": "x", "suppressions": [{"kind": "inSource"}]}, {"is_suppressed": True}),
        ({"ruleId": 7, "locations": {}, "message": "odd"}, {"severity": "medium"}),
    ],
)
def test_what_a_result_leaves_out_its_rule_tells(result: dict[str, Any], wanted: dict[str, Any]) -> None:
    (line,) = parse("sarif", json.dumps(log(result)).encode()).lines
    record = orjson.loads(line)
    assert {name: record[name] for name in wanted} == wanted


def test_a_bad_result_is_refused_as_a_log_of_its_own() -> None:
    found = read(json.dumps(log(RESULT, 7)).encode())
    assert len(found.lines) == 1
    assert orjson.loads(found.refused[0].body)["runs"][0]["results"] == [7]
    assert parse("sarif", found.refused[0].body).lines == ()


@pytest.mark.parametrize("run", [{}, {"results": None}, {"tool": {"driver": {"rules": 5}}, "results": []}])
def test_a_run_without_results_gives_nothing(run: dict[str, Any]) -> None:
    found = parse("sarif", json.dumps({"version": "2.1.0", "runs": [run]}).encode())
    assert (found.lines, found.refused) == ((), ())


def test_a_run_that_is_none_is_refused() -> None:
    assert len(parse("sarif", b'{"version":"2.1.0","runs":[7]}').refused) == 1
    assert len(parse("sarif", b'{"version":"1.0","runs":[]}').refused) == 1


def test_many_rules_and_many_results_are_read_in_a_moment() -> None:
    rules = [{"id": f"r{number}", "properties": {"security-severity": "9.1"}} for number in range(20_000)]
    run = {"tool": {"driver": {"name": "x", "rules": rules}}, "results": [{"ruleId": "r19999"}] * 20_000}
    found = parse("sarif", json.dumps({"version": "2.1.0", "runs": [run]}).encode())
    assert (len(found.lines), orjson.loads(found.lines[-1])["severity"]) == (20_000, "critical")


@given(st.lists(st.sampled_from([RESULT, {}, 7, None, "x", []]), max_size=6))
def test_no_result_is_lost(results: list[Any]) -> None:
    found = parse("sarif", json.dumps(log(*results)).encode())
    assert len(found.lines) + len(found.refused) == len(results)
