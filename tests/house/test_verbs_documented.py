"""Rule: every verb that can be typed is in docs/cli.md."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest


def _verbs(command: click.Command, context: click.Context, words: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None, f"{name} is listed and cannot be loaded"
        yield from _verbs(below, click.Context(below, parent=context, info_name=name), (*words, name))


def test_every_verb_is_documented(repository: Path, keep) -> None:
    if not (repository / "src/tocsin/cli/main.py").is_file():
        pytest.skip("there is no command line yet")
    module = importlib.import_module("tocsin.cli.main")
    groups = [value for value in vars(module).values() if isinstance(value, click.Group)]
    assert groups, "tocsin.cli.main holds no click group at its top"
    verbs = {
        verb
        for group in groups
        for verb in _verbs(group, click.Context(group, info_name="tocsin"), ("tocsin",))
    }
    text = (repository / "docs/cli.md").read_text(encoding="utf-8")
    keep([verb for verb in verbs if verb not in text], "docs/cli.md names each verb in full")
