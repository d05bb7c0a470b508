"""Tables on a terminal: whole ids, severity as shape and word, no colour against the user's wish."""

from __future__ import annotations

import io
import re
import sys

import pytest

from tocsin.cli.table import print_table, wants_color

ROW = ("INC-1", "P1", "A title that is far too long for forty columns of a terminal")


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws on a pretend terminal and returns what it saw."""

    def run(encoding: str = "utf-8", *, color: bool = False, severity: str = "P1") -> str:
        screen = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
        screen.isatty = lambda: True
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setenv("COLUMNS", "40")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        if not color:
            monkeypatch.setenv("NO_COLOR", "1")
        print_table(("id", "severity", "title"), [(ROW[0], severity, ROW[2])])
        screen.flush()
        return screen.buffer.getvalue().decode(encoding)

    return run


def test_a_severity_is_a_shape_a_code_and_a_word(drawn) -> None:
    assert "⬣ P1" in drawn()
    assert "Critical" in drawn()
    assert "P9" in drawn(severity="P9")


def test_without_utf8_the_shape_is_text(drawn) -> None:
    shown = drawn("ascii")
    assert "[P1]" in shown
    assert shown.isascii()


def test_no_color_means_none(drawn) -> None:
    assert "\x1b[" in drawn(color=True)
    assert "\x1b[3" not in drawn()
    assert "\x1b[1;37;41m" not in drawn()


def test_forty_columns_are_respected_and_ids_stay_whole(drawn) -> None:
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drawn()).splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert any(line.startswith("INC-1") for line in lines)


def test_colour_needs_a_terminal_and_no_word_against_it(drawn, monkeypatch) -> None:
    drawn(color=True)
    assert wants_color()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color()
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not wants_color()
