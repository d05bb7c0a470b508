"""`tocsin import alertmanager` checks, tells what is otherwise here, and writes only when asked to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FILE = "route: {receiver: a}\nreceivers: [{name: a, opsgenie_configs: [{api_key: t0p}]}]\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "from.yml"
    path.write_text(FILE)
    return str(path)


def test_a_dry_run_writes_nothing(typed: Any, file: str, tmp_path: Path) -> None:
    result = typed("import", "alertmanager", file, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)["data"]
    assert [each["what"] for each in told][-1] == "would write"
    assert any("Jira Service Management" in each["detail"] for each in told)
    assert "t0p" not in result.output
    assert not (tmp_path / "packs").exists()
    assert "give --write" in result.stderr


def test_it_is_written_once_and_replaced_only_when_agreed(typed: Any, file: str, tmp_path: Path) -> None:
    assert typed("import", "alertmanager", file, "--write").exit_code == 0
    target = tmp_path / "packs" / "imported" / "alertmanager.yml"
    assert target.read_text() == FILE
    again = typed("import", "alertmanager", file, "--write")
    assert (again.exit_code, "the same already" in again.stderr) == (0, True)
    Path(file).write_text(FILE.replace("t0p", "t0p2"))
    assert typed("import", "alertmanager", file, "--write").exit_code == 2
    assert typed("import", "alertmanager", file, "--write", "--yes").exit_code == 0
    assert "t0p2" in target.read_text()
    assert typed("route", "test", "a=b").stdout.startswith("a\treceiver")


def test_a_broken_file_is_not_taken_over(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.yml"
    path.write_text("route: {receiver: nobody}")
    assert typed("import", "alertmanager", str(path), "--write").exit_code == 1
    assert not (tmp_path / "packs").exists()
