"""`tocsin import` checks, tells what is otherwise here, and writes only when asked to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
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


SOON = (datetime.now(UTC) + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
LAYER = {
    "name": "weeks",
    "start": "2026-01-05T08:00:00Z",
    "rotation_virtual_start": "2026-01-05T08:00:00Z",
    "rotation_turn_length_seconds": 604_800,
    "users": [{"user": {"id": "A"}}, {"user": {"id": "B"}}],
}
EXPORT: dict[str, Any] = {
    "users": [{"id": "A", "name": "Ada", "email": "ada@example.org"}, {"id": "B", "name": "Ben"}],
    "schedules": [{"id": "S", "name": "web", "time_zone": "UTC", "schedule_layers": [LAYER]}],
    "overrides": {
        "S": [{"start": f"{SOON:%FT%TZ}", "end": f"{SOON + timedelta(hours=4):%FT%TZ}", "user": {"id": "B"}}]
    },
}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(EXPORT))
    return path


def test_an_import_of_schedules_is_compared_and_nothing_written(
    typed: Any, export: Path, tmp_path: Path
) -> None:
    result = typed("import", "pagerduty", str(export), "--json")
    assert result.exit_code == 0, result.output
    told = {each["what"]: each["detail"] for each in json.loads(result.stdout)["data"]}
    assert told["compared"] == "web: 43200 minutes, 0 differences"
    assert told["override"].startswith("web: replace ben from ")
    assert told["would write"].endswith("packs/imported-pagerduty/oncall.yml")
    assert "the export has no policy" in told["warning"]
    assert "give --write" in result.stderr
    assert not (tmp_path / "packs").exists()


def test_differences_are_named_and_end_with_6(typed: Any, export: Path) -> None:
    start, end = (f"{SOON + timedelta(hours=hours):%FT%TZ}" for hours in (0, 1))
    entry = {"start": start, "end": end, "user": {"id": "A"}}
    schedule = {**EXPORT["schedules"][0], "final_schedule": {"rendered_schedule_entries": [entry]}}
    export.write_text(json.dumps({**EXPORT, "schedules": [schedule]}))
    result = typed("import", "pagerduty", str(export))
    assert result.exit_code == 6
    assert f"difference\tweb: {SOON:%F %H:%M} to" in result.stdout
    assert "ada by the export, ben here" in result.stdout
    assert "60 minutes by shifts in the export" in result.stdout


def test_overrides_are_made_once_where_the_import_is_in_force(
    typed: Any, export: Path, home: Path, tmp_path: Path
) -> None:
    (home / "packs" / "team" / "oncall.yml").unlink()
    first = typed("import", "pagerduty", str(export), "--write")
    assert first.exit_code == 0, first.output
    assert "1 overrides (1 made)" in first.stderr
    again = typed("import", "pagerduty", str(export), "--write")
    assert "1 overrides (0 made)" in again.stderr
    assert "the same already" in again.stderr
    shown = typed("schedule", "show", "web", "--changes", "--json")
    assert [one["person"] for one in json.loads(shown.stdout)["data"]] == ["ben"]
    export.write_text(json.dumps({**EXPORT, "overrides": {}}).replace("weeks", "turns"))
    assert typed("import", "pagerduty", str(export), "--write").exit_code == 2
    assert typed("import", "pagerduty", str(export), "--write", "--yes").exit_code == 0
    assert "turns" in (tmp_path / "packs" / "imported-pagerduty" / "oncall.yml").read_text()


def test_overrides_wait_for_the_database_and_for_the_file_to_be_in_force(
    typed: Any, export: Path, tmp_path: Path
) -> None:
    told = typed("import", "pagerduty", str(export), "--write")
    assert (told.exit_code, "The overrides were not made" in told.stderr) == (0, True)
    assert (tmp_path / "packs" / "imported-pagerduty" / "oncall.yml").stat().st_mode & 0o777 == 0o600


def test_another_file_in_force_is_told(typed: Any, export: Path, home: Path) -> None:
    assert home.is_dir()
    told = typed("import", "pagerduty", str(export), "--write")
    assert "Another oncall.yml is in force" in told.stderr
