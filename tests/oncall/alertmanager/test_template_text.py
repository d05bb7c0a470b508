"""A template is taken apart as Go's lexer does it."""

from __future__ import annotations

import pytest

from tocsin.oncall.alertmanager.template_text import MAX_TEMPLATE, Sort, TemplateFault, Word, pieces, unquoted


def told(template: str) -> list[object]:
    return [
        piece.text if piece.words is None else [word.text for word in piece.words]
        for piece in pieces(template)
    ]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", []),
        ("plain { } text", ["plain { } text"]),
        ("a {{ .B }} c", ["a ", [".B"], " c"]),
        ("a  {{- .B -}}  c", ["a", [".B"], "c"]),
        ("a {{-3}}{{ -3 }}", ["a ", ["-3"], ["-3"]]),
        ("a {{/* no */}} b {{- /* no */ -}} c", ["a ", " b", "c"]),
        ("{{ if eq .A.B $x.C }}", [["if", "eq", ".A.B", "$x.C"]]),
        ("{{ (index .A 1).B | f }}", [["(", "index", ".A", "1", ").B", "|", "f"]]),
        ("{{ $a, $b := . }}", [["$a", ",", "$b", ":=", "."]]),
        ('{{ "a}}b" }}{{ `c"\n` }}', [['"a}}b"'], ['`c"\n`']]),
        ("{{ 1.5 }}", [["1.5"]]),
    ],
)
def test_text_and_actions_are_told_apart(template: str, expected: list[object]) -> None:
    assert told(template) == expected


@pytest.mark.parametrize("template", ["{{ .A", "{{ 'a' }}", "{{ 0x1 }}", '{{ "a\n" }}', "{{ /* x }}"])
def test_what_go_or_we_do_not_read_is_a_fault(template: str) -> None:
    with pytest.raises(TemplateFault):
        pieces(template)


def test_a_template_has_a_bounded_length() -> None:
    with pytest.raises(TemplateFault, match="longer than"):
        pieces("x" * (MAX_TEMPLATE + 1))


@pytest.mark.parametrize(
    ("written", "meant"),
    [(r'"a\tb\"\\"', 'a\tb"\\'), (r"`a\t`", r"a\t"), (r'"\x41\u00e9\U0001F600\101"', "Aé😀A")],
)
def test_strings_are_unquoted_as_in_go(written: str, meant: str) -> None:
    assert unquoted(Word(Sort.STRING, written, 0)) == meant


@pytest.mark.parametrize("written", [r'"\z"', r'"\UFFFFFFFF"', r'"\8"'])
def test_an_unknown_escape_is_a_fault(written: str) -> None:
    with pytest.raises(TemplateFault, match="no escape"):
        unquoted(Word(Sort.STRING, written, 0))
