"""Rule: everything that can be set is in docs/settings.md, word for word, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

NAME = re.compile(r"\bTOCSIN_[A-Z0-9][A-Z0-9_]*[A-Z0-9]\b")
# Said by the house to itself: how `make test` names the checks that failed.
INTERNAL = frozenset({"TOCSIN_FAILED_CHECKS"})


def test_every_setting_in_the_code_is_documented(sources, documented, keep) -> None:
    known = documented("docs/settings.md")
    broken = [
        f"{source.path} reads {name}"
        for source in sources
        for name in sorted(set(NAME.findall(source.text)))
        if name not in known
    ]
    keep(broken, "each setting has a row in docs/settings.md")


def test_every_documented_setting_exists(sources, texts, documented, keep) -> None:
    aids = [
        text for path, text in texts if path.startswith(("tests/", ".ci/", "bench/")) or path == "Makefile"
    ]
    named = {name for text in [*(source.text for source in sources), *aids] for name in NAME.findall(text)}
    keep(
        sorted(set(documented("docs/settings.md")) - named), "docs/settings.md names only what the code reads"
    )


def test_defaults_and_meanings_in_the_documentation_are_those_of_the_code(
    repository: Path, documented, keep
) -> None:
    if not (repository / "src/tocsin/app/settings.py").is_file():
        pytest.skip("there are no settings yet")
    from tocsin.app.settings import SETTINGS  # noqa: PLC0415

    known = documented("docs/settings.md")
    broken = []
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else ""
        expected = (default, setting.meaning.replace("|", "\\|"), "yes" if setting.secret else "")
        if known.get(setting.name) != expected:
            broken.append(f"| `{setting.name}` | " + " | ".join(expected) + " |")
    keep(broken, "docs/settings.md should read")


def test_settings_used_by_make_and_ci_are_documented(texts, documented, keep) -> None:
    known = documented("docs/settings.md")
    broken = [
        f"{path} sets {name}"
        for path, text in texts
        if path in {"Makefile", ".ci/run", "tests/conftest.py"}
        for name in sorted(set(NAME.findall(text)) - INTERNAL)
        if name not in known
    ]
    keep(broken, "what tests and CI can be told is documented too")
