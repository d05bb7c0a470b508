"""Rule: every source file that decides something has one test file of its name, and the other way round."""

from __future__ import annotations

import ast
from pathlib import Path

# Folders of tests that tell a story across rooms, and so mirror no single file.
STORIES = frozenset({"house", "acceptance", "real", "faults", "packs", "bench", "proofs"})
# The contract that every connector is put through; it belongs to all of them and to none.
SHARED = frozenset(
    {
        "connectors/test_contract.py",
        "connectors/test_performing_contract.py",
        "store/test_contract.py",
    }
)


def _is_declaration(statement: ast.stmt) -> bool:
    """Say whether a statement only declares: text, `...`, `pass`, `self.x = x`, `super().__init__()`."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"))], value=ast.Name()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"))))):
            return True
    return False


def _decides(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a function is more than declarations and at most one `return` or `raise`."""
    rest = [statement for statement in function.body if not _is_declaration(statement)]
    return len(rest) > 1 or (len(rest) == 1 and not isinstance(rest[0], ast.Return | ast.Raise))


def _needs_a_test(source) -> bool:
    if Path(source.path).name in {"__init__.py", "__main__.py"}:
        return False
    if source.is_engine:
        return any(True for _ in source.functions())
    # The ground and the edges may declare: protocols, dataclasses, enums, one-line properties.
    return any(_decides(function) for function in source.functions())


def _twin(source) -> str:
    inside = Path(source.path).relative_to("src/tocsin")
    return f"tests/{(inside.parent / f'test_{inside.name}').as_posix()}"


def test_every_file_that_decides_has_a_test_of_its_name(sources, repository: Path, keep) -> None:
    broken = [
        f"{source.path} wants {_twin(source)}"
        for source in sources
        if _needs_a_test(source) and not (repository / _twin(source)).is_file()
    ]
    keep(broken, "a promise is tested where a reader looks for it")


def test_every_test_file_has_a_source_of_its_name(sources, repository: Path, keep) -> None:
    twins = {_twin(source) for source in sources}
    broken = []
    for path in (repository / "tests").rglob("test_*.py"):
        inside = path.relative_to(repository / "tests")
        if inside.parts[0] in STORIES or inside.as_posix() in SHARED:
            continue
        if f"tests/{inside.as_posix()}" not in twins:
            broken.append(f"tests/{inside.as_posix()} mirrors no file in src/tocsin")
    keep(broken, "one test file per source file; a story across rooms lies in tests/acceptance")


def test_a_package_file_decides_nothing(sources, keep) -> None:
    broken = [
        f"{source.at(function)} {function.name}"
        for source in sources
        if source.path.endswith("/__init__.py")
        for function in source.functions()
    ]
    keep(broken, "what a room does lies in a file with a name")


def test_test_folders_are_no_packages(repository: Path, keep) -> None:
    found = [path.relative_to(repository).as_posix() for path in (repository / "tests").rglob("__init__.py")]
    keep(found, "tests are imported by path")
