"""Rule: an error is caught where something can be done about it, and nowhere by a net for everything."""

from __future__ import annotations

import ast

BROAD = frozenset({"Exception", "BaseException"})


def _names(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {kind.id for kind in kinds if isinstance(kind, ast.Name)}


def test_only_the_edge_of_the_worker_catches_everything(sources, keep) -> None:
    broken = [
        source.at(node)
        for source in sources
        if source.room != "worker"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and BROAD & _names(node)
    ]
    keep(broken, "name the errors that can be dealt with; the worker's edge sees the rest")


def test_no_error_is_swallowed_without_a_word(sources, keep) -> None:
    broken = [
        source.at(node)
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and BROAD & _names(node) and isinstance(node.body[0], ast.Pass)
    ]
    keep(broken, "a net for everything records what it caught")


def test_no_suppression_of_everything(sources, keep) -> None:
    broken = [
        source.at(node)
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"suppress", "contextlib.suppress"}
        and BROAD & {argument.id for argument in node.args if isinstance(argument, ast.Name)}
    ]
    keep(broken, "suppress names what it suppresses")
