"""Data goes to stdout, words to stderr; a terminal gets a table, a pipe plain columns."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.cli.show import Show, iso, json_text, print_error
from tocsin.domain.errors import NotFound

ROWS = [
    {"id": "INC-1", "at": "2026-11-21T10:00:00.123456Z", "ok": True, "tags": ["a"], "none": None, "more": "x"}
]
COLUMNS = ("id", "at", "ok", "tags", "none")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Return a function that puts a terminal in the place of stdout and returns it."""

    def run() -> Screen:
        screen = Screen()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.delenv("NO_COLOR", raising=False)
        return screen

    return run


def test_a_pipe_gets_columns_without_a_heading(capsys) -> None:
    Show().rows("s/1", ROWS, COLUMNS)
    assert capsys.readouterr().out == 'INC-1\t2026-11-21T10:00:00.123456Z\tyes\t["a"]\t\n'


def test_json_has_every_field_in_one_envelope(capsys) -> None:
    Show(as_json=True).rows("s/1", ROWS, COLUMNS)
    assert json.loads(capsys.readouterr().out) == {"schema": "s/1", "data": ROWS, "next": None}


def test_a_terminal_gets_a_table_with_whole_seconds(terminal) -> None:
    screen = terminal()
    Show().rows("s/1", ROWS, COLUMNS)
    shown = screen.getvalue()
    assert "2026-11-21T10:00:00Z" in shown
    assert "id" in shown.splitlines()[0]


def test_plain_is_plain_also_on_a_terminal(terminal) -> None:
    screen = terminal()
    Show(plain=True).rows("s/1", ROWS, ("id",))
    assert screen.getvalue() == "INC-1\n"


def test_one_thing_is_a_line_a_field(capsys) -> None:
    Show().one("s/1", {"id": "INC-1", "text": "a\nb", "no": False})
    assert capsys.readouterr().out == "id\tINC-1\ntext\ta\\nb\nno\tno\n"


def test_on_a_terminal_fields_are_aligned_and_lines_are_lines(terminal) -> None:
    screen = terminal()
    Show().one("s/1", {"id": "INC-1", "longer": "a\nb", "none": ""})
    assert screen.getvalue() == "id      INC-1\nlonger  a\nb\nnone    -\n"


def test_json_lines_are_nothing_when_there_is_nothing(capsys) -> None:
    Show(as_json=True).lines([])
    assert capsys.readouterr().out == ""
    Show(as_json=True).lines([{"a": 1}, {"b": 2}])
    assert capsys.readouterr().out == '{"a":1}\n{"b":2}\n'


def test_quiet_leaves_hints_out_and_warnings_in(capsys) -> None:
    show = Show(quiet=True)
    show.say("a hint")
    show.warn("a warning")
    show.rows("s/1", ROWS, ("id",), more=3)
    assert capsys.readouterr().err == "a warning\n"


def test_a_terminal_is_told_that_there_is_nothing_and_what_to_do_next(terminal, capsys) -> None:
    screen = terminal()
    Show().rows("s/1", [], ("id",), empty="There is none. Make one.")
    assert screen.getvalue() == ""
    assert capsys.readouterr().err == "There is none. Make one.\n"


def test_nothing_is_still_an_envelope_as_json_and_no_words(capsys) -> None:
    Show(as_json=True).rows("s/1", [], ("id",), empty="There is none.")
    told = capsys.readouterr()
    assert (json.loads(told.out)["data"], told.err) == ([], "")


def test_more_rows_are_told_with_the_way_to_see_them(capsys) -> None:
    Show().rows("s/1", ROWS, ("id",), more=3)
    assert capsys.readouterr().err == "3 more; see them with --limit 4.\n"


def test_a_refusal_is_three_lines_with_its_code(capsys) -> None:
    print_error(NotFound("Gone\x1b.", means="Nothing.", next_step="Look."))
    assert capsys.readouterr().err == "Gone\\x1b. [not_found]\nNothing.\nLook.\n"


def test_times_are_utc_with_z() -> None:
    at = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert iso(at) == "2026-11-21T10:00:00Z"
    assert iso(at.astimezone(UTC)) == iso(at)
    assert iso(None) is None


def test_json_is_ascii_without_control_characters() -> None:
    assert json_text({"a": "é\x1b\x7f\x9b"}) == '{"a":"\\u00e9\\u001b\\u007f\\u009b"}'
