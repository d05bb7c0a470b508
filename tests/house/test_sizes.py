"""Rule: a file, a function and a thought fit on a screen or two."""

from __future__ import annotations

import ast

FILE_LINES = 400
FUNCTION_LINES = 40
FUNCTION_LINES_AT_MOST = 60
SHARE_OF_LONG_FUNCTIONS = 0.02
COMPLEXITY = 10
NESTING = 3
ARGUMENTS = 7
FOLDERS_DEEP = 3

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def _length(function: _Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _own(node: ast.AST):
    """Yield what lies in a function but not in a function inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _Function | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own(child)


def _depth(statements: list[ast.stmt], depth: int = 0) -> int:
    deepest = depth
    for statement in statements:
        if isinstance(statement, _Function | ast.ClassDef):
            continue
        below = depth + isinstance(statement, _BLOCKS)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(statement, name, [])
            is_elif = (
                name == "orelse"
                and isinstance(statement, ast.If)
                and len(block) == 1
                and isinstance(block[0], ast.If)
            )
            deepest = max(deepest, _depth(block, depth if is_elif else below) if block else below)
        for handler in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            deepest = max(deepest, _depth(handler.body, below))
    return deepest


def test_a_file_has_at_most_400_lines(sources, keep) -> None:
    lengths = ((source.path, source.text.count("\n")) for source in sources)
    keep(
        [f"{path} has {lines}" for path, lines in lengths if lines > FILE_LINES], "a source file is a chapter"
    )


def test_no_function_has_more_than_60_lines(sources, keep) -> None:
    broken = [
        f"{source.at(function)} {function.name} has {_length(function)}"
        for source in sources
        for function in source.functions()
        if _length(function) > FUNCTION_LINES_AT_MOST
    ]
    keep(broken, "a function does one thing")


def test_nearly_every_function_has_at_most_40_lines(sources) -> None:
    lengths = {
        f"{source.at(function)} {function.name}": _length(function)
        for source in sources
        for function in source.functions()
    }
    long = sorted(f"{name} has {lines}" for name, lines in lengths.items() if lines > FUNCTION_LINES)
    assert len(long) <= SHARE_OF_LONG_FUNCTIONS * len(lengths), "\n  ".join(["over 40 lines:", *long])


def test_no_function_is_more_complex_than_10(sources, keep) -> None:
    broken = [
        f"{source.at(function)} {function.name} is {complexity}"
        for source in sources
        for function in source.functions()
        if (complexity := 1 + sum(isinstance(node, _BRANCHES) for node in _own(function))) > COMPLEXITY
    ]
    keep(broken, "a function has few ways through it")


def test_no_function_is_nested_deeper_than_3(sources, keep) -> None:
    broken = [
        f"{source.at(function)} {function.name} is {depth} deep"
        for source in sources
        for function in source.functions()
        if (depth := _depth(function.body)) > NESTING
    ]
    keep(broken, "a function is shallow")


def test_no_function_takes_more_than_7_arguments(sources, keep) -> None:
    broken = []
    for source in sources:
        for function in source.functions():
            names = [
                a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            ]
            if len(names) - (names[:1] in (["self"], ["cls"])) > ARGUMENTS:
                broken.append(f"{source.at(function)} {function.name} takes {len(names)}")
    keep(broken, "what belongs together travels together")


def test_a_room_is_at_most_three_folders_deep(sources, keep) -> None:
    broken = [source.path for source in sources if len(source.path.split("/")) - 3 > FOLDERS_DEEP]
    keep(broken, "a newcomer finds a file without climbing")


def test_the_measure_of_depth_and_complexity_is_right() -> None:
    text = (
        "def f(a):\n if a:\n  for b in a:\n   with b:\n    pass\n elif b:\n  pass\n"
        " try:\n  pass\n except OSError:\n  pass\n"
    )
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert _depth(function.body) == 3
    assert 1 + sum(isinstance(node, _BRANCHES) for node in _own(function)) == 5
