"""Sigma's strings: what is a wildcard and what is not (S2, S3)."""

from __future__ import annotations

import pytest

from tocsin.detection.sigma.values import Text, Wild, literal, parse

ANY, ONE = Wild.ANY, Wild.ONE


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("abc", ("abc",)),
        ("", ()),
        ("*", (ANY,)),
        ("a*b?c", ("a", ANY, "b", ONE, "c")),
        (r"\*", ("*",)),
        (r"\?", ("?",)),
        (r"\\*", ("\\", ANY)),
        (r"\\\*", ("\\*",)),
        (r"\a", ("\\a",)),
        ("\\", ("\\",)),
        (r"\\", ("\\",)),
        (r"\\\a", ("\\\\a",)),
        (r"\\\\a", ("\\\\a",)),
        (r"C:\Windows\*", ("C:\\Windows*",)),
    ],
)
def test_a_backslash_escapes_only_wildcards_and_itself(written: str, parts: tuple[object, ...]) -> None:
    assert parse(written).parts == parts


def test_only_a_text_without_wildcards_is_literal() -> None:
    assert parse("a").literal == "a"
    assert parse("a*").literal is None
    assert literal("a*").literal == "a*"
    assert literal("").literal == ""


def test_an_open_end_is_opened_once() -> None:
    assert parse("*a*").open_start().open_end().parts == (ANY, "a", ANY)
    assert parse("a").open_start().open_end().parts == (ANY, "a", ANY)


def test_variants_multiply_over_literal_runs_and_keep_wildcards() -> None:
    found = parse("a*b").mapped(lambda run: (run, run.upper()))
    assert [text.parts for text in found] == [
        ("a", ANY, "b"),
        ("a", ANY, "B"),
        ("A", ANY, "b"),
        ("A", ANY, "B"),
    ]
    assert literal("").mapped(lambda run: (run,)) == (Text(()),)
