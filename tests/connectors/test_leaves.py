"""Values are taken out of hostile JSON without stumbling."""

from __future__ import annotations

import pytest

from tocsin.connectors.leaves import decoded_form, decoded_object, label, leaf, line_of, text, url, word
from tocsin.connectors.refusal import NotJson

FOUND = {"a": {"b": "x", "n": 7, "f": 1.5, "t": True, "l": [1], "z": None}, "s": "no object"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"7", b"[" * 2000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        decoded_object(body)


def test_a_form_is_read_and_anything_else_refused() -> None:
    assert decoded_form(b"a=1&b=%C3%A9&c=") == {"a": "1", "b": "é", "c": ""}
    for body in (b"no form", b"\xff=\xff", b"a=1&" * 2000):
        with pytest.raises(NotJson):
            decoded_form(body)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("a", "b"), "x"), (("a", "z"), None), (("s", "b"), None), (("q",), None), (("a", "l", "0"), None)],
)
def test_what_is_not_there_is_none(path: tuple[str, ...], value: object) -> None:
    assert leaf(FOUND, *path) == value


@pytest.mark.parametrize(
    ("name", "value"), [("b", "x"), ("n", "7"), ("f", "1.5"), ("t", ""), ("l", ""), ("z", "")]
)
def test_texts_and_numbers_are_words(name: str, value: str) -> None:
    assert word(FOUND, "a", name) == value


def test_labels_are_one_bounded_line_and_texts_are_bounded() -> None:
    hostile = {"x": "a\r\nb\u202e\0" + "y" * 9000}
    assert label(hostile, "x").startswith("a byyy")
    assert (len(label(hostile, "x")), len(text(hostile, "x"))) == (512, 4000)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://a.example/x", True),
        ("http://a", True),
        ("javascript:alert(1)", False),
        ("https://a b", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_links(address: str, kept: bool) -> None:
    assert url({"u": address}, "u") == (address if kept else "")


def test_a_line_is_written_unless_it_nests_too_deeply() -> None:
    deep: dict[str, object] = {}
    for _ in range(400):
        deep = {"n": deep}
    assert line_of({"a": "b\nc"}) == b'{"a":"b\\nc"}'
    with pytest.raises(NotJson):
        line_of(deep)
