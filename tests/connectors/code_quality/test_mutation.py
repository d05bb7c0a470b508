"""A mutation report is one signal of the whole with its score, and one of each file or package."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from tocsin.connectors.refusal import UnknownFormat
from tocsin.connectors.signals.formats import parse, read, recognise
from tocsin.detection.sigma.logsource import LogSource, origin, signature


def mutants(*statuses: Any) -> dict[str, Any]:
    return {
        "language": "py",
        "source": "",
        "mutants": [{"id": str(n), "status": status} for n, status in enumerate(statuses)],
    }


STRYKER = {
    "schemaVersion": "2",
    "thresholds": {"high": 80, "low": 60},
    "files": {
        "a.py": mutants("Killed", "Timeout", "Survived", "Ignored"),
        "b.py": mutants("NoCoverage", "CompileError", 7),
    },
}
PIT = b"""<?xml version="1.0" encoding="UTF-8"?>
<mutations partial="true">
<mutation detected='true' status='KILLED'><mutatedClass>com.example.flow.Take</mutatedClass></mutation>
<mutation detected='false' status='SURVIVED'><mutatedClass>com.example.flow.Call</mutatedClass></mutation>
<mutation detected='false' status='NO_COVERAGE'><mutatedClass>com.example.store.Row</mutatedClass></mutation>
<mutation detected='false' status='ODD'/>
<mutation detected='true' status='TIMED_OUT'/>
</mutations>"""


def test_the_score_leaves_out_what_is_invalid_or_ignored() -> None:
    body = json.dumps(STRYKER).encode()
    assert recognise(body) == "mutation"
    total, first, second = (orjson.loads(line) for line in read(body).lines)
    assert total == {
        "product": "code",
        "category": "quality",
        "kind": "mutation",
        "tool": "mutation-testing-elements",
        "scope": "total",
        "mutation_score": 50.0,
        "killed": 1,
        "timeout": 1,
        "survived": 1,
        "no_coverage": 1,
        "mutants": 7,
    }
    assert (first["file"], first["mutation_score"], second["mutation_score"]) == ("a.py", 66.67, 0.0)
    assert origin(signature(total)).fits(LogSource(product="code", category="quality"))


def test_without_a_mutant_that_counts_there_is_no_score() -> None:
    body = json.dumps({**STRYKER, "files": {"a.py": mutants("Ignored")}}).encode()
    assert "mutation_score" not in orjson.loads(parse("mutation", body).lines[0])


@pytest.mark.parametrize("files", [[], {"a": 7}, {"a": {"mutants": 7}}])
def test_another_object_is_refused(files: Any) -> None:
    assert len(parse("mutation", json.dumps({**STRYKER, "files": files}).encode()).refused) == 1


def test_pits_report_is_read_by_package() -> None:
    assert recognise(PIT) == "pit"
    found = read(PIT)
    total, *rows = (orjson.loads(line) for line in found.lines)
    assert (total["mutation_score"], total["mutants"]) == (50.0, 4)
    assert {row["package"]: row["mutation_score"] for row in rows} == {
        "com.example.flow": 50.0,
        "com.example.store": 0.0,
        "": 100.0,
    }
    assert [part.reason for part in found.refused] == ["a mutation has no status that PIT knows"]
    with pytest.raises(UnknownFormat):
        parse("pit", b"<other/>")


def test_mutmuts_figures_are_one_signal() -> None:
    body = (
        b'{"killed": 8, "survived": 1, "total": 12, "no_tests": 1, "skipped": 1, "timeout": 1, "segfault": 0}'
    )
    assert recognise(body) == "mutmut"
    (line,) = read(body).lines
    record = orjson.loads(line)
    assert (record["mutation_score"], record["mutants"]) == (81.82, 12)
    for bad in (
        b'{"killed":"8","survived":1,"total":1,"no_tests":0}',
        b'{"killed":-8,"survived":1,"total":1,"no_tests":0}',
        b"{}",
    ):
        assert [part.body for part in parse("mutmut", bad).refused] == [bad]
