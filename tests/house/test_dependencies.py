"""Rule: every direct dependency has a reason in writing, a locked version and a licence we may ship."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

# LGPL packages that are used unmodified, as separate packages: by an extra, or as oracles of the tests alone.
LGPL_ALLOWED = frozenset({"psycopg", "psycopg-binary", "pysigma", "pysigma-backend-sqlite"})
# Data that the standard library looks up by itself.
NEVER_IMPORTED = frozenset({"tzdata"})
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _project(repository: Path) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _names(requirements: list[str]) -> set[str]:
    return {_normal(match.group()) for line in requirements if (match := NAME.match(line))} - {"tocsin"}


def _locked(repository: Path, lock: str) -> set[str]:
    lines = (repository / lock).read_text(encoding="utf-8").splitlines()
    return {_normal(line.split("==")[0].split("[")[0]) for line in lines if re.match(r"[a-zA-Z0-9]", line)}


def test_every_direct_dependency_has_a_reason_and_every_reason_a_dependency(
    repository: Path, documented, keep
) -> None:
    project = _project(repository)
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    direct = _names([*project["dependencies"], *extras])
    reasons = {_normal(name) for name in documented("docs/adr/dependencies.md")}
    broken = [f"{name} has no reason in docs/adr/dependencies.md" for name in direct - reasons]
    broken += [
        f"{name} is in docs/adr/dependencies.md and not in pyproject.toml" for name in reasons - direct
    ]
    keep(broken, "a dependency is a decision")


def test_the_locks_hold_every_direct_dependency(repository: Path, keep) -> None:
    project = _project(repository)
    run, test = _locked(repository, "requirements.lock"), _locked(repository, "requirements-test.lock")
    broken = [f"requirements.lock lacks {name}" for name in _names(project["dependencies"]) - run]
    wanted = _names([*project["dependencies"], *project["optional-dependencies"]["test"]])
    broken += [f"requirements-test.lock lacks {name}" for name in wanted - test]
    keep(broken, "run `make lock`")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock", "requirements-build.lock"])
def test_a_lock_has_hashes_and_no_registry_address(lock: str, repository: Path, keep) -> None:
    text = (repository / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?://", text), f"{lock} names an address"
    pinned = re.split(r"\n(?=[a-zA-Z0-9])", text)[1:]
    keep(
        [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry], f"{lock} pins without a hash"
    )


def test_every_runtime_dependency_is_used(repository: Path, sources, keep) -> None:
    imported = {name.split(".")[0] for source in sources for _, name in source.imports()}
    # Some are named in settings rather than imported; Django loads them by that name.
    named = {word for source in sources for word in re.findall(r"[\"']([a-z_0-9]+)[\"']", source.text)}
    modules: dict[str, set[str]] = {}
    for module, distributions in importlib.metadata.packages_distributions().items():
        for distribution in distributions:
            modules.setdefault(_normal(distribution), set()).add(module)
    wanted = _names(_project(repository)["dependencies"]) - NEVER_IMPORTED
    broken = [name for name in wanted if not modules.get(name, {name}) & (imported | named)]
    keep(broken, "nothing imports it: take it out of pyproject.toml")


def _licence(name: str) -> str:
    about = importlib.metadata.metadata(name)
    classifiers = [line for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    # The plain License field sometimes holds the whole text; its first line is enough to recognise it.
    named = [about.get("License-Expression", ""), (about.get("License") or "").split("\n")[0], *classifiers]
    return " ".join(named) if any(each.strip() for each in named) else _licence_file(name)


def _licence_file(name: str) -> str:
    """Return the first line of the licence that a package brings without naming it."""
    found = importlib.metadata.distribution(name)
    brought = [path for path in found.files or () if path.name.upper().startswith("LICENSE")]
    return str(brought[0].locate().read_text(encoding="utf-8")).split("\n")[0] if brought else ""


def test_nothing_we_ship_with_is_under_the_gpl(repository: Path, keep) -> None:
    shipped = _locked(repository, "requirements.lock")
    shipped |= {"psycopg", "psycopg-binary"}
    broken = []
    for name in sorted(shipped):
        try:
            licence = _licence(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # The lock serves all platforms; what another one needs is not installed here.
        lesser = re.search(r"LGPL|Lesser General Public", licence)
        if re.search(r"GPL|General Public", licence) and not (lesser and name in LGPL_ALLOWED):
            broken.append(f"{name}: {licence}")
        if not licence.strip():
            broken.append(f"{name} names no licence")
    keep(broken, "choose another library")
