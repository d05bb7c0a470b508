"""Makes signals of mutation reports: one of the whole, one of each file or package."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from tocsin.connectors.code_quality.markup import Element, read_markup
from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import Refused, UnknownFormat

_KEPT = frozenset({"mutation", "mutatedClass"})
_ROUTE: dict[str, Any] = {"product": "code", "category": "quality", "kind": "mutation"}

DETECTED = frozenset({"Killed", "Timeout"})
UNDETECTED = frozenset({"Survived", "NoCoverage"})
"""The score leaves out mutants that are invalid or ignored: https://stryker-mutator.io/docs/mutation-testing-elements/mutant-states-and-metrics/"""

PIT_WORDS = {
    "KILLED": "Killed",
    "SURVIVED": "Survived",
    "NO_COVERAGE": "NoCoverage",
    "TIMED_OUT": "Timeout",
    "MEMORY_ERROR": "Timeout",
    "RUN_ERROR": "RuntimeError",
    "NON_VIABLE": "CompileError",
}
MUTMUT_WORDS = {
    "killed": "Killed",
    "timeout": "Timeout",
    "survived": "Survived",
    "no_tests": "NoCoverage",
    "suspicious": "Survived",
    "skipped": "Ignored",
    "segfault": "RuntimeError",
}


def is_mutation_report(record: dict[str, Any]) -> bool:
    """Say whether an object is a report of the mutation testing elements' schema (Stryker and others)."""
    files = record.get("files")
    if type(files) is not dict or "schemaVersion" not in record or "thresholds" not in record:
        return False
    return all(type(file) is dict and type(file.get("mutants")) is list for file in files.values())


def read_mutation_report(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make a signal of the whole report (`scope: total`) and of each file (`scope: file`).

    Each has `mutation_score` in percent (absent where no mutant counts) and how many mutants were `killed`,
    `survived`, `timeout`, `no_coverage` and `mutants` in all.
    """
    if not is_mutation_report(record):
        return None
    lines: list[bytes] = []
    total: Counter[str] = Counter()
    for path, file in record["files"].items():
        found = Counter(_status(mutant) for mutant in file["mutants"])
        total += found
        lines.append(_line("mutation-testing-elements", {"scope": "file", "file": path}, found))
    return Parsed((_line("mutation-testing-elements", {"scope": "total"}, total), *lines))


def read_pit(body: bytes) -> Parsed:
    """Make the signals of PIT's XML report: of the whole and of each package. Raises `UnknownFormat`.

    A mutant without a status we know is refused alone, and counts nowhere.
    """
    root = read_markup(body, _KEPT)
    if root.tag != "mutations":
        raise UnknownFormat("The XML is no report of PIT: its root is not `mutations`.")
    packages: dict[str, Counter[str]] = {}
    refused: list[Refused] = []
    for mutant in root.all("mutation"):
        status = PIT_WORDS.get(mutant.attributes.get("status", ""))
        if status is None:
            told = orjson.dumps(mutant.attributes)
            refused.append(Refused(told, "a mutation has no status that PIT knows"))
            continue
        packages.setdefault(_package_of(mutant), Counter())[status] += 1
    total: Counter[str] = sum(packages.values(), Counter())
    rows = (_line("pit", {"scope": "package", "package": name}, found) for name, found in packages.items())
    return Parsed((_line("pit", {"scope": "total"}, total), *rows), tuple(refused))


def is_mutmut(record: dict[str, Any]) -> bool:
    """Say whether an object is what `mutmut export-cicd-stats` writes."""
    return {"killed", "survived", "total", "no_tests"} <= record.keys()


def read_mutmut(raw: bytes, record: dict[str, Any]) -> Parsed | None:
    """Make the one signal of mutmut's figures; None if they are no counts."""
    if not is_mutmut(record):
        return None
    found: Counter[str] = Counter()
    for word, status in MUTMUT_WORDS.items():
        count = record.get(word, 0)
        if type(count) is not int or not 0 <= count < 10**12:
            return None
        found[status] += count
    return Parsed((_line("mutmut", {"scope": "total"}, found),))


def _package_of(mutant: Element) -> str:
    named = mutant.first("mutatedClass")
    return named.text.strip().rpartition(".")[0] if named else ""


def _status(mutant: Any) -> str:
    status = mutant.get("status") if type(mutant) is dict else None
    return status if type(status) is str else "Unknown"


def _line(tool: str, place: dict[str, str], found: Counter[str]) -> bytes:
    detected = sum(found[status] for status in DETECTED)
    counted = detected + sum(found[status] for status in UNDETECTED)
    figures: dict[str, Any] = {
        "mutation_score": round(100 * detected / counted, 2) if counted else None,
        "killed": found["Killed"],
        "timeout": found["Timeout"],
        "survived": found["Survived"],
        "no_coverage": found["NoCoverage"],
        "mutants": found.total(),
    }
    told = {name: value for name, value in figures.items() if value is not None}
    return orjson.dumps(_ROUTE | {"tool": tool} | place | told)
