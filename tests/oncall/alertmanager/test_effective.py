"""What is written out reads back the same, in our reader and in every other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tocsin.oncall.alertmanager.document import read_document
from tocsin.oncall.alertmanager.effective import length_text, written_out
from tocsin.oncall.alertmanager.fields import free


def test_it_is_block_yaml_with_doubtful_words_quoted() -> None:
    value: dict[str, Any] = {
        "a": {"b": [1, True, "on", "x y"], "none": None},
        "list": [{"x": "1", "y": {"z": ("p",)}}, {}],
        "wait": timedelta(minutes=90),
        "empty": {},
        "nothing": [],
        "text": 'a"b\n\x85',
    }
    assert written_out(value) == (
        'a:\n  b:\n  - 1\n  - true\n  - "on"\n  - "x y"\n  none: null\n'
        'list:\n- x: "1"\n  "y":\n    z:\n    - p\n- {}\n'
        'wait: 1h30m\nempty: {}\nnothing: []\ntext: "a\\"b\\n\\U00000085"\n'
    )


def test_lengths_are_written_as_prometheus_does() -> None:
    told = [length_text(timedelta(milliseconds=each)) for each in (0, 1, 5 * 60_000, 90_061_001)]
    assert told == ["0s", "1ms", "5m", "1d1h1m1s1ms"]


_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))


@given(st.dictionaries(_TEXT, st.one_of(_TEXT, st.lists(_TEXT, max_size=3), st.dictionaries(_TEXT, _TEXT))))
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    back = free(read_document(written_out(value) or "{}", "f"))
    expected = {name: tuple(each) if isinstance(each, list) else each for name, each in value.items()}
    assert back == expected
