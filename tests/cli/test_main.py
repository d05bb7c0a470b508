"""The entry point: fast, nothing heavy loaded, every help as a golden file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tocsin.cli.exits import Exit
from tocsin.cli.main import tocsin

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
GOLDENS = Path(__file__).parent / "goldens"
HEAVY = (
    "django",
    "rich",
    "httpx",
    "uvicorn",
    "msgspec",
    "orjson",
    "ruamel",
    "cryptography",
    "asyncio",
    "hyperscan",
)


def verbs(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1] if words else "tocsin")
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from verbs(below, (*words, name))


@pytest.mark.parametrize("words", list(verbs(tocsin)), ids=lambda words: "-".join(("tocsin", *words)))
def test_the_help_is_the_golden_one(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(tocsin, [*words, "--help"], prog_name="tocsin", env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    golden = GOLDENS / f"{'-'.join(('tocsin', *words))}.txt"
    if os.environ.get("TOCSIN_WRITE_GOLDENS") == "1":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown.stdout, encoding="utf-8")
    assert shown.stdout == golden.read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    names = {f"{'-'.join(('tocsin', *words))}.txt" for words in verbs(tocsin)}
    assert {path.name for path in GOLDENS.iterdir()} == names


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_a_start_loads_nothing_heavy(word: str) -> None:
    program = f"import sys; sys.argv = ['tocsin', '{word}']; from tocsin.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert not loaded & set(HEAVY)


def test_every_option_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for words in verbs(tocsin):
        command: click.Command = tocsin
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands.get(word) or command.get_command(click.Context(command), word)
        options = [each for each in command.params if isinstance(each, click.Option)]
        missing = [name for each in options for name in each.opts if f"{name}" not in text]
        assert not missing, f"docs/cli.md lacks {missing} of {' '.join(words)}"


def test_every_exit_code_is_documented_in_the_same_words() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [code for code in Exit if f"| {int(code)} | {code.meaning} |" not in text] == []


def test_usage_ends_with_2() -> None:
    assert CliRunner().invoke(tocsin, ["incident", "list", "--nonsense"]).exit_code == 2
    assert CliRunner().invoke(tocsin, ["incident", "move", "INC-1", "sideways"]).exit_code == 2


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(tocsin, ["--version"]).stdout.startswith("tocsin, version ")
