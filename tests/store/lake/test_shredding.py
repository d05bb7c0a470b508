"""A column says of a field exactly what a rule would find in the record."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.sigma.readings import lookup
from tocsin.store.lake import shredding
from tocsin.store.lake.shredding import names_in, shredded, texts_of

NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "a.a.b", "", "."])
PLAIN = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
RECORDS = st.dictionaries(
    NAMES,
    st.recursive(
        PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_size=4,
)


def test_texts_are_as_written_and_parts_of_maps_have_dotted_names() -> None:
    maps: set[str] = set()
    assert texts_of(b'{"n": 1.0, "s":"\\u0041", "m":{"x":[1, 2],"d":{"e":null}}}', maps) == {
        "n": b"1.0",
        "s": b'"\\u0041"',
        "m.x": b"[1, 2]",
        "m.d.e": b"null",
    }
    assert maps == {"m", "m.d"}


@given(RECORDS)
def test_every_dotted_name_holds_what_a_rule_would_find_there(record) -> None:
    maps: set[str] = set()
    texts = texts_of(orjson.dumps(record), maps) or {}
    for name, text in texts.items():
        found = [record[name]] if name in record else list(lookup(record, name))
        assert found == [orjson.loads(text)]


@given(RECORDS, st.sampled_from(["a", "b", "a.b", "a.a", "b.a.a", "a.a.b", "a.b.b", "b.a.b"]))
def test_a_name_without_a_text_is_absent_a_map_or_beneath_a_list(record, name) -> None:
    maps: set[str] = set()
    texts = texts_of(orjson.dumps(record), maps) or {}
    found = [record[name]] if name in record else list(lookup(record, name))
    parts = name.split(".")
    above = [".".join(parts[:n]) for n in range(1, len(parts))]
    beneath_a_list = any(texts.get(each, b"")[:1] == b"[" for each in above)
    if name not in texts and not beneath_a_list:
        assert not found or name in maps


@pytest.mark.parametrize(
    "line",
    [b"5", b"[]", b"{", b'{"a":"\xff"}', b'{"a":' * 20 + b"1" + b"}" * 20, b'{"\\ud800":1}'],
    ids=["number", "list", "broken", "not UTF-8", "too deep", "half a character"],
)
def test_what_cannot_be_cut_is_odd(line) -> None:
    assert texts_of(line, set()) is None
    assert shredded([b"{}", line], ["a"]).odd == (1,)
    assert names_in([line]).counts == {}


def test_columns_hold_rows_and_texts() -> None:
    cut = shredded([b'{"a":1,"b":2}', b"{}", b'{"a":"x","c":3}'], ["a", "c", "never"])
    assert {name: (list(rows), texts) for name, (rows, texts) in cut.cells.items()} == {
        "a": ([0, 2], [b"1", b'"x"']),
        "c": ([2], [b"3"]),
        "never": ([], []),
    }


def test_the_frequent_fields_get_columns_and_what_tells_the_kind_always_does(monkeypatch) -> None:
    monkeypatch.setattr(shredding, "MOST_COLUMNS", 3)
    lines = [b'{"b":1,"c":1,"a":1}', b'{"c":1,"b":1}', b'{"z":1,"Channel":"x"}', b'{"%s":1}' % (b"n" * 300)]
    assert names_in(lines).chosen() == ("Channel", "b", "c")
