"""Records cut into columns in plain Python, so that these tests need no file format."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson
import pytest

from tocsin.detection.columns.block import Layout
from tocsin.detection.columns.grams import GRAM_ROWS, grams
from tocsin.detection.columns.kinds import KIND_FIELDS, Run
from tocsin.detection.rules import load

sys.path.insert(0, str(Path(__file__).parents[1]))


@dataclass
class Texts:
    """A column."""

    codes: np.ndarray
    texts: list[str]


@dataclass
class Records:
    """A block of records; `odd` rows have no columns. Counts how often bytes and texts were asked for."""

    lines: list[bytes]
    cells: dict[str, dict[int, str]]
    odd: np.ndarray
    maps: set[str] = field(default_factory=set)
    scans: int = 0
    key: object = None
    told: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.lines)

    @property
    def runs(self):
        return [self._run(row) for row in range(self.rows)]

    def _run(self, row):
        texts = tuple(self.cells.get(name, {}).get(row) for name in KIND_FIELDS)
        return Run(None if self.odd[row] else texts, row, row + 1)

    @property
    def grams(self):
        starts = range(0, self.rows, GRAM_ROWS)
        return [grams(b"\n".join(self.lines[start : start + GRAM_ROWS])) for start in starts]

    def columns(self, names):
        return {name: self._column(name) for name in names}

    def with_texts(self, names):
        self.told += names
        return self.columns(names)

    def _column(self, name):
        texts = sorted(set(self.cells[name].values()))
        codes = np.full(self.rows, -1, dtype=np.int32)
        for row, text in self.cells[name].items():
            codes[row] = texts.index(text)
        return Texts(codes, texts)

    def raw(self, rows):
        self.scans += 1
        return [self.lines[row] for row in rows.tolist()]

    def layout(self, **more):
        told = {"columns": frozenset(self.cells), "maps": frozenset(self.maps), **more}
        return Layout(**told)


def _spread(record, prefix, found, maps):
    for name, value in record.items():
        if isinstance(value, dict) and "." not in name:
            maps.add(prefix + name)
            _spread(value, f"{prefix}{name}.", found, maps)
    for name, value in record.items():
        if not isinstance(value, dict) or "." in name:
            found[prefix + name] = orjson.dumps(value).decode()


def cut(*records, odd=(), drop=()):
    """Return records as a block, without columns for the fields in `drop`."""
    cells, maps = {}, set()
    for row, record in enumerate(records):
        found = {}
        if row not in odd:
            _spread(record, "", found, maps)
        for name, text in found.items():
            if name not in drop:
                cells.setdefault(name, {})[row] = text
    lines = [orjson.dumps(record) for record in records]
    flags = np.array([row in odd for row in range(len(records))], dtype=bool)
    return Records(lines, cells, flags, maps)


def rules_of(*selections, condition="selection", logsource="{category: web}"):
    """Return a rule for each selection, which is YAML."""
    texts = [
        f"title: Rule {n}\nid: r{n}\nlogsource: {logsource}\n"
        f"detection:\n  selection: {selection}\n  condition: {condition}\n"
        for n, selection in enumerate(selections)
    ]
    loaded = load((f"{n}.yml", text) for n, text in enumerate(texts))
    assert not loaded.problems, loaded.problems
    return loaded.rules


@pytest.fixture(name="cut")
def _cut():
    return cut


@pytest.fixture(name="rules_of")
def _rules_of():
    return rules_of
