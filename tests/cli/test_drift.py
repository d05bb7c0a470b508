"""`tocsin drift check` tells each difference as a signal that can be posted; with one it ends with 6."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.connectors.signals.formats import read


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    baseline, snapshot = tmp_path / "prod.yml", tmp_path / "live.json"
    baseline.write_text("tls: true\nports: [443]\ndb_password: one\n")
    snapshot.write_text('{"tls": false, "ports": [443, 8080], "db_password": "two"}')
    return str(baseline), str(snapshot)


def test_each_difference_is_a_signal_and_no_secret_is_shown(typed: Any, files: tuple[str, str]) -> None:
    baseline, snapshot = files
    result = typed("drift", "check", snapshot, "--baseline", baseline, "--name", "gateway", "--json")
    assert result.exit_code == 6
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(each["path"], each["kind"], each["actual"]) for each in told] == [
        ("db_password", "changed", "***"),
        ("ports[1]", "added", 8080),
        ("tls", "changed", False),
    ]
    assert {(each["product"], each["category"], each["name"]) for each in told} == {
        ("config", "drift", "gateway")
    }
    assert "two" not in result.output
    assert len(read(result.stdout.encode()).lines) == 3


def test_without_drift_it_ends_with_0(typed: Any, files: tuple[str, str]) -> None:
    baseline, snapshot = files
    assert typed("drift", "check", baseline, "--baseline", baseline).exit_code == 0
    assert typed("drift", "check", snapshot, "--baseline", baseline, "--exit-zero").exit_code == 0
    shown = typed("drift", "check", snapshot, "--baseline", baseline, "--plain").stdout
    assert "changed\ttls\tyes\tno" in shown


def test_what_cannot_be_read_or_written_is_explained(
    typed: Any, files: tuple[str, str], tmp_path: Path
) -> None:
    baseline, snapshot = files
    result = typed("drift", "check", snapshot, "--baseline", baseline, "--revision", "HEAD")
    assert (result.exit_code, "Nothing was compared" in result.stderr) == (1, True)
    odd = tmp_path / "odd.yml"
    odd.write_text('tls: "\\ud800"\n')
    assert typed("drift", "check", str(odd), "--baseline", baseline).exit_code == 1
