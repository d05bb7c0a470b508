"""What the tests of packs share: the rows that a pack's README promises, its rules, and their tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PACKS = Path(__file__).resolve().parents[1] / "packs"
LEAST = 3
"""Tests that fire, and tests that stay quiet, of every rule."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a README's table: its cells, and the names of the pack's rules in them."""

    cells: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack by its folder; the names of its rules begin with `prefix`."""

    name: str
    prefix: str

    @property
    def folder(self) -> Path:
        return PACKS / self.name

    def rows(self, heading: str = "## Rows") -> tuple[Row, ...]:
        """Return the rows of the first table below a heading of the README."""
        below = (self.folder / "README.md").read_text("utf-8").split(f"{heading}\n")[1]
        lines = [line for line in below.split("\n## ")[0].splitlines() if line.startswith("|")]
        cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]
        return tuple(
            Row(each, tuple(re.findall(rf"`({self.prefix}_\w+)`", " ".join(each)))) for each in cells
        )

    def rules(self) -> dict[str, dict[str, Any]]:
        """Return every rule by its name, which is the name of its file."""
        found = {path.stem: _only(path) for path in sorted((self.folder / "rules").glob("*.yml"))}
        assert all(rule["name"] == name and name.startswith(self.prefix) for name, rule in found.items())
        return found

    def tested(self, name: str) -> tuple[int, int]:
        """Return how many tests of a rule want an alert, and how many want quiet."""
        tests = [
            test
            for path in (self.folder / "tests").glob("*.test.yml")
            for document in _documents(path)
            if document["rule"] == name
            for test in document["tests"]
        ]
        fires = sum(bool(test["expect"]) for test in tests)
        return fires, len(tests) - fires

    def counted(self) -> set[str]:
        """Return the rules that correlations refer to."""
        found = set()
        for rule in self.rules().values():
            found |= set(rule.get("correlation", {}).get("rules", []))
            found |= set(rule.get("tocsin.ratio", {}).get("of", []))
        return found

    def silent(self) -> set[str]:
        """Return the rules that tell nothing by themselves, because they only feed correlations."""
        told = set()
        for rule in self.rules().values():
            if rule.get("correlation", {}).get("generate"):
                told |= set(rule["correlation"]["rules"])
        return self.counted() - told

    def check(self, name: str) -> None:
        """Check that a rule of a row is there, tells something, and has enough tests."""
        assert name in self.rules(), f"{name} is no rule of {self.name}"
        assert name not in self.silent(), f"{name} only feeds correlations"
        fires, quiet = self.tested(name)
        assert min(fires, quiet) >= LEAST, f"{name}: {fires} tests fire, {quiet} stay quiet"

    def check_that_every_rule_has_a_purpose(self) -> None:
        """Check that every rule stands in a row or is counted, and that nothing of others is."""
        named = {name for row in self.rows() for name in row.rules}
        assert set(self.rules()) == named | self.counted()


@lru_cache
def _documents(path: Path) -> tuple[Any, ...]:
    return tuple(yaml.safe_load_all(path.read_text("utf-8")))


def _only(path: Path) -> dict[str, Any]:
    (found,) = _documents(path)
    assert isinstance(found, dict)
    return found
