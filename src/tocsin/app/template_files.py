"""Finds and reads the template files that an `alertmanager.yml` names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tocsin.oncall.alertmanager.file import Configuration
from tocsin.oncall.alertmanager.template_text import MAX_TEMPLATE
from tocsin.oncall.alertmanager.templates import Fault, Library, library_of

MAX_FILES = 200
"""Template files that are read for one configuration."""


def template_files(configuration: Configuration, beside: Path) -> Iterator[tuple[Path, str]]:
    """Yield the template files that a configuration names, relative names beside its own file.

    As in Alertmanager only the last part of a name may hold `*`. At most `MAX_FILES` files of `MAX_TEMPLATE`
    characters; longer ones and what cannot be read are left out.
    """
    found = 0
    for name in configuration.templates:
        pattern = beside / name
        for path in sorted(pattern.parent.glob(pattern.name)) if pattern.name else ():
            text = text_at(path)
            if text is not None and len(text) <= MAX_TEMPLATE and found < MAX_FILES:
                found += 1
                yield path, text


def library_for(configuration: Configuration, beside: Path) -> tuple[Library, tuple[Fault, ...]]:
    """Return the shipped templates and those of the files, and what is wrong with the files."""
    return library_of((str(path), text) for path, text in template_files(configuration, beside))


def text_at(path: Path) -> str | None:
    """Return a file's text, None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
