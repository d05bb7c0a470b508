"""Records are cut apart and marked without a byte of their values being lost."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.parsed import Parsed
from tocsin.connectors.refusal import Refused
from tocsin.connectors.slices import each, elements, marked, members, one
from tocsin.connectors.splitting import LineRefused

MARKS = {"product": "aws", "service": "waf", "category": None}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"{}", b'{"product":"aws","service":"waf"}'),
        (b'{ "n": 100000000000000000001 }', b'{"product":"aws","service":"waf","n": 100000000000000000001}'),
        (
            b'{"service":{"count":1e400},"n":1.0}',
            b'{"product":"aws","service":"waf","native_service":{"count":1e400},"n":1.0}',
        ),
        (b'{"product":"aws","n":1}', b'{"product":"aws","service":"waf","n":1}'),
    ],
)
def test_marks_come_first_and_every_value_stays_as_it_was_written(raw: bytes, wanted: bytes) -> None:
    record = {"service": {}} if b"1e400" in raw else orjson.loads(raw)
    assert marked(raw, record, MARKS) == wanted


def test_without_marks_a_record_stays_as_it_came() -> None:
    assert marked(b'{"a":1}', {"a": 1}, {"category": None}) == b'{"a":1}'


@given(st.dictionaries(st.text() | st.sampled_from(["product", "service"]), VALUES, max_size=5))
def test_a_marked_record_holds_the_marks_and_all_that_it_held(record: dict[str, Any]) -> None:
    found = orjson.loads(marked(orjson.dumps(record), record, MARKS))
    assert (found["product"], found["service"]) == ("aws", "waf")
    for name, value in record.items():
        assert value in (found.get(name), found.get(f"native_{name}"))


def test_an_object_and_an_array_are_cut_at_their_own_level() -> None:
    assert members(b'{"a": {"b":[1]},"c":2.0}') == {"a": b'{"b":[1]}', "c": b"2.0"}
    assert elements(b'[{"a":\n1}, 2.0]') == (b'{"a":1}', b"2.0")


@pytest.mark.parametrize("cut", [members, elements])
def test_what_cannot_be_cut_is_refused(cut: Any) -> None:
    with pytest.raises(LineRefused):
        cut(b"7")


def test_each_element_of_a_wrapping_is_taken_or_refused_by_its_number() -> None:
    def convert(raw: bytes, record: dict[str, Any]) -> Parsed | None:
        if record.get("bad"):
            return Parsed((b"{}",), (Refused(b"part", "half of it is bad"),))
        return one(raw, record, {"n": 1}) if record.get("good") else None

    found = each((b'{"good":1}', b"7", b"{}", b'{"bad":1}'), convert)
    assert found.lines == (b'{"n":1,"good":1}', b"{}")
    assert [(part.body, part.reason) for part in found.refused] == [
        (b"7", "element 2 is not a JSON object but a number"),
        (b"{}", "element 3 has another shape than the others"),
        (b"part", "element 4: half of it is bad"),
    ]
