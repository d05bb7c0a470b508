from __future__ import annotations

import pytest

from tocsin.detection.promql.lexer import Sort, tokens_of
from tocsin.detection.promql.refusals import ExpressionRefused


def _read(text: str) -> list[tuple[str, str]]:
    return [(token.sort.name, token.text) for token in tokens_of(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  # a remark\n", []),
        (
            "1 .5 1e3 0x1F 1. inf NaN",
            [("NUMBER", text) for text in ["1", ".5", "1e3", "0x1F", "1.", "inf", "nan"]],
        ),
        ("5m 1h30m", [("DURATION", "5m"), ("DURATION", "1h30m")]),
        ("up a:b SUM By", [("WORD", "up"), ("METRIC", "a:b"), ("KEYWORD", "sum"), ("KEYWORD", "by")]),
        ("a==b", [("WORD", "a"), ("SIGN", "=="), ("WORD", "b")]),
        (
            "x{sum=~'a'}",
            [("WORD", "x"), ("SIGN", "{"), ("WORD", "sum"), ("SIGN", "=~"), ("STRING", "a"), ("SIGN", "}")],
        ),
        ("x[5m:]", [("WORD", "x"), ("SIGN", "["), ("DURATION", "5m"), ("SIGN", ":"), ("SIGN", "]")]),
        ("@", [("SIGN", "@")]),
    ],
)
def test_a_text_is_cut_into_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r'"a\n\t\\\"b"', 'a\n\t\\"b'),
        (r"'it\'s'", "it's"),
        ("`raw \\n\n`", "raw \\n\n"),
        (r'"\x41\101\u00e4\U0001F600"', "AAä😀"),
        (r'"\xc3\xa4"', "ä"),
    ],
)
def test_strings_mean_what_they_mean_in_go(text: str, meant: str) -> None:
    assert _read(text) == [("STRING", meant)]


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("a ; b", 2),
        ('"open', 0),
        ('"line\nbreak"', 0),
        (r'"\q"', 1),
        (r'"\400"', 1),
        (r'"\ud800"', 1),
        (r'"\U00110000"', 1),
        (r'"\xff"', 0),
        ("5x", 0),
        ("0s", 0),
        ("x[5]", 2),
        ("x[a]", 2),
        ("x{5}", 2),
        ("=~", 1),
    ],
)
def test_what_is_no_token_is_refused_at_its_place(text: str, offset: int) -> None:
    with pytest.raises(ExpressionRefused) as refused:
        tokens_of(text)
    assert refused.value.offset == offset


def test_a_token_is_named_as_it_was_written() -> None:
    word, string, end = tokens_of("SUM 'a'")
    assert (str(word), str(string), str(end)) == ("`SUM`", "`'a'`", "the end of the expression")
    assert end.sort is Sort.END
