"""An export is read from a file or a folder within bounds, and written as a pack."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.app import oncall_import
from tocsin.app.oncall_import import FORMATS, plan, write
from tocsin.domain.errors import Misconfigured, NotFound
from tocsin.oncall.imports.rows import ImportRefused

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "oncall" / "imports" / "payloads"
LAYER = {
    "name": "days",
    "start": "2026-01-05T08:00:00Z",
    "rotation_turn_length_seconds": 86_400,
    "users": [{"user": {"id": "A"}}],
}


@pytest.mark.parametrize("system", FORMATS)
def test_each_product_is_read_and_compared(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oncall_import, "COMPARED", oncall_import.COMPARED / 30)
    sample = SAMPLES / f"{'grafana' if system == 'oncall' else system}.json"
    taken = plan(system, sample, tmp_path, NOW)
    assert taken.target == tmp_path / "packs" / f"imported-{system}" / "oncall.yml"
    assert {one.minutes for one in taken.compared} == {1440}
    assert (taken.differences, taken.is_there) == (0, False)
    write(taken)
    assert taken.is_there
    assert taken.target.stat().st_mode & 0o777 == 0o600


def test_a_folder_is_one_export(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "users.json").write_text(json.dumps({"users": [{"id": "A", "name": "Ada"}]}))
    (folder / "schedules-S.json").write_text(
        json.dumps({"schedule": {"id": "S", "name": "web", "time_zone": "UTC", "schedule_layers": [LAYER]}})
    )
    (folder / "README.md").write_text("not part of it")
    taken = plan("pagerduty", folder, tmp_path, NOW)
    assert [one.name for one in taken.carried.schedules] == ["web"]


def test_what_is_not_there_or_too_large_or_no_text_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound):
        plan("pagerduty", tmp_path / "none", tmp_path, NOW)
    path = tmp_path / "export.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ImportRefused, match="cannot be read"):
        plan("pagerduty", path, tmp_path, NOW)
    monkeypatch.setattr(oncall_import, "MAX_BYTES", 1)
    with pytest.raises(ImportRefused, match="holds more than"):
        plan("pagerduty", path, tmp_path, NOW)


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    export.write_text(
        json.dumps(
            {"schedules": [{"id": "S", "name": "web", "time_zone": "UTC", "schedule_layers": [LAYER]}]}
        )
    )
    taken = plan("pagerduty", export, tmp_path / "home", NOW)
    (tmp_path / "home").write_text("a file, no folder")
    with pytest.raises(Misconfigured, match="cannot be written"):
        write(taken)
