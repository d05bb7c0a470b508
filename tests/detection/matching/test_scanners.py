"""Every scanner gives the answers of asking one pattern at a time."""

from __future__ import annotations

import pytest

from tocsin.detection.matching.scanners import Pattern, PlainScanner, holds
from tocsin.detection.sigma.predicates import Op

PATTERNS = [
    Pattern(Op.CONTAINS, "b"),
    Pattern(Op.CONTAINS, ""),
    Pattern(Op.STARTSWITH, "ab"),
    Pattern(Op.STARTSWITH, ""),
    Pattern(Op.ENDSWITH, "bc"),
    Pattern(Op.ENDSWITH, "ab"),
    Pattern(Op.LIKE, r"(?s)\Aa.c\z"),
    Pattern(Op.REGEX, "^a+b"),
]


@pytest.mark.parametrize("text", ["", "abc", "b", "ab", "a\nc", "aab", "xyz"])
def test_the_plain_scanner_finds_what_each_pattern_finds_alone(text: str) -> None:
    expected = [place for place, pattern in enumerate(PATTERNS) if holds(pattern)(text)]
    assert sorted(PlainScanner(PATTERNS).scan(text)) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (Pattern(Op.CONTAINS, "b"), "abc", True),
        (Pattern(Op.STARTSWITH, "b"), "abc", False),
        (Pattern(Op.ENDSWITH, "c"), "abc", True),
        (Pattern(Op.LIKE, r"(?s)\Aa.*c\z"), "a\n\nc", True),
        (Pattern(Op.LIKE, r"(?s)\Aa.c\z"), "aéc", True),
        (Pattern(Op.REGEX, "b$"), "ab\n", False),
    ],
)
def test_a_pattern_means_what_sigma_means(pattern: Pattern, text: str, found: bool) -> None:
    assert holds(pattern)(text) is found
