"""What every verb has in common."""

from __future__ import annotations

import os
import sys

import click
import pytest
from click.testing import CliRunner

from tocsin.cli.exits import Exit
from tocsin.cli.show import Show
from tocsin.cli.verb import asked_yes, leave, noun, verb
from tocsin.domain.errors import NotFound


@verb("find", example="tocsin thing find")
@click.option("--yes", is_flag=True)
def find(show: Show, *, yes: bool) -> None:
    """Find nothing."""
    asked_yes("Really?", yes=yes)
    show.one("thing/1", {"home": os.environ.get("TOCSIN_HOME"), "quiet": show.quiet})
    raise NotFound("There is none.", means="Nothing.", next_step="Look.")


thing = noun("thing", "Things.", find)


def run(*words: str, **env: str):
    return CliRunner().invoke(thing, ["find", *words], env={"TOCSIN_HOME": None, **env})


def test_a_refusal_becomes_three_lines_and_an_exit_code() -> None:
    result = run("--yes")
    assert result.exit_code == Exit.NOT_FOUND
    assert result.stderr.splitlines() == ["There is none. [not_found]", "Nothing.", "Look."]


def test_debug_shows_where_it_happened() -> None:
    assert isinstance(run("--yes", "--debug").exception, NotFound)


def test_home_is_put_where_every_room_looks_for_it(tmp_path) -> None:
    assert f"home\t{tmp_path}" in run("--yes", "--home", str(tmp_path)).stdout
    assert "home\t/elsewhere" in run("--yes", TOCSIN_HOME="/elsewhere").stdout


def test_options_reach_the_verb_as_one_wish() -> None:
    assert "quiet\tyes" in run("--yes", "-q").stdout


def test_no_question_is_asked_without_a_terminal() -> None:
    result = run()
    assert result.exit_code == Exit.USAGE
    assert "give --yes" in result.stderr


@pytest.mark.parametrize(("typed", "ends"), [("y\n", Exit.NOT_FOUND), ("n\n", 1)])
def test_on_a_terminal_the_question_is_asked(monkeypatch, typed, ends) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(click, "confirm", lambda *_, **__: typed == "y\n")

    @verb("ask", example="x")
    def ask(show: Show) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal())
        asked_yes("Really?", yes=False)
        leave(Exit.NOT_FOUND)

    assert CliRunner().invoke(ask, []).exit_code == ends


def test_the_help_begins_with_an_example() -> None:
    assert run("--help").stdout.splitlines()[:2] == ["Example:", "  tocsin thing find"]


def test_leaving_with_ok_goes_on() -> None:
    leave(Exit.OK)
    with pytest.raises(click.exceptions.Exit) as left:
        leave(Exit.WAITING)
    assert left.value.exit_code == 10
