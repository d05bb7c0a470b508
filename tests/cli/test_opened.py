"""Opening a home: what is not there is said, not made."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys

import pytest

from tocsin.cli import opened

RUN = "from tocsin.cli.main import main; main()"


def elsewhere(home, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program by itself, as a user does."""
    env = {"PATH": os.environ["PATH"], "TOCSIN_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False, env=env
    )


def test_a_home_that_is_not_there_is_not_made(tmp_path) -> None:
    done = elsewhere(tmp_path / "none", "incident", "list")
    assert done.returncode == 1
    assert "is not there. [misconfigured]" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_home_without_a_database_says_how_to_make_one(tmp_path) -> None:
    done = elsewhere(tmp_path, "incident", "list")
    assert done.returncode == 1
    assert "tocsin migrate" in done.stderr
    assert not (tmp_path / "tocsin.db").exists()


def test_after_migrate_everything_answers(tmp_path) -> None:
    home = tmp_path / "new"
    assert elsewhere(home, "migrate").returncode == 0
    assert json.loads(elsewhere(home, "incident", "list", "--json").stdout)["data"] == []


def test_who_acts_is_named_also_without_a_name(monkeypatch) -> None:
    assert opened.actor() == f"cli:{getpass.getuser()}"

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert opened.actor() == f"cli:{os.getuid()}"


@pytest.mark.parametrize("word", ["incident", "alert"])
def test_a_database_that_is_behind_is_refused(home, typed, monkeypatch, word) -> None:
    monkeypatch.setattr(opened, "unmigrated", lambda: 2)
    result = typed(word, "list")
    assert result.exit_code == 1
    assert "not up to date" in result.stderr


def test_a_file_that_is_no_database_is_said_in_three_lines(tmp_path) -> None:
    (tmp_path / "tocsin.db").write_bytes(b"not a database, but long enough to look at" * 50)
    done = elsewhere(tmp_path, "incident", "list")
    assert done.returncode == 1
    assert done.stderr.startswith("The database cannot be used: ")
    assert len(done.stderr.splitlines()) == 3


def test_a_complaint_without_words_is_told_by_its_kind() -> None:
    assert opened.reason_of(OSError()) == "OSError"
    assert opened.reason_of(ValueError("first\nsecond")) == "first"
