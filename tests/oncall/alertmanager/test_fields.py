"""Single values are read as Alertmanager reads them, and shown without secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager import fields
from tocsin.oncall.alertmanager.document import read_document
from tocsin.oncall.alertmanager.fields import SECRET, Field, Secrecy, shown, struct, structs


def written(text: str) -> Located:
    return read_document(f"a: {text}\n", "f").pairs[0][1]


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (fields.text, "12", "12"),
        (fields.text, "yes", "yes"),
        (fields.text, "~", ""),
        (fields.flag, "on", True),
        (fields.flag, "No", False),
        (fields.flag, "", False),
        (fields.whole, "-100", -100),
        (fields.whole, "010", 8),
        (fields.whole, "-010", -8),
        (fields.whole, "0x1f", 31),
        (fields.whole, "1_000", 1000),
        (fields.whole, "1e3", 1000),
        (fields.whole, "", 0),
        (fields.count, "3", 3),
        (fields.length, "1ms", timedelta(milliseconds=1)),
        (fields.length, "1h30m", timedelta(hours=1, minutes=30)),
        (fields.length, "1y2w3d", timedelta(days=365 + 14 + 3)),
        (fields.length, "0", timedelta(0)),
        (fields.length, "", timedelta(0)),
        (fields.go_length, "1.5h30s", "1.5h30s"),
        (fields.go_length, "~", ""),
        (fields.url, "https://u:p@h:8/x?y=%zz#f", "https://u:p@h:8/x?y=%zz#f"),
        (fields.url, "HTTP://[::1]:80", "HTTP://[::1]:80"),
        (fields.url, "~", None),
        (fields.secret_url, "<secret>", SECRET),
        (fields.secret_url, "http://h", "http://h"),
        (fields.host_port, "'[::1]:25'", "[::1]:25"),
        (fields.host_port, "mail:smtp", "mail:smtp"),
        (fields.host_port, "", ""),
        (fields.texts, "[a, 1]", ("a", "1")),
        (fields.texts, "", ()),
        (fields.text_map, "{x: 1, y: ~}", {"x": "1", "y": ""}),
        (fields.text_map, "", {}),
        (fields.label_name, "größe", "größe"),
        (fields.free, "{x: [1, yes, ~, a, 1.5]}", {"x": (1, True, None, "a", "1.5")}),
    ],
)
def test_a_value_is_read(read: Callable[[Located], Any], text: str, value: object) -> None:
    assert read(written(text)) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (fields.text, "[a]"),
        (fields.text, "{a: b}"),
        (fields.flag, "perhaps"),
        (fields.flag, "1"),
        (fields.whole, "many"),
        (fields.whole, "9223372036854775808"),
        (fields.whole, ".inf"),
        (fields.whole, "09"),
        (fields.whole, "'5'"),
        (fields.count, "-1"),
        (fields.length, "5"),
        (fields.length, "5m1h"),
        (fields.length, "1.5h"),
        (fields.length, "''"),
        (fields.length, "300y"),
        (fields.length, "999999999y"),
        (fields.go_length, "1x"),
        (fields.url, "ftp://h"),
        (fields.url, "http://"),
        (fields.url, "http://h:port"),
        (fields.url, "http://h/%zz"),
        (fields.url, "'http://h/a b\x7f'"),
        (fields.url, "secret"),
        (fields.host_port, "mail"),
        (fields.host_port, "'mail:'"),
        (fields.texts, "a"),
        (fields.text_map, "a"),
        (fields.label_name, "''"),
        (fields.matchers, "['a=~(']"),
    ],
)
def test_a_mistake_is_named_with_its_place(read: Callable[[Located], Any], text: str) -> None:
    with pytest.raises(PackProblem) as caught:
        read(written(text))
    assert caught.value.happened.startswith("f:1:")


def test_matchers_of_several_texts_stand_in_order() -> None:
    read = fields.matchers(written("['b=c', '{a=~d, a=d}']"))
    assert [each.text for each in read] == ['a="d"', 'a=~"d"', 'b="c"']


def test_a_mapping_has_known_keys_and_leaves_out_what_is_nothing() -> None:
    known = {"url": Field(read=fields.url), "name": Field(read=fields.text)}
    assert fields.settings(written("{url: ~, name: x}"), known) == {"name": "x"}
    with pytest.raises(PackProblem, match="colour"):
        fields.settings(written("{colour: red}"), known)


def test_what_is_shown_holds_no_secret() -> None:
    inner = {
        "token": Field(read=fields.text, secrecy=Secrecy.HIDDEN),
        "tokens": Field(read=fields.text_map, secrecy=Secrecy.HIDDEN),
        "lists": Field(read=fields.texts, secrecy=Secrecy.HIDDEN),
        "url": Field(read=fields.secret_url, secrecy=Secrecy.HOST),
        "name": Field(read=fields.text),
    }
    about = struct({"one": struct(inner), "many": structs(inner)})
    read = about.read(
        written(
            "{one: {token: t0p, tokens: {x: t0p, y: ''}, lists: [t0p],"
            " url: 'https://u:t0p@h/t0p?t0p', name: n},"
            " many: [{url: 'http://h/', token: ''}, {url: 'http://h'}, {url: 'http://h?t0p'},"
            " {url: <secret>}]}"
        )
    )
    assert read["one"]["url"] == "https://u:t0p@h/t0p?t0p"
    assert shown(read, about) == {
        "one": {
            "token": SECRET,
            "tokens": {"x": SECRET, "y": ""},
            "lists": (SECRET,),
            "url": f"https://h/{SECRET}",
            "name": "n",
        },
        "many": (
            {"url": "http://h/", "token": ""},
            {"url": "http://h"},
            {"url": f"http://h/{SECRET}"},
            {"url": SECRET},
        ),
    }
    assert about.members["one"].read(written("")) is None
    assert shown("", inner["url"]) == ""
