"""Template files are found beside the file that names them; what is no template is left out, or told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.template_files import MAX_FILES, library_for, template_files
from tocsin.oncall.alertmanager.file import Configuration, parse_alertmanager
from tocsin.oncall.alertmanager.template_text import MAX_TEMPLATE

FILE = """
templates: ["templates/*.tmpl", "templates/"]
route: {receiver: a}
receivers: [{name: a}]
"""


@pytest.fixture
def configuration() -> Configuration:
    return parse_alertmanager(FILE, "alertmanager.yml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "bytes.tmpl").write_bytes(b"\xff")
    (templates / "long.tmpl").write_text("x" * (MAX_TEMPLATE + 1))
    (templates / "one.tmpl").write_text('{{ define "mine" }}x{{ end }}')
    (templates / "two.tmpl").write_text("{{ if")
    return tmp_path


def test_templates_are_found_beside_the_file(configuration: Configuration, folder: Path) -> None:
    library, faults = library_for(configuration, folder)
    assert "mine" in library
    assert "slack.default.title" in library
    assert [str(fault).partition("templates/")[2][:13] for fault in faults] == ["two.tmpl:1:6:"]


def test_no_more_are_read_than_anybody_needs(configuration: Configuration, folder: Path) -> None:
    for at in range(MAX_FILES + 5):
        (folder / "templates" / f"t{at}.tmpl").write_text("")
    assert len(list(template_files(configuration, folder))) == MAX_FILES
