"""The root loads nothing it does not need, and ends well however it ends."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from tocsin.cli.exits import Exit
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.main import tocsin

TABLE = {
    "incident": ("tocsin.cli.incident:incident", "Incidents."),
    "absent": ("no.such.module:absent", "Never loaded."),
}


@pytest.fixture
def root() -> LazyGroup:
    # The nouns remember the names of the help option, so they are the real ones here too.
    return LazyGroup("tocsin", table=TABLE, context_settings=dict(tocsin.context_settings))


def run(root: LazyGroup, *words: str):
    return CliRunner().invoke(root, list(words))


def test_help_lists_every_noun_without_loading_it(root) -> None:
    result = run(root, "--help")
    assert result.exit_code == 0
    assert "Never loaded." in result.stdout


def test_a_noun_is_loaded_when_it_is_used(root) -> None:
    assert "export" in run(root, "incident", "--help").stdout


def test_a_near_miss_is_answered_with_the_noun_that_was_meant(root) -> None:
    result = run(root, "incidnet")
    assert result.exit_code == Exit.USAGE
    assert "Did you mean 'incident'?" in result.stderr


def test_a_far_miss_gets_no_guess(root) -> None:
    result = run(root, "zzz")
    assert result.exit_code == Exit.USAGE
    assert "Did you mean" not in result.stderr
    assert run(root, "--zzz").exit_code == Exit.USAGE


def test_what_is_not_understood_is_told_in_three_lines(root) -> None:
    assert run(root, "incident", "list", "--limit", "\x1b[2J").stderr.splitlines() == [
        "Invalid value for '--limit': '\\x1b[2J' is not a valid integer range.",
        "Nothing was done: the command was not understood.",
        "See `tocsin incident list --help`, which begins with an example.",
    ]
    assert len(run(root, "zzz").stderr.splitlines()) == 3


def test_an_unknown_name_is_no_command(root) -> None:
    assert root.get_command(click.Context(root), "zzz") is None


@pytest.mark.parametrize("raised", [KeyboardInterrupt, click.Abort])
def test_ctrl_c_ends_with_130(root, raised) -> None:
    @root.command()
    def wait() -> None:
        raise raised

    root._table = {**TABLE, "wait": (f"{__name__}:wait", "")}
    sys.modules[__name__].wait = wait
    result = run(root, "wait")
    assert result.exit_code == Exit.INTERRUPTED
    assert result.stderr.strip() == "Interrupted."


def test_a_closed_pipe_is_quiet() -> None:
    program = "from tocsin.cli.main import tocsin; tocsin.main(['help', 'errors'])"
    writer = f'{sys.executable} -c "{program}"'
    done = subprocess.run(
        ["bash", "-c", f"{writer} | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout_is_one_line_and_1() -> None:
    program = "from tocsin.cli.main import tocsin; tocsin.main(['help', 'errors'])"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == Exit.FAILED
    assert done.stderr == "The output: No space left on device.\n"
