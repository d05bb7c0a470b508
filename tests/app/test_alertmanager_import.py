"""An alertmanager.yml is checked, and written into a pack together with its templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.alertmanager_import import plan, write
from tocsin.app.routes_tried import read_file
from tocsin.domain.errors import Misconfigured
from tocsin.oncall.alertmanager.template_text import MAX_TEMPLATE

FILE = """
templates: ["templates/*.tmpl", "{outside}", "templates/"]
route: {{receiver: a}}
receivers:
- name: a
  opsgenie_configs: [{{api_key: t0p, message: '{{{{ template "mine" . }}}}'}}]
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder, outside = tmp_path / "am", tmp_path / "elsewhere.tmpl"
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "one.tmpl").write_text('{{ define "mine" }}x{{ end }}')
    (folder / "templates" / "two.tmpl").write_text("{{ if")
    (folder / "templates" / "bytes.tmpl").write_bytes(b"\xff")
    (folder / "templates" / "long.tmpl").write_text("x" * (MAX_TEMPLATE + 1))
    outside.write_text("plain")
    path = folder / "alertmanager.yml"
    path.write_text(FILE.format(outside=outside))
    return path


def test_what_is_taken_over_is_told_and_nothing_written(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    taken = plan(source, home)
    assert taken.target == home / "packs" / "imported" / "alertmanager.yml"
    written = [str(path.relative_to(taken.target.parent)) for path, _ in taken.changes]
    assert written == ["alertmanager.yml", "templates/one.tmpl", "templates/two.tmpl"]
    told = "\n".join(taken.warnings)
    for words in ("Jira Service Management", "two.tmpl:1:6", "secrets in plain text", "stays where it is"):
        assert words in told
    assert "t0p" not in told
    assert not home.exists()


def test_what_is_written_is_the_owners_and_needs_no_second_time(source: Path, tmp_path: Path) -> None:
    taken = plan(source, tmp_path / "home")
    write(taken)
    assert taken.target.read_text() == source.read_text()
    assert taken.target.stat().st_mode & 0o777 == 0o600
    assert plan(source, tmp_path / "home").changes == ()
    assert read_file(taken.target).templates == taken.configuration.templates


def test_a_disk_that_refuses_is_explained(source: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(Misconfigured):
        write(plan(source, tmp_path / "home"))


def test_without_secrets_none_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("route: {receiver: a}\nreceivers: [{name: a}]")
    assert plan(path, tmp_path).warnings == ()
