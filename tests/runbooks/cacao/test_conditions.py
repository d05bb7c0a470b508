"""Conditions are written as CACAO has them."""

from __future__ import annotations

import pytest

from tocsin.domain.expressions import parse
from tocsin.runbooks.cacao.conditions import condition_text, variable_of


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("a.b", "__a_b__:value != ''"),
        ("a.b == 'x'", "__a_b__:value = 'x'"),
        ('a.b != "it\'s"', "__a_b__:value != 'it\\'s'"),
        ("a.b in ['x', 2]", "__a_b__:value IN ('x', 2)"),
        ("a.b not in ['x']", "__a_b__:value NOT IN ('x')"),
        ("incident.age > 1h30m", "__incident_age__:value > '1h30m'"),
        ("not a.b", "NOT (__a_b__:value != '')"),
        ("a.b and (c.d or true)", "(__a_b__:value != '') AND ((__c_d__:value != '') OR (true != ''))"),
        ("(a.b == 1) == true", "(__a_b__:value = 1) = true"),
    ],
)
def test_a_condition_is_written_in_their_words(ours: str, theirs: str) -> None:
    assert condition_text(parse(ours)) == theirs


def test_a_name_is_a_variable() -> None:
    assert variable_of("look-up.src_ip") == "__look-up_src_ip__"
