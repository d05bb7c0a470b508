"""Each vulnerability that Snyk found is a signal with package, severity, project and image."""

from __future__ import annotations

import json
from typing import Any

import orjson

from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature

FOUND = {
    "id": "SNYK-PYTHON-X-1",
    "title": "Remote code execution",
    "severity": "critical",
    "cvssScore": 9.8,
    "packageName": "x",
    "version": "1.0",
    "fixedIn": ["1.1"],
    "identifiers": {"CVE": ["CVE-2026-0001"], "CWE": ["CWE-94"]},
    "from": ["app@1", "x@1.0"],
}
PROJECT: dict[str, Any] = {
    "vulnerabilities": [FOUND],
    "ok": False,
    "packageManager": "pip",
    "projectName": "app",
    "displayTargetFile": "requirements.txt",
}


def test_a_vulnerability_is_a_signal() -> None:
    body = json.dumps(PROJECT, indent=2).encode()
    assert recognise(body) == "snyk"
    (line,) = read(body).lines
    record = orjson.loads(line)
    assert record == {
        "product": "code",
        "category": "vulnerability",
        "tool": "snyk",
        "project": "app",
        "file": "requirements.txt",
        "rule_id": "SNYK-PYTHON-X-1",
        "severity": "critical",
        "score": 9.8,
        "title": "Remote code execution",
        "package": "x",
        "version": "1.0",
        "fixed_in": ["1.1"],
        "cve": ["CVE-2026-0001"],
        "cwe": ["CWE-94"],
        "vulnerability": FOUND,
    }
    assert origin(signature(record)).fits(LogSource(product="code", category="vulnerability"))


def test_several_projects_and_the_applications_of_an_image_are_read() -> None:
    image = {
        **PROJECT,
        "docker": {"baseImage": "debian"},
        "path": "jira-mcp:1.4",
        "applications": [PROJECT, {"ok": True}],
    }
    found = read(json.dumps([PROJECT, image]).encode())
    images = [orjson.loads(line).get("image") for line in found.lines]
    assert images == [None, "jira-mcp:1.4", "jira-mcp:1.4"]


def test_without_its_word_the_score_tells_the_severity() -> None:
    bare = {
        **PROJECT,
        "vulnerabilities": [
            {
                "id": "x",
                "severity": "odd",
                "cvssScore": 5,
                "moduleName": "m",
                "fixedIn": [7],
                "identifiers": 7,
            }
        ],
    }
    (line,) = parse("snyk", json.dumps(bare).encode()).lines
    record = orjson.loads(line)
    assert (record["severity"], record["package"], "fixed_in" in record) == ("medium", "m", False)


def test_what_is_no_vulnerability_is_refused_as_a_project_of_its_own() -> None:
    found = read(json.dumps({**PROJECT, "vulnerabilities": [FOUND, 7]}).encode())
    assert (len(found.lines), len(found.refused)) == (1, 1)
    assert len(parse("snyk", found.refused[0].body).refused) == 1
    assert len(parse("snyk", b'{"vulnerabilities":[]}').refused) == 1
    assert len(parse("snyk", json.dumps({**PROJECT, "applications": [7]}).encode()).refused) == 1
