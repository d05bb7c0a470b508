"""Thin columns are plain text, whatever the record writes."""

from __future__ import annotations

import pytest

from tocsin.store.lake.thin import FIELDS, plain


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"login"', "login"),
        ('"\\u0041"', "A"),
        ("5", "5"),
        ("true", "true"),
        ("null", ""),
        ("[1]", ""),
        ('{"a":1}', ""),
        ('"\\ud800"', ""),
        ("", ""),
    ],
)
def test_scalars_are_told_as_plain_text(text, told) -> None:
    assert plain(text) == told


def test_the_columns_are_those_of_every_source() -> None:
    assert tuple(FIELDS) == ("class", "action", "outcome", "actor", "src_ip", "target", "tenant", "severity")
