"""The small expressions of a mapping."""

from __future__ import annotations

import pytest

from tocsin.connectors.expressions import MappedWrong, at, checked, value_of

FOUND = {"a": {"b/c": "x", "d~e": "y", "l": [{"n": 1}, 2.5, True, None]}, "t": " spaced ", "empty": ""}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("/a/b~1c", "x"),
        ("/a/d~0e", "y"),
        ("/a/l/0/n", "1"),
        ("/a/l/1", "2.5"),
        ("/a/l/2", "true"),
        ("/a/l/3", ""),
        ("/a/l/9", ""),
        ("/a/l/-1", ""),
        ("/a/l", ""),
        ("/t", "spaced"),
        ("/t/x", ""),
        ("=fixed", "fixed"),
        ("/missing | /empty | /t", "spaced"),
        ("/missing | =else", "else"),
        ("on {/t} at {/missing}", "on spaced at "),
        ("on {/missing}", ""),
        ("on {/missing} | =none", "none"),
        ("/", ""),
    ],
)
def test_an_expression_gives_a_text(expression: str, value: str) -> None:
    assert value_of(checked(expression), FOUND) == value


@pytest.mark.parametrize("wrong", ["plain", "", " | /a", "/a |  | /b", "/a" * 300, " | ".join(["/a"] * 9)])
def test_what_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(MappedWrong):
        checked(wrong)


def test_a_value_is_bounded_and_a_pointer_goes_only_so_deep() -> None:
    assert len(value_of("/x", {"x": "y" * 9000})) == 4000
    deep: object = "end"
    for _ in range(30):
        deep = {"n": deep}
    assert isinstance(at("/n" * 30, deep), dict)
