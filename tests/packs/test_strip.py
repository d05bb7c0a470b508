"""Every shipped rule is valid Sigma without our extensions, for our own reader and for pySigma."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.collection import SigmaCollection

from tocsin.detection.rules import load
from tocsin.detection.sigma import tables

PACKS = Path(__file__).resolve().parents[2] / "packs"
TESTS = (".test.yml", ".test.yaml")


def rule_files() -> list[Path]:
    found = (path for path in PACKS.glob("*/rules/**/*.y*ml") if not path.name.endswith(TESTS))
    return sorted(path for path in found if path.is_file())


def stripped(path: Path) -> Iterator[dict[str, Any]]:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        if document is not None:
            yield {key: value for key, value in document.items() if not str(key).startswith("tocsin.")}


@lru_cache
def everything() -> dict[str, str]:
    return {
        str(path.relative_to(PACKS)): yaml.safe_dump_all(stripped(path), sort_keys=False, allow_unicode=True)
        for path in rule_files()
    }


def known_tables() -> tables.Tables:
    def read(folder: str) -> list[tuple[str, str]]:
        return [(str(path), path.read_text("utf-8")) for path in sorted(PACKS.glob(f"*/{folder}/**/*.y*ml"))]

    return tables.read(read("tables"), read("calendars"))


def test_stripping_leaves_rules_that_we_load() -> None:
    whole = load([(str(path), path.read_text("utf-8")) for path in rule_files()], known_tables())
    found = load(everything().items(), known_tables())
    assert [str(problem) for problem in found.problems] == []
    assert (len(found.rules), len(found.correlations)) == (len(whole.rules), len(whole.correlations))


def documents_of(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document is not None]


@pytest.mark.parametrize("read", [stripped, documents_of])
def test_pysigma_reads_and_joins_the_rules_stripped_or_whole(
    read: Callable[[Path], Iterable[dict[str, Any]]],
) -> None:
    """Rules of one pack may name those of another, so all are read together."""
    documents = [document for path in rule_files() for document in read(path)]
    found = SigmaCollection.from_dicts(documents, collect_errors=True)
    assert [f"{rule.title}: {error}" for rule in found.rules for error in rule.errors] == []
    assert found.errors == []
    assert len(found.rules) == len(documents)
