"""Runbooks of the packs in force are read once, when somebody asks; those that are wrong are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.packs import packs_of
from tocsin.app.runbooks_in_force import RunbooksInForce
from tocsin.app.settings import load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "packs" / "team" / "runbooks"
    made.mkdir(parents=True)
    (made / "good.yml").write_text("runbook: good\ntitle: Good\nsteps: [{id: a, do: A}]\n")
    (made / "wrong.yml").write_text("runbook: wrong\ntitle: Wrong\nsteps: [{id: a, dont: A}]\n")
    return tmp_path


def test_only_what_is_right_is_followed_and_read_once(folder: Path) -> None:
    settings = load_settings({"TOCSIN_HOME": str(folder)})
    in_force = RunbooksInForce(settings, packs_of(settings))
    books = in_force()
    assert "good" in books
    assert "wrong" not in books
    assert in_force() is books
