"""Writes what is wrong with rules and their tests as SARIF 2.1.0, which code hosts show beside the line.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from tocsin.detection.problems import RuleProblem
from tocsin.detection.testing.result import Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_KINDS = {
    "rule-rejected": "A rule cannot be loaded.",
    "rule-remark": "A rule is loaded and deserves a second look.",
    "rule-test-failed": "A rule does not do what its test says.",
    "rule-test-broken": "A test of a rule cannot be run.",
}


def problems_sarif(problems: Iterable[RuleProblem], remarks: Iterable[RuleProblem], *, version: str) -> str:
    """Return the problems of a rule set as errors and its remarks as warnings."""
    found = [_problem("rule-rejected", "error", each) for each in problems]
    return _document([*found, *(_problem("rule-remark", "warning", each) for each in remarks)], version)


def results_sarif(results: Sequence[Result], *, version: str) -> str:
    """Return the tests that did not pass as errors."""
    return _document([_failed(result) for result in results if not result.passed], version)


def _document(found: list[dict[str, Any]], version: str) -> str:
    kinds = [{"id": kind, "shortDescription": {"text": text}} for kind, text in _KINDS.items()]
    driver = {"name": "tocsin", "version": version, "rules": kinds}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": found}
    top = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(top, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _problem(kind: str, level: str, problem: RuleProblem) -> dict[str, Any]:
    text = f"{problem.reason} {problem.next_step}".strip()
    found = _result(kind, level, text, problem.path)
    found["locations"] = [_location(problem.path, problem.line, problem.column)]
    if problem.rule:
        found["properties"] = {"rule": problem.rule}
    return found


def _failed(result: Result) -> dict[str, Any]:
    kind = "rule-test-broken" if result.is_broken else "rule-test-failed"
    text = f"{result.name}: {'; '.join(result.differences)}"
    found = _result(kind, "error", text, result.path)
    found["locations"] = [_location(result.path, result.line, result.column)]
    found["properties"] = {"rules": list(result.rules)}
    return found


def _result(kind: str, level: str, text: str, path: str) -> dict[str, Any]:
    writable = text.encode("utf-8", "replace").decode()
    return {
        "ruleId": kind,
        "ruleIndex": list(_KINDS).index(kind),
        "level": level,
        "message": {"text": writable},
        "partialFingerprints": {"place/v1": f"{kind}:{path}:{writable}"[:500]},
    }


def _location(path: str, line: int, column: int) -> dict[str, Any]:
    region = {"startLine": max(1, line), "startColumn": max(1, column)}
    # A relative reference is a POSIX path whose odd characters are escaped.
    uri = quote(path.replace("\\", "/").encode("utf-8", "replace"), safe="/:$@!&'()*+,;=-._~")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
