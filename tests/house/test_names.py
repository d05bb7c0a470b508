"""Rule: names are the responder's; one word has one meaning."""

from __future__ import annotations

import ast
import re
from pathlib import Path

MODULES = frozenset(
    [
        "utils",
        "util",
        "common",
        "types",
        "helpers",
        "helper",
        "constants",
        "base",
        "misc",
        "shared",
        "tools",
        "stuff",
    ]
)
CLASSES = re.compile(r"(?:Manager|Handler|Helper|Service|Processor|Util|Utils|Impl)$")
FUNCTIONS = frozenset({"process", "handle", "do", "run_it", "execute_it"})
PARAMETERS = frozenset({"data", "info", "item", "obj"})
NOUNS = re.compile(r"(?:^|_)(?:tickets?|rotas?|outbox|outboxes)(?:_|$)|^cases?$|_cases?$")
# Words that a framework demands of whoever subclasses it or is named by it.
DEMANDED_CLASSES = frozenset({"AccountManager", "UserManager"})
# httpcore names the parameter of its network streams, and mypy holds a subclass to it.
DEMANDED_PARAMETERS = frozenset({("get_extra_info", "info")})


def test_no_module_is_a_drawer_for_leftovers(sources, keep) -> None:
    broken = [
        source.path for source in sources if MODULES & {Path(p).stem for p in source.path.split("/")[2:]}
    ]
    keep(broken, "a module is named for what it does")


def test_no_class_is_a_manager_handler_helper_service_or_processor(sources, keep) -> None:
    broken = [
        f"{source.at(node)} {node.name}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and CLASSES.search(node.name) and node.name not in DEMANDED_CLASSES
    ]
    keep(broken, "a class is a thing somebody could point at")


def test_no_function_just_processes_or_handles(sources, keep) -> None:
    broken = [
        f"{source.at(function)} {function.name}"
        for source in sources
        for function in source.functions()
        if function.name.strip("_") in FUNCTIONS
    ]
    keep(broken, "a function is a verb that says what becomes of its object")


def test_no_parameter_is_just_data(sources, keep) -> None:
    broken = [
        f"{source.at(argument)} {function.name}({argument.arg})"
        for source in sources
        for function in source.functions()
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        if argument.arg in PARAMETERS and (function.name, argument.arg) not in DEMANDED_PARAMETERS
    ]
    keep(broken, "say which data: body, record, row, signal")


def test_no_second_noun_for_an_incident_a_schedule_or_a_job(sources, keep) -> None:
    broken = []
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower()
                if NOUNS.search(words):
                    broken.append(f"{source.at(node)} {node.name}")
    keep(broken, "docs/glossary.md has the word")
