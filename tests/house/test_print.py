"""Rule: rooms return what they know; only the command line prints."""

from __future__ import annotations

import ast

STREAMS = frozenset({"sys.stdout.write", "sys.stderr.write", "sys.stdout.buffer.write"})


def test_nothing_below_the_command_line_prints(sources, keep) -> None:
    broken = [
        source.at(node)
        for source in sources
        if source.room != "cli"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "print") or ast.unparse(node.func) in STREAMS
        )
    ]
    keep(broken, "return it, record it or log it")
