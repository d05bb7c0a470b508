"""Where an action is set going: one function of the source, behind the gate, and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "tocsin"


def _settings_of_begun(tree: ast.AST, inside: str = "") -> Iterator[str]:
    """Yield the function around each `ActionState.BEGUN` that is handed on rather than compared."""
    for node in ast.iter_child_nodes(tree):
        name = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else inside
        if isinstance(node, ast.Call):
            handed = [*node.args, *(each.value for each in node.keywords)]
            if any(isinstance(each, ast.Attribute) and each.attr == "BEGUN" for each in handed):
                yield name
        yield from _settings_of_begun(node, name)


def test_one_function_alone_sets_an_action_going() -> None:
    found = [
        (str(path.relative_to(SOURCE)), name)
        for path in sorted(SOURCE.rglob("*.py"))
        if "BEGUN" in (text := path.read_text(encoding="utf-8"))
        for name in _settings_of_begun(ast.parse(text))
    ]
    assert found == [("flow/act_beginning.py", "_begin")]


def test_no_state_of_an_action_is_written_but_by_the_table_of_moves() -> None:
    """`replace(action, state=...)` outside the table would go around it."""
    found = [
        str(path.relative_to(SOURCE))
        for room in ("flow", "worker", "app", "api", "console", "cli", "response")
        for path in sorted((SOURCE / room).rglob("*.py"))
        if "ActionState" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and any(each.arg == "state" and _is_of_an_action(each.value) for each in node.keywords)
        and not (isinstance(node.func, ast.Name) and node.func.id == "Action")
    ]
    assert found == []


def _is_of_an_action(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Attribute)
        and isinstance(value.value, ast.Name)
        and value.value.id == "ActionState"
    )
