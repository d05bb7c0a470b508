"""Compose runs what the override names, by its digest; whatever goes wrong is said."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tocsin.connectors.deploy import compose
from tocsin.connectors.deploy.compose import compose_up, image_in, override_of
from tocsin.domain.acting import CallFailed
from tocsin.domain.ports.delivery import FailureKind

IMAGE = f"registry.example/shop@sha256:{'a' * 64}"


def program(tmp_path, text):
    path = tmp_path / "compose.py"
    path.write_text(text)
    return (sys.executable, str(path))


def test_the_override_names_the_image_and_nothing_is_built(tmp_path):
    file = tmp_path / "compose.yml"
    assert image_in(file, "web") == ""
    command = program(tmp_path, "import sys; open('seen', 'w').write(' '.join(sys.argv[1:]))")
    compose_up(command, file, "web", IMAGE)
    assert image_in(file, "web") == IMAGE
    assert image_in(file, "db") == ""
    seen = (tmp_path / "seen").read_text()
    assert seen == f"-f {file} -f {override_of(file)} up --detach --no-build web"


def test_an_override_that_is_no_yaml_names_no_image(tmp_path):
    override_of(tmp_path / "compose.yml").write_text("{")
    assert image_in(tmp_path / "compose.yml", "web") == ""
    override_of(tmp_path / "compose.yml").write_text("services: 1")
    assert image_in(tmp_path / "compose.yml", "web") == ""


def test_what_compose_says_when_it_refuses_is_told(tmp_path):
    command = program(tmp_path, "import sys; sys.exit('manifest unknown')")
    with pytest.raises(CallFailed, match="ended with 1: manifest unknown") as failed:
        compose_up(command, tmp_path / "compose.yml", "web", IMAGE)
    assert failed.value.kind is FailureKind.REFUSED


def test_a_missing_program_is_a_wrong_setting(tmp_path):
    with pytest.raises(CallFailed, match="TOCSIN_COMPOSE_COMMAND") as failed:
        compose_up(("no-such-program",), tmp_path / "compose.yml", "web", IMAGE)
    assert failed.value.kind is FailureKind.MISCONFIGURED


def test_when_compose_does_not_end_nobody_knows_what_came_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(compose, "TIME_LIMIT_S", 0.2)
    command = program(tmp_path, "import time; time.sleep(30)")
    with pytest.raises(CallFailed, match="did not end") as failed:
        compose_up(command, tmp_path / "compose.yml", "web", IMAGE)
    assert failed.value.kind is FailureKind.UNKNOWN
    assert subprocess.TimeoutExpired is type(failed.value.__cause__)
