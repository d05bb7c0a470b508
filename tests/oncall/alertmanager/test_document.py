"""The YAML of an alertmanager.yml is read as Alertmanager reads it, and cannot be made to explode."""

from __future__ import annotations

import pytest

from tocsin.domain.pack_file import MAX_CHARACTERS, Located, PackProblem
from tocsin.oncall.alertmanager.document import MAX_VALUES, read_document


def plain(value: Located) -> object:
    if value.kind == "map":
        return {key.text: plain(each) for key, each in value.pairs}
    if value.kind == "seq":
        return [plain(each) for each in value.members]
    return (value.kind, value.text)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("yes", "bool"),
        ("Off", "bool"),
        ("~", "null"),
        ("", "null"),
        ("0x1F", "int"),
        ("-1_000", "int"),
        ("1.5e3", "float"),
        (".inf", "float"),
        ("1m30s", "str"),
        ("'yes'", "str"),
        ("2026-11-21", "str"),
        ("09:30", "str"),
    ],
)
def test_a_plain_word_is_what_go_takes_it_for(written: str, kind: str) -> None:
    assert read_document(f"a: {written}\n", "f").pairs[0][1].kind == kind


def test_a_file_with_nothing_in_it_is_nothing() -> None:
    assert read_document("# only a remark\n", "f").kind == "null"


def test_anchors_and_merges_are_followed_and_own_keys_win() -> None:
    text = """
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one: {<<: *base, b: own}
two: {<<: [*base, *more], d: 5}
again: *base
"""
    read = plain(read_document(text, "f"))
    assert isinstance(read, dict)
    assert read["one"] == {"a": ("int", "1"), "b": ("str", "own")}
    assert read["two"] == {"a": ("int", "1"), "b": ("int", "2"), "c": ("int", "4"), "d": ("int", "5")}
    assert read["again"] == read["base"]


def test_an_anchor_set_anew_counts_from_there() -> None:
    read = plain(read_document("a: &x 1\nb: &x 2\nc: *x\n", "f"))
    assert isinstance(read, dict)
    assert read["c"] == ("int", "2")


def test_a_quoted_merge_sign_is_a_key() -> None:
    assert plain(read_document('"<<": 1', "f")) == {"<<": ("int", "1")}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\na: 2\n", "f:2:1", "twice"),
        ("a: [1\n", "f:2:1", "not YAML"),
        ("a: \x00", "f:1:1", "character YAML forbids"),
        ("a: !colour red\n", "f:1:4", "tag"),
        ("a: &x [*x]\n", "f:1:4", "contains itself"),
        ("? [1]\n: 2\n", "f:1:3", "a key must be a text"),
        ("<<: 5\n", "f:1:5", "`<<` takes a mapping"),
        ("a: *nobody\n", "f:1:4", "not YAML"),
        ("[" * 4000, "f:1:1", "nested too deeply"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(PackProblem) as caught:
        read_document(text, "f")
    assert caught.value.happened.startswith(f"{place}: ")
    assert words in caught.value.happened


def test_a_file_is_not_longer_than_people_write() -> None:
    with pytest.raises(PackProblem, match="characters, more than"):
        read_document("#" * (MAX_CHARACTERS + 1), "f")


def test_nested_aliases_do_not_multiply_without_end() -> None:
    lines = ["l0: &l0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 9)}]" for at in range(1, 30)]
    with pytest.raises(PackProblem, match=f"more than {MAX_VALUES} values"):
        read_document("\n".join(lines), "f")
