"""Every shipped rule is valid Sigma without our extensions, for our own reader and for pySigma."""

from __future__ import annotations

from collections.abc import Iterator
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


def packs() -> list[str]:
    return sorted({path.relative_to(PACKS).parts[0] for path in rule_files()})


def stripped(path: Path) -> Iterator[dict[str, Any]]:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        if document is not None:
            yield {key: value for key, value in document.items() if not str(key).startswith("tocsin.")}


@lru_cache
def texts(pack: str) -> dict[str, str]:
    own = [path for path in rule_files() if path.relative_to(PACKS).parts[0] == pack]
    return {
        str(path.relative_to(PACKS)): yaml.safe_dump_all(stripped(path), sort_keys=False, allow_unicode=True)
        for path in own
    }


def known_tables() -> tables.Tables:
    def read(folder: str) -> list[tuple[str, str]]:
        return [(str(path), path.read_text("utf-8")) for path in sorted(PACKS.glob(f"*/{folder}/**/*.y*ml"))]

    return tables.read(read("tables"), read("calendars"))


@lru_cache
def everything() -> dict[str, str]:
    return {path: text for pack in packs() for path, text in texts(pack).items()}


def test_stripping_leaves_rules_that_we_load() -> None:
    whole = load([(str(path), path.read_text("utf-8")) for path in rule_files()], known_tables())
    found = load(everything().items(), known_tables())
    assert [str(problem) for problem in found.problems] == []
    assert (len(found.rules), len(found.correlations)) == (len(whole.rules), len(whole.correlations))


def test_stripping_leaves_no_extension() -> None:
    for path, text in everything().items():
        assert "tocsin." not in "".join(line for line in text.splitlines() if not line.startswith(" ")), path


def pysigma(pack: str) -> SigmaCollection:
    documents = [document for text in texts(pack).values() for document in yaml.safe_load_all(text)]
    return SigmaCollection.from_dicts(documents, collect_errors=True)


@pytest.mark.parametrize("pack", packs())
def test_stripping_leaves_rules_that_pysigma_reads(pack: str) -> None:
    found = pysigma(pack)
    assert [f"{rule.title}: {error}" for rule in found.rules for error in rule.errors] == []
    assert found.errors == []
    # Every reference between the rules of a pack is one that pySigma resolves too.
    found.resolve_rule_references()
