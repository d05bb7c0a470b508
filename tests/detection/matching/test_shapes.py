"""A struct reads a line as the record would be read, or leaves it to those who read it whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tocsin.detection.matching.shapes import Shapes, Unshapely
from tocsin.detection.sigma.readings import lookup

FIELDS = ["a", "a.b", "a.b.c", "d.e", "d.e.f", "d.g.h", "key.x", "sp ace.é"]
SHAPES = Shapes()
DECODE = SHAPES.decoder(["key"], FIELDS)


def found(record: Any, name: str) -> Any:
    """Return what a record holds under a name, or UNSET."""
    if name in record:
        return record[name]
    values = list(lookup(record, name)) if "." in name else []
    return values if len(values) > 1 else values[0] if values else UNSET


NAMES = st.sampled_from(["a", "b", "c", "b.c", "a.b", "a.b.c", "d", "e", "e.f", "d.e.f", "g", "g.h", "h",
                         "key",                         "x", "f", "key.x", "sp ace", "é"])  # fmt: skip
NESTED = st.recursive(
    st.sampled_from([1, "x", None, True]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=10,
)


@given(st.dictionaries(NAMES, NESTED, max_size=6))
def test_a_struct_gives_what_a_lookup_gives_or_nothing_at_all(record: dict[str, Any]) -> None:
    line = orjson.dumps(record)
    for name in FIELDS:
        try:
            value = SHAPES.getter(name)(DECODE(line))
        except (ValueError, TypeError):
            continue
        assert value == found(record, name), name


def read(line: bytes, fields: Sequence[str], name: str) -> Any:
    return SHAPES.getter(name)(SHAPES.decoder(["key"], fields)(line))


@pytest.mark.parametrize(
    ("line", "fields", "name", "value"),
    [
        (b'{"d":{"e":1}}', ["d.e"], "d.e", 1),
        (b'{"d":{"e":1},"d.e":null}', ["d.e"], "d.e", None),
        (b'{"d":null}', ["d.e"], "d.e", UNSET),
        (b'{"d":{"e":{"f":2}}}', ["d.e", "d.e.f"], "d.e.f", 2),
        (b'{"d":{"e":{"f":2}}}', ["d", "d.e.f"], "d.e.f", 2),
        (b'{"d":{"e":{}}}', ["d", "d.e.f"], "d.e.f", UNSET),
        (b'{"d":{"g":{"h":[1]}}}', ["d.g.h"], "d.g.h", [1]),
        (b'{"d":{"g.h":3}}', ["d.g.h"], "d.g.h", 3),
    ],
)
def test_dotted_names_reach_into_maps(line: bytes, fields: list[str], name: str, value: Any) -> None:
    assert read(line, fields, name) == value


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b'{"d":[{"e":1}]}', ["d.e"]),
        (b'{"d":"text"}', ["d.e"]),
        (b'{"d":[{"e":1}]}', ["d", "d.e"]),
        (b'{"d":{"x":[{"e":1},{"e":2}]}}', ["d", "d.x.e", "d.e"]),
        (b'{"key":1.0}', ["d.e"]),
        (b'{"key":true}', ["d.e"]),
        (b"[]", ["d.e"]),
        (b"{", ["d.e"]),
    ],
)
def test_what_a_struct_cannot_hold_is_left_to_others(line: bytes, fields: list[str]) -> None:
    with pytest.raises((ValueError, TypeError)):
        [read(line, fields, name) for name in fields]


@pytest.mark.parametrize("name", ['qu"ote', "back\\slash", "line\nend", "\ud800", 'a.qu"ote'])
def test_names_that_no_struct_can_have_are_told(name: str) -> None:
    with pytest.raises(Unshapely):
        SHAPES.decoder(["key"], [name])


def test_keys_are_read_together() -> None:
    decode = SHAPES.decoder(["key", "other"], ["a"])
    assert SHAPES.keys(["key", "other"])(decode(b'{"key":"k","a":1}')) == ("k", UNSET)
