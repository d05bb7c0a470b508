"""Rule: every file says in its first sentence why it exists."""

from __future__ import annotations

import ast
import re

UNFINISHED = re.compile(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b")


def test_every_file_is_python(every_source, keep) -> None:
    keep(
        [f"{source.path} {source.mistake}" for source in every_source if source.mistake], "a file can be read"
    )


def test_every_module_says_why_it_exists(sources, keep) -> None:
    broken = []
    for source in sources:
        said = ast.get_docstring(source.tree)
        if not said:
            broken.append(f"{source.path} says nothing")
        elif not re.search(r"[.!?)\]`]$", said.split("\n\n")[0].strip()):
            broken.append(f"{source.path} does not end its sentence")
    keep(broken, "a module docstring is a sentence")


def test_nothing_is_left_to_do_in_a_comment(every_source, keep) -> None:
    broken = [
        f"{source.path}:{number}"
        for source in every_source
        for number, line in enumerate(source.text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    keep(broken, "do it, or open an issue")
