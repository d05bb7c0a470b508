"""A block in which a word stands is never ruled out, and most others are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.columns.grams import SIZE, Words, grams


def may_hold(words, *blocks: bytes) -> list[bool]:
    return Words(words).blocks([grams(block) for block in blocks]).tolist()


def test_only_blocks_with_all_groups_of_a_word_may_hold_it() -> None:
    blocks = (b'{"a":"x sekurlsa::logon"}', b'{"a":"SekurLSA:: x"}', b'{"a":"logon"}', b"")
    assert may_hold(["sekurlsa::logon"], *blocks) == [True, False, False, False]
    assert may_hold(["sekurlsa::logon", "sekurlsa::"], *blocks) == [True, True, False, False]


def test_a_word_without_a_group_may_stand_anywhere() -> None:
    for words in (["abc"], ["ab12cd"], ["mimikatz", "p::"], []):
        assert may_hold(words, b"nothing", b"") == [True, True]


@pytest.mark.parametrize(
    "block",
    [
        b'{"a":"MIMIKATZ"}',
        b'{"a":"mimi\\u006Batz"}',
        b'{"a":"mimi\\u212aatz"}',
        '{"a":"é mimi\u212aatz"}'.encode(),
        b'{"a":"\\\\u006bx\\u006Dimikatz"}',
        b'{"a":"other"}\n{"a":"mimikat\\u007A"}\n{"a":"\xff"}',
    ],
)
def test_folded_and_escaped_characters_hide_no_word(block) -> None:
    assert may_hold(["mimikatz"], block) == [True]


def test_bits_have_one_size_and_long_blocks_are_seen_to_their_end() -> None:
    long = b"x" * 65_534 + b"mimikatz" + "é".encode() * 70_000 + b"kirbi"
    assert len(grams(long)) == len(grams(b"")) == SIZE
    assert may_hold(["mimikatz"], long) == [True]
    assert may_hold(["kirbi"], long) == [True]


_LETTERS = st.sampled_from([*"mika:-", "K", "ſ", "ﬁ", '"', "\\", "é", "M"])


@given(st.text(_LETTERS, max_size=12), st.integers(0, 8), st.integers(4, 8), st.booleans())
def test_no_block_with_a_word_is_ruled_out(value, start, length, escaped) -> None:
    word = value.casefold()[start : start + length]
    if len(word) >= 4 and word.isascii() and not set(word) & {'"', "\\"}:
        line = json.dumps({"a": value}, ensure_ascii=escaped).encode()
        assert may_hold([word], line) == [True]
