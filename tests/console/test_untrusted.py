"""Text from outside cannot hide what it is."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tocsin.console.untrusted import capped, visible


def test_marks_that_turn_or_hide_text_are_written_out():
    assert visible("invoice\u202excod.exe") == "invoice⟨U+202E⟩xcod.exe"
    assert visible("zero\u200bwidth \x1b[31m \ud800") == "zero⟨U+200B⟩width ⟨U+001B⟩[31m ⟨U+D800⟩"
    assert visible("Grüße, 世界\n\tline") == "Grüße, 世界\n\tline"


@given(st.text(alphabet=st.characters()))
def test_nothing_invisible_is_left(text):
    kinds = {unicodedata.category(letter) for letter in visible(text) if letter not in "\n\t"}
    assert not kinds & {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def test_long_text_says_how_much_was_left_out():
    assert capped("a" * 10, 10) == "a" * 10
    assert capped("a" * 4000, 10) == "aaaaaaaaaa… (3,990 more characters)"
