"""What is wrong is SARIF 2.1.0 with a region, as code hosts demand it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from tocsin.detection.problems import RuleProblem
from tocsin.detection.testing.result import Kind, Result
from tocsin.detection.testing.sarif import problems_sarif, results_sarif

# The rules of the published schema that hold for what is written here, and those that code hosts add.
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
NUMBER = {"type": "integer", "minimum": 1}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {
                        "uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$"}
                    },
                },
                "region": {
                    "type": "object",
                    "required": ["startLine", "startColumn"],
                    "properties": {"startLine": NUMBER, "startColumn": NUMBER},
                },
            },
        }
    },
}
RESULT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "properties": {"type": "object"},
    },
}
DRIVER = {
    "type": "object",
    "required": ["name", "version", "rules"],
    "properties": {
        "rules": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["id", "shortDescription"],
                "properties": {"id": {"type": "string"}, "shortDescription": TEXT},
            },
        }
    },
}
RUN = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tool", "results"],
    "properties": {
        "tool": {"type": "object", "required": ["driver"], "properties": {"driver": DRIVER}},
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": RESULT},
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": RUN},
    },
}


def _read(text: str) -> list[dict[str, Any]]:
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    (run,) = document["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run["results"]


def _problem(rule: str = "r-1", line: int = 4) -> RuleProblem:
    return RuleProblem(
        path="a b/ü\\c.yml", line=line, column=7, rule=rule, reason="Bad.", next_step="Mend it."
    )


def test_problems_are_errors_and_remarks_warnings_each_at_its_place() -> None:
    problem, remark = _read(problems_sarif([_problem()], [_problem("", 0)], version="1"))
    assert (problem["level"], problem["ruleId"], problem["message"]["text"]) == (
        "error",
        "rule-rejected",
        "Bad. Mend it.",
    )
    place = problem["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "a%20b/%C3%BC/c.yml"},
        "region": {"startLine": 4, "startColumn": 7},
    }
    assert problem["properties"] == {"rule": "r-1"}
    assert remark["level"] == "warning"
    assert remark["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_only_tests_that_did_not_pass_are_told() -> None:
    def result(*differences: str, is_broken: bool = False) -> Result:
        return Result(
            kind=Kind.OURS,
            path="t.yml",
            line=2,
            column=3,
            rules=("r",),
            name="promise \ud800",
            differences=differences,
            is_broken=is_broken,
        )

    failed, broken = _read(
        results_sarif([result(), result("x", "y"), result("z", is_broken=True)], version="1")
    )
    assert (failed["ruleId"], failed["message"]["text"]) == ("rule-test-failed", "promise ?: x; y")
    assert broken["ruleId"] == "rule-test-broken"


def test_nothing_wrong_is_a_document_too() -> None:
    assert _read(results_sarif([], version="1")) == []
