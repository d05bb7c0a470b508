"""Hostile text and JSON come back the same from every database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.audit.leaf import as_logged
from tocsin.store.columns import Json, Text, storable

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_storable_text_can_be_encoded_has_no_nul_and_keeps_the_rest(text):
    kept = storable(text)
    assert "\0" not in kept
    kept.encode("utf-8")
    assert storable(kept) == kept


def test_ordinary_text_is_untouched():
    assert storable("Grüße \N{FIRE}") == "Grüße \N{FIRE}"
    assert storable("plain") == "plain"


def test_a_text_column_cleans_what_it_writes_and_leaves_none_alone():
    assert Text().get_prep_value("a\0") == "a\N{REPLACEMENT CHARACTER}"
    assert Text(null=True).get_prep_value(None) is None


@given(st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_json_comes_back_as_it_was_through_ascii(value):
    kept = Json().get_prep_value(value)
    assert kept.isascii()
    assert "\0" not in kept
    back = Json().from_db_value(kept, None, None)
    # Two lone halves side by side are read back as the one character they spell.
    whole = {
        key.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"): text.encode(
            "utf-16", "surrogatepass"
        ).decode("utf-16", "surrogatepass")
        for key, text in value.items()
    }
    assert back == whole


@given(ANY_TEXT)
def test_a_row_keeps_the_text_that_the_log_keeps(text):
    assert storable(text) == as_logged(text)
