"""What is found in a home folder without starting anything."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections import namedtuple
from dataclasses import replace

import pytest

from tocsin.app.home_checkup import Standing, check_home
from tocsin.app.settings import load_settings


@pytest.fixture
def settings(tmp_path):
    return load_settings({"TOCSIN_HOME": str(tmp_path)})


def ill(findings) -> dict[str, Standing]:
    return {each.name: each.standing for each in findings if each.standing is not Standing.OK}


def test_a_home_in_order_has_no_fault(settings) -> None:
    assert ill(check_home(settings)) == {}


def test_a_home_that_cannot_be_written_is_a_problem(settings) -> None:
    gone = replace(settings, values={**settings.values, "TOCSIN_HOME": "/no/such/home"})
    (home, _) = check_home(gone)
    assert home.standing is Standing.PROBLEM
    assert home.next_step


def test_a_home_that_others_can_look_into_is_a_problem(settings, tmp_path) -> None:
    tmp_path.chmod(0o755)
    (finding,) = (each for each in check_home(settings) if each.standing is not Standing.OK)
    assert (finding.standing, finding.next_step) == (Standing.PROBLEM, f"Run `chmod 700 {tmp_path}`.")


@pytest.mark.parametrize("folder", ["", "lake", "evidence"])
def test_a_disk_that_takes_nothing_is_a_problem(settings, tmp_path, monkeypatch, folder) -> None:
    full = tmp_path / folder
    full.mkdir(exist_ok=True)
    real = tempfile.TemporaryFile

    def refusing(dir):
        if dir == full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", refusing)
    (finding,) = (each for each in check_home(settings) if each.standing is not Standing.OK)
    assert (finding.standing, finding.words) == (
        Standing.PROBLEM,
        f"{full} cannot be written: No space left on device.",
    )


@pytest.mark.parametrize(
    ("free", "standing"), [(60, Standing.OK), (50, Standing.PROBLEM), (0, Standing.PROBLEM)]
)
def test_a_disk_without_room_is_a_problem_before_it_is_full(settings, monkeypatch, free, standing) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000, 1000 - free, free))
    (finding,) = (each for each in check_home(settings) if each.name == "disk")
    assert finding.standing is standing


def test_a_key_that_others_can_open_is_named(settings, tmp_path) -> None:
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "log.key"
    key.touch()
    os.chmod(key, 0o644)
    (finding,) = (each for each in check_home(settings) if each.name == "keys")
    assert (finding.standing, finding.next_step) == (Standing.PROBLEM, f"Run `chmod 600 {key}`.")
