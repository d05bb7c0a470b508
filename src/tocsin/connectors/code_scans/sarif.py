"""Makes a signal of each result of a SARIF 2.1.0 log, whichever scanner wrote it."""

from __future__ import annotations

from typing import Any

import orjson

from tocsin.connectors.code_scans.severity_words import score_of, word_of
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import Refusals
from tocsin.connectors.slices import elements, members
from tocsin.connectors.splitting import LineRefused, decoded

_ROUTE = {"product": "code", "category": "vulnerability"}


def is_sarif(record: dict[str, Any]) -> bool:
    """Say whether an object is a SARIF log."""
    return type(record.get("runs")) is list and str(record.get("version", "")).startswith("2.")


def read_sarif(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of each result, with the result as it came under `result`.

    Beside it: `tool`, `rule_id`, `severity` (critical, high, medium, low, informational), `score`, `title`,
    `file`, `line`, `project`, `revision`, `is_suppressed` and `time` where the log tells them.
    Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    """
    if not is_sarif(record):
        return None
    good: list[bytes] = []
    refusals = Refusals(_log_of)
    for run in elements(members(raw)["runs"]):
        try:
            _read_run(run, good, refusals)
        except LineRefused as refusal:
            refusals.add(run, f"a run is {refusal}")
    return Parsed(tuple(good), refusals.all())


def _log_of(results: list[bytes]) -> bytes:
    return b'{"version":"2.1.0","runs":[{"results":[' + b",".join(results) + b"]}]}"


def _read_run(raw: bytes, good: list[bytes], refusals: Refusals) -> None:
    run = decoded(raw)
    if type(run.get("results")) is not list:
        return
    about = _about(run)
    rules = _Rules(run)
    for number, part in enumerate(elements(members(raw)["results"]), 1):
        try:
            result = decoded(part)
        except LineRefused as refusal:
            refusals.add(part, f"result {number} is {refusal}")
            continue
        marks = _ROUTE | about | _told(result, rules.of(result))
        ours = {name: value for name, value in marks.items() if value is not None}
        good.append(orjson.dumps(ours)[:-1] + b',"result":' + part + b"}")


def _about(run: dict[str, Any]) -> dict[str, Any]:
    driver = _at(run, "tool", "driver")
    return {
        "tool": _text(_at(driver, "name")),
        "project": _text(_at(run, "versionControlProvenance", 0, "repositoryUri")),
        "revision": _text(_at(run, "versionControlProvenance", 0, "revisionId")),
        "time": _text(_at(run, "invocations", 0, "endTimeUtc")),
    }


class _Rules:
    """A run's rules, by their place and by their id."""

    def __init__(self, run: dict[str, Any]) -> None:
        rules = _at(run, "tool", "driver", "rules")
        self._placed: list[Any] = rules if type(rules) is list else []
        self._named = {_text(_at(rule, "id")): rule for rule in reversed(self._placed)}

    def of(self, result: dict[str, Any]) -> Any:
        """Return the rule that a result speaks of, None if it is not there."""
        place = result.get("ruleIndex", _at(result, "rule", "index"))
        if type(place) is int and 0 <= place < len(self._placed):
            return self._placed[place]
        name = _rule_id(result)
        return self._named.get(name) if name else None


def _rule_id(result: dict[str, Any]) -> str | None:
    return _text(result.get("ruleId")) or _text(_at(result, "rule", "id"))


def _told(result: dict[str, Any], rule: Any) -> dict[str, Any]:
    place = _at(result, "locations", 0, "physicalLocation")
    score = score_of(
        _at(result, "properties", "security-severity") or _at(rule, "properties", "security-severity")
    )
    level = result.get("level") or _at(rule, "defaultConfiguration", "level")
    line = _at(place, "region", "startLine")
    return {
        "rule_id": _rule_id(result) or _text(_at(rule, "id")),
        "severity": word_of(score, "none" if result.get("kind", "fail") != "fail" else level),
        "score": score,
        "title": _text(_at(result, "message", "text")) or _text(_at(rule, "shortDescription", "text")),
        "file": _text(_at(place, "artifactLocation", "uri")),
        "line": line if type(line) is int else None,
        "is_suppressed": bool(result.get("suppressions")),
    }


def _at(found: Any, *path: str | int) -> Any:
    """Follow names and numbers into what was decoded; None as soon as something is not there."""
    for step in path:
        if type(step) is str and type(found) is dict:
            found = found.get(step)
        elif type(step) is int and type(found) is list and step < len(found):
            found = found[step]
        else:
            return None
    return found


def _text(value: Any) -> str | None:
    return value if type(value) is str and value else None
