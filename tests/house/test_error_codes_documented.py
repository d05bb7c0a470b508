"""Rule: every error code is explained in docs/errors.md, and every explained code can be met."""

from __future__ import annotations

import ast
from collections import Counter

FAMILY = "Explained"


def _explained(sources) -> list[tuple[object, ast.ClassDef]]:
    """Return (source, class) of the whole family, found by following base names."""
    classes = [(s, node) for s in sources for node in ast.walk(s.tree) if isinstance(node, ast.ClassDef)]
    family = {FAMILY}
    while True:
        grown = family | {
            node.name
            for _, node in classes
            if family & {ast.unparse(base).split(".")[-1] for base in node.bases}
        }
        if grown == family:
            return [(source, node) for source, node in classes if node.name in family]
        family = grown


def _code(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        targets = (
            statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id == "code":
                value = getattr(statement, "value", None)
                return (
                    value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
                )
    return None


def test_every_error_has_a_code_of_its_own(sources, keep) -> None:
    found = [(source, node, _code(node)) for source, node in _explained(sources)]
    broken = [f"{source.at(node)} {node.name} has no code" for source, node, code in found if code is None]
    counts = Counter(code for _, _, code in found if code)
    broken += [
        f"{source.at(node)} {node.name} shares {code}" for source, node, code in found if counts[code] > 1
    ]
    keep(broken, "a code names one error, so that a tired person finds one explanation")


def test_every_code_is_documented_and_every_documented_code_exists(sources, documented, keep) -> None:
    raised = {code for _, node in _explained(sources) if (code := _code(node))}
    known = set(documented("docs/errors.md"))
    broken = [f"{code} is not in docs/errors.md" for code in raised - known]
    broken += [f"{code} is in docs/errors.md and nowhere in the code" for code in known - raised]
    keep(broken, "codes and their explanations are the same set")


def test_every_row_says_what_happened_what_it_means_and_what_to_do(documented, keep) -> None:
    broken = [
        code for code, cells in documented("docs/errors.md").items() if len(cells) != 3 or not all(cells)
    ]
    keep(broken, "a row has three cells after the code, none empty")
