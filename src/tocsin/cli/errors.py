"""Reads the table of error codes that the documentation shows, so that both say the same."""

from __future__ import annotations

import re
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_ROW = re.compile(r"\|\s*`([a-z0-9_]+)`\s*\|(.*)\|\s*")
_CELLS = ("happened", "means", "next_step")


def known() -> tuple[str, ...]:
    """Return all codes, by name."""
    return tuple(sorted(_rows()))


def explained(code: str) -> dict[str, str] | None:
    """Return what happened, what it means and what to do; None for an unknown code."""
    cells = _rows().get(code)
    return None if cells is None else {"code": code, **dict(zip(_CELLS, cells, strict=True))}


def _rows() -> dict[str, tuple[str, ...]]:
    installed = _PACKAGE / "docs" / "errors.md"
    path = installed if installed.is_file() else _PACKAGE.parent.parent / "docs" / "errors.md"
    rows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := _ROW.fullmatch(line):
            rows[found[1]] = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", found[2]))
    return rows
