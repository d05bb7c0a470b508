"""Read the source once, so that each rule is a few lines about what it forbids."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINES = frozenset(
    [
        "audit",
        "detection",
        "evidence",
        "incidents",
        "intake",
        "investigation",
        "oncall",
        "response",
        "review",
        "runbooks",
        "spend",
        "triage",
    ]
)
SKIPPED_FOLDERS = {".venv", ".git", ".home", "node_modules", "dist", "build", "htmlcov", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root, its room (what follows `src/tocsin/`), its text and tree.

    A file that is no Python has an empty tree and says why in `mistake`, so that it does not hide the rest.
    """

    path: str
    room: str
    text: str
    tree: ast.Module
    mistake: str

    @property
    def is_engine(self) -> bool:
        return self.room in ENGINES

    @property
    def is_pure(self) -> bool:
        """Say whether the file lies on the floors that know no framework: domain, engines, flow."""
        return self.is_engine or self.room in {"domain", "flow"}

    @property
    def is_migration(self) -> bool:
        return "/migrations/" in self.path

    def at(self, node: ast.AST) -> str:
        """Return `path:line` of a node, the way an editor opens it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
        """Yield each import statement with what it names in full (`from a.b import c` names `a.b.c`)."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node, alias.name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield node, f"{node.module or ''}.{alias.name}"


def _read(path: Path) -> Source:
    relative = path.relative_to(ROOT)
    inside = relative.parts[2:] if relative.parts[:2] == ("src", "tocsin") else ()
    room = inside[0].removesuffix(".py") if inside else ""
    text = path.read_text(encoding="utf-8")
    try:
        tree, mistake = ast.parse(text, filename=str(path)), ""
    except SyntaxError as error:
        tree, mistake = ast.Module(body=[], type_ignores=[]), f"line {error.lineno}: {error.msg}"
    return Source(relative.as_posix(), room, text, tree, mistake)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def every_source() -> tuple[Source, ...]:
    """Return every Python file of the product, migrations included."""
    return tuple(_read(path) for path in sorted((ROOT / "src/tocsin").rglob("*.py")))


@pytest.fixture(scope="session")
def sources(every_source: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return every Python file of the product that a person wrote: no migrations."""
    return tuple(source for source in every_source if not source.is_migration)


@pytest.fixture(scope="session")
def texts() -> tuple[tuple[str, str], ...]:
    """Return (path, text) of every text file in the repository, these rules excepted."""
    found = []
    for path in _repository_files():
        relative = path.relative_to(ROOT).as_posix()
        if relative.startswith("tests/house/"):
            continue
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            found.append((relative, content.decode("utf-8", errors="replace")))
    return tuple(found)


def _repository_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not SKIPPED_FOLDERS & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


@pytest.fixture(scope="session")
def documented() -> Callable[[str], dict[str, tuple[str, ...]]]:
    """Return a reader of a document's tables: first cell, its backticks removed, to the cells after it."""

    def rows(document: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
            if match := re.fullmatch(r"\|\s*`([^`]+)`\s*\|(.*)\|\s*", line):
                cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", match[2]))
                assert match[1] not in found, f"{document} has two rows for {match[1]}"
                found[match[1]] = cells
        return found

    return rows


@pytest.fixture(scope="session")
def keep() -> Callable[[list[str], str], None]:
    """Return the one assertion of every rule: nothing breaks it, or each place that does is listed."""

    def assert_kept(broken: list[str], rule: str) -> None:
        if broken:
            pytest.fail(f"{rule}\n  " + "\n  ".join(sorted(broken)), pytrace=False)

    return assert_kept
