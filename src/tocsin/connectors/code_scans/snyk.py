"""Makes a signal of each vulnerability in the JSON of `snyk test` and `snyk container test`."""

from __future__ import annotations

from typing import Any

import orjson

from tocsin.connectors.code_scans.severity_words import score_of, word_of
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import Refusals
from tocsin.connectors.slices import elements, members
from tocsin.connectors.splitting import LineRefused, decoded

_ROUTE = {"product": "code", "category": "vulnerability", "tool": "snyk"}
_WORDS = frozenset({"critical", "high", "medium", "low"})


def is_snyk(record: dict[str, Any]) -> bool:
    """Say whether an object is what Snyk found in one project or image."""
    return type(record.get("vulnerabilities")) is list and (
        "packageManager" in record or "projectName" in record or "dependencyCount" in record
    )


def read_snyk(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each vulnerability, with the vulnerability as it came under `vulnerability`.

    Beside it: `rule_id`, `severity` (Snyk's word), `score`, `title`, `package`, `version`, `fixed_in`, `cve`,
    `cwe`, `project`, `file` (the manifest) and, of a container, `image`. Applications that Snyk found inside
    an image are read too. Format: https://docs.snyk.io/snyk-cli (`--json`).
    """
    if not is_snyk(record):
        return None
    good: list[bytes] = []
    refusals = Refusals(_project_of)
    _read_project(raw, record, _image(record), good, refusals)
    if type(record.get("applications")) is list:
        for part in elements(members(raw)["applications"]):
            inner = decoded(part)
            if type(inner.get("vulnerabilities")) is list:
                _read_project(part, inner, _image(record), good, refusals)
    return Parsed(tuple(good), refusals.all())


def _project_of(parts: list[bytes]) -> bytes:
    return b'{"packageManager":"","vulnerabilities":[' + b",".join(parts) + b"]}"


def _read_project(
    raw: bytes, project: dict[str, Any], image: str | None, good: list[bytes], refusals: Refusals
) -> None:
    about = {
        "project": _text(project.get("projectName")),
        "file": _text(project.get("displayTargetFile")) or _text(project.get("targetFile")),
        "image": image,
    }
    for number, part in enumerate(elements(members(raw)["vulnerabilities"]), 1):
        try:
            found = decoded(part)
        except LineRefused as refusal:
            refusals.add(part, f"vulnerability {number} is {refusal}")
            continue
        marks = {name: value for name, value in (_ROUTE | about | _told(found)).items() if value is not None}
        good.append(orjson.dumps(marks)[:-1] + b',"vulnerability":' + part + b"}")


def _image(record: dict[str, Any]) -> str | None:
    return _text(record.get("path")) if type(record.get("docker")) is dict else None


def _told(found: dict[str, Any]) -> dict[str, Any]:
    score = score_of(found.get("cvssScore"))
    word = found.get("severity")
    identifiers = found.get("identifiers")
    named = identifiers if type(identifiers) is dict else {}
    return {
        "rule_id": _text(found.get("id")),
        "severity": word if type(word) is str and word in _WORDS else word_of(score, None),
        "score": score,
        "title": _text(found.get("title")),
        "package": _text(found.get("packageName")) or _text(found.get("moduleName")),
        "version": _text(found.get("version")),
        "fixed_in": _texts(found.get("fixedIn")),
        "cve": _texts(named.get("CVE")),
        "cwe": _texts(named.get("CWE")),
    }


def _texts(value: Any) -> list[str] | None:
    found = [each for each in value if type(each) is str] if type(value) is list else []
    return found or None


def _text(value: Any) -> str | None:
    return value if type(value) is str and value else None
