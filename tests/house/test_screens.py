"""Rule: colours come from the token file, and pages carry no inline code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HEX = r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b"
FUNCTION = r"\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\("
NAMED = (
    r"(?:white|black|red|green|blue|yellow|orange|purple|pink|gr[ae]y|silver|navy|teal|maroon|crimson|gold)\b"
)
IN_CSS = re.compile(rf":[^;{{}}]*?(?:{HEX}|{FUNCTION}|(?<![-\w]){NAMED})")
IN_PAGE = re.compile(
    rf"(?:fill|stroke|color|background|bgcolor|content|stop-color)\s*=\s*[\"'](?:{HEX}|{NAMED})|{FUNCTION}"
)
IN_PYTHON = re.compile(rf"(?:fill|stroke|color|background)\s*[=:]\s*\\?[\"']?(?:{HEX}|{NAMED})|{FUNCTION}\d")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INLINE = {
    "a script without src": re.compile(r"<script(?![^>]*\bsrc\s*=)[^>]*>", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "an htmx event attribute": re.compile(r"\shx-on[:=-]", re.IGNORECASE),
    "a javascript address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "something unescaped": re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"),
    "something from elsewhere": re.compile(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
}


def _pages(repository: Path) -> list[Path]:
    return sorted(path for path in (repository / "src/tocsin").rglob("templates/**/*") if path.is_file())


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _hits(path: Path, text: str, pattern: re.Pattern[str], repository: Path) -> list[str]:
    return [
        f"{path.relative_to(repository)}:{_line(text, match)} {match.group().strip()[:60]}"
        for match in pattern.finditer(text)
    ]


def test_every_colour_comes_from_the_token_file(repository: Path, keep) -> None:
    broken: list[str] = []
    for path in (repository / "src/tocsin").rglob("*"):
        kinds = {".css": IN_CSS, ".html": IN_PAGE, ".svg": IN_PAGE}
        pattern = IN_PYTHON if path.suffix == ".py" and "console" in path.parts else kinds.get(path.suffix)
        if pattern is None or path.name == "tokens.css":
            continue
        blank = COMMENT.sub(lambda found: "\n" * found.group().count("\n"), path.read_text(encoding="utf-8"))
        broken += _hits(path, blank, pattern, repository)
    keep(broken, "name a token of tokens.css")


@pytest.mark.parametrize("what", INLINE)
def test_no_page_carries(what: str, repository: Path, keep) -> None:
    broken = [
        hit
        for path in _pages(repository)
        for hit in _hits(path, path.read_text("utf-8"), INLINE[what], repository)
    ]
    keep(broken, f"a page must not carry {what}: the content policy refuses it, and an attacker would use it")


def test_the_patterns_find_what_they_forbid() -> None:
    assert IN_CSS.search("a { color: #fff }")
    assert IN_CSS.search("a { border: 1px solid red }")
    assert not IN_CSS.search("#add { color: var(--ink-red) }")
    assert IN_PAGE.search('<path fill="#c00">')
    assert not IN_PAGE.search('<a href="#add">')
    assert INLINE["a script without src"].search("<script>1</script>")
    assert not INLINE["a script without src"].search('<script src="/static/live.js" defer></script>')
    assert INLINE["an event attribute"].search('<button onclick="x()">')
    assert not INLINE["an event attribute"].search('<p data-on="x">on = "y"</p>')
