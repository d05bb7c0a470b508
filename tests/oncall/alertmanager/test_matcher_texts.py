"""Matchers are read and written as Alertmanager does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.matchers import Matcher, matcher
from tocsin.oncall.alertmanager.matcher_texts import braced, in_order, parse_matcher, parse_matchers


def parts(*matchers: Matcher) -> list[tuple[str, str, str]]:
    return [(each.label, each.operator, each.value) for each in matchers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", [("a", "=", "b")]),
        ("{a=b}", [("a", "=", "b")]),
        ('{ a != b , c =~ "d|e", }', [("a", "!=", "b"), ("c", "=~", "d|e")]),
        ("a=b,c!~d", [("a", "=", "b"), ("c", "!~", "d")]),
        ('a="b,c"', [("a", "=", "b,c")]),
        (r'a="say \"hi, you\"",b=c', [("a", "=", 'say "hi, you"'), ("b", "=", "c")]),
        (r'a="\\",b=c', [("a", "=", "\\"), ("b", "=", "c")]),
        (r"a=x\y", [("a", "=", "x\\y")]),
        (r"a=x\n", [("a", "=", "x\n")]),
        ("a=x\\", [("a", "=", "x\\")]),
        (r"a=\"x", [("a", "=", '"x')]),
        ("a=", [("a", "=", "")]),
        ('a=""', [("a", "=", "")]),
        ("a==b", [("a", "=", "=b")]),
        ("", []),
        ("{}", []),
        ("größe=1", [("größe", "=", "1")]),
        ('"two words"!=x', [("two words", "!=", "x")]),
        ("foo-bar=~x.*", [("foo-bar", "=~", "x.*")]),
    ],
)
def test_a_list_of_matchers_is_read(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert parts(*parse_matchers(text)) == expected


@pytest.mark.parametrize(
    "text",
    ["a", "=b", 'a="b', 'a=b"', 'a="b"c"', 'a="', r'a="b\"', "a=~(", "a=b,,c=d", "{{a=b}}", r'a="\",b="c"'],
)
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"matcher|quote|RE2"):
        parse_matchers(text)


def test_matchers_stand_in_alertmanagers_order() -> None:
    written = parse_matchers("b=x,a=~y,a=y,a!=y,a!~y,a=x")
    assert braced(in_order(written)) == '{a="x",a="y",a!="y",a=~"y",a!~"y",b="x"}'


@given(st.text(), st.sampled_from(["=", "!="]))
def test_what_is_written_reads_back(value: str, operator: str) -> None:
    made = matcher("name", operator, value)
    assert parse_matcher(made.text) == made
