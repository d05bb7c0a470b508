"""Rule: what is installed is whole: code, pages, schemas and the shipped packs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Build the wheel without the network and return the names in it."""
    target = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return frozenset(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel: frozenset[str], repository: Path, keep) -> None:
    source = repository / "src"
    files = (
        path for path in (source / "tocsin").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    keep(
        [name for p in files if (name := p.relative_to(source).as_posix()) not in wheel],
        "missing in the wheel",
    )


def test_the_wheel_holds_every_file_of_the_packs(wheel: frozenset[str], repository: Path, keep) -> None:
    files = [
        path
        for path in (repository / "packs").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    keep(
        [n for p in files if (n := f"tocsin/{p.relative_to(repository).as_posix()}") not in wheel], "missing"
    )


def test_the_wheel_holds_its_licence_and_nothing_else(wheel: frozenset[str], keep) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    keep([name for name in wheel if not name.startswith(("tocsin/", "tocsin-"))], "not part of the package")
