"""Rule: the two commands of the README stay as they are, and their scripts can be run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


def test_make_up_plays_the_drill(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    assert "tocsin up --drill credential-stuffing" in makefile


@pytest.mark.parametrize("script", [".ci/run", "tools/venv", "tools/lint"])
def test_a_script_can_be_run_and_parses(script: str, repository: Path) -> None:
    path = repository / script
    assert os.access(path, os.X_OK), f"{script} is not executable"
    shell = path.read_text(encoding="utf-8").splitlines()[0].split("/")[-1].split()[-1]
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0


def test_an_old_python_is_refused_with_what_to_do(repository: Path, tmp_path: Path) -> None:
    old = tmp_path / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    copy = tmp_path / "a clone with spaces"
    (copy / "tools").mkdir(parents=True)
    script = copy / "tools" / "venv"
    script.write_bytes((repository / "tools/venv").read_bytes())
    done = subprocess.run(
        ["sh", str(script), "run"],
        env={**os.environ, "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Tocsin needs Python 3.11 or newer" in done.stderr
    assert "make PYTHON=" in done.stderr
