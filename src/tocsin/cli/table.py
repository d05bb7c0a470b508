"""Draws tables on a terminal; the only module that loads rich."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Ids, digests, times and codes are copied by people; they are never cut or broken.
_WHOLE = frozenset({"id", "number", "digest", "key", "status", "role", "alert", "incident"})
_MARKS = {"P1": ("⬣", "bold white on red"), "P2": ("▲", "bold red"), "P3": ("◆", "yellow"), "P4": ("○", "")}
_WORDS = {"P1": "Critical", "P2": "High", "P3": "Medium", "P4": "Low"}


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of finished cells under their headings, as wide as the terminal."""
    console = Console(file=sys.stdout, no_color=not wants_color(), highlight=False, soft_wrap=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        is_whole = name in _WHOLE or name.endswith(("_at", "_seen"))
        table.add_column(name.replace("_", " "), no_wrap=is_whole, overflow="ignore" if is_whole else "fold")
    for row in rows:
        table.add_row(*(_text(name, cell) for name, cell in zip(columns, row, strict=True)))
    console.print(table)


def wants_color() -> bool:
    """Say whether colour is welcome: on a terminal, and not against `NO_COLOR`."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _text(column: str, cell: str) -> Text:
    if column == "severity" and cell in _MARKS:
        mark, style = _MARKS[cell]
        return Text(f"{mark if _is_utf8() else f'[{cell}]'} {cell} {_WORDS[cell]}", style=style)
    return Text(cell)


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
