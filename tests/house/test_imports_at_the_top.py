"""Rule: what a module needs stands at its top; only the command line imports late, to start fast."""

from __future__ import annotations

import ast


def test_no_import_inside_a_function_except_in_cli(sources, keep) -> None:
    broken = [
        source.at(node)
        for source in sources
        if source.room != "cli"
        for function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    keep(broken, "an import inside a function hides a floor or a circle")
