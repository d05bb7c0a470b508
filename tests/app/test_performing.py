"""What connectors can do outside is found without their settings; who makes the calls needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.performing import Callers, collectors_of, performers_by, performers_of
from tocsin.app.settings import Settings, load_settings
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.pack_file import PackProblem, parse


def test_each_performer_and_collector_stands_under_its_own_name():
    assert all(name == each.declaration.name for name, each in performers_of().items())
    assert all(name == each.name for name, each in collectors_of().items())


def test_a_section_that_no_connector_reads_is_a_problem_with_its_line():
    with pytest.raises(PackProblem, match=r"actions.yml:1:1"):
        performers_of(parse("nobody: {}\n", "actions.yml"))


def test_a_file_of_nothing_configures_nothing():
    assert performers_of(parse("", "actions.yml")) == performers_of()


def test_a_service_that_no_connector_calls_is_named(tmp_path):
    with pytest.raises(Misconfigured, match="nobody"):
        Callers(Settings({"TOCSIN_HOME": str(tmp_path)}, {}), SystemClock()).of("nobody.knows")


def test_of_equal_names_the_last_files_holds() -> None:
    first, last = (
        parse(
            f"http: [{{name: lab.look, title: {title}, class: read, target: lab,"
            " request: {method: GET, path: /x}}]",
            "actions.yml",
        )
        for title in ("First", "Last")
    )
    assert performers_of(first, last)["lab.look"].declaration.title == "Last"


def test_the_settings_bring_no_commands_unless_they_name_a_list(tmp_path: Path) -> None:
    assert performers_by(load_settings({"TOCSIN_HOME": str(tmp_path)})) == {}
