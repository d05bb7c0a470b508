"""XML from strangers is read without entities, without fetching anything, and not too deep."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.connectors.code_quality import markup
from tocsin.connectors.code_quality.markup import DEEPEST, LONGEST_TEXT, read_markup
from tocsin.connectors.refusal import UnknownFormat

BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
FILE = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>'


def test_tags_attributes_text_and_children_are_kept() -> None:
    root = read_markup(b"<?xml version='1.0'?><a x='1'><b>one</b><b>two</b><c><d/></c></a>")
    assert (root.tag, root.attributes, [b.text for b in root.all("b")]) == ("a", {"x": "1"}, ["one", "two"])
    assert root.first("c", "d") is not None
    assert root.first("x", "d") is None


def test_a_document_type_that_declares_nothing_is_passed_over() -> None:
    assert (
        read_markup(b'<!DOCTYPE coverage SYSTEM "http://192.0.2.1/never-fetched.dtd"><coverage/>').tag
        == "coverage"
    )


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        FILE,
        "<!DOCTYPE a [<!ELEMENT a ANY>]><a/>",
        "<a>&undefined;</a>",
        "<a>",
        "",
        "{}",
        "<a/><b/>",
        "<a" * 9,
        '<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)
def test_what_declares_or_breaks_is_refused(text: str) -> None:
    with pytest.raises(UnknownFormat):
        read_markup(text.encode())


def test_what_is_not_to_be_kept_is_dropped_and_the_rest_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    root = read_markup(b"<a><line/><b><line/></b><c><b/></c></a>", frozenset({"b"}))
    assert [child.tag for child in root.children] == ["b"]
    monkeypatch.setattr(markup, "MOST_ELEMENTS", 3)
    assert len(read_markup(b"<a>" + b"<b/>" * 3 + b"<line/>" * 9 + b"</a>", frozenset({"b"})).children) == 3
    with pytest.raises(UnknownFormat, match="more than 3 elements"):
        read_markup(b"<a>" + b"<b/>" * 4 + b"</a>")


def test_depth_and_text_are_bounded() -> None:
    assert read_markup(b"<a>" * DEEPEST + b"</a>" * DEEPEST).tag == "a"
    with pytest.raises(UnknownFormat, match="deeper"):
        read_markup(b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1))
    assert len(read_markup(b"<a>" + b"x" * 3 * LONGEST_TEXT + b"</a>").text) == LONGEST_TEXT


@given(st.binary(max_size=200) | st.text(alphabet="<>/ab='\" !?-&;[]", max_size=80).map(str.encode))
def test_no_bytes_end_otherwise_than_in_a_tree_or_a_refusal(body: bytes) -> None:
    with suppress(UnknownFormat):
        assert read_markup(body).tag
