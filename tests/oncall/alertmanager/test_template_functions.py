"""Functions give what Go's and Alertmanager's give, and refuse what could hurt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.oncall.alertmanager.template_functions import (
    FUNCTIONS,
    MAX_TEXT,
    Html,
    Refused,
    escaped,
    is_true,
    spoken,
)
from tocsin.oncall.alertmanager.template_view import NEVER, AlertView, AlertViews, Pair, Pairs, Texts, View

NOW = datetime(2026, 11, 21, 14, 5, 6, tzinfo=UTC)
LABELS = Texts({"a": "1"})


VIEW = View(
    receiver="r",
    status="firing",
    alerts=AlertViews(),
    group_labels=LABELS,
    common_labels=LABELS,
    common_annotations=LABELS,
    external_url="",
)


def call(name: str, *values: Any) -> Any:
    return FUNCTIONS[name][0](*values)


@pytest.mark.parametrize(
    ("name", "values", "outcome"),
    [
        ("toUpper", ("a",), "A"),
        ("toLower", ("A",), "a"),
        ("title", ("hELLO don't x-ray 3com",), "Hello Don't X-Ray 3Com"),
        ("trimSpace", (" a\n",), "a"),
        ("join", (", ", ("a", "b")), "a, b"),
        ("match", ("^a.c$", "abc"), True),
        ("match", ("x", "abc"), False),
        ("reReplaceAll", ("(a)( )?", "${1}-$2$3$9$$", "ab"), "a-$b"),
        ("reReplaceAll", ("(?P<n>a)", "[$n]$nn", "ab"), "[a]b"),
        ("stringSlice", ("a", "b"), ("a", "b")),
        ("len", ("é",), 2),
        ("len", (LABELS,), 1),
        ("len", (("a", "b"),), 2),
        ("index", (LABELS, "a"), "1"),
        ("index", (LABELS, "b"), ""),
        ("index", (("x", "y"), 1), "y"),
        ("index", ("abc", 1), 98),
        ("eq", ("a", "b", "a"), True),
        ("eq", (1, 2), False),
        ("ne", ("a", "b"), True),
        ("lt", (1, 2), True),
        ("le", ("a", "a"), True),
        ("gt", (1, 2), False),
        ("ge", (2, 2), True),
        ("not", ("",), True),
        ("print", (1, 2, "a", 3, True), "1 2a3 true"),
        ("println", ("a", 1), "a 1\n"),
        ("html", ("<'\"&>",), "&lt;&#39;&#34;&amp;&gt;"),
        ("safeHtml", ("<b>",), "<b>"),
        ("js", ("a<'\n",), "a\\u003C\\'\\u000A"),
        ("urlquery", ("a b&/",), "a+b%26%2F"),
        ("date", ("15:04", NOW), "14:05"),
        ("tz", ("Europe/Berlin", NOW), NOW),
        ("printf", ("%s|%5d|%-4d|%04d|%%", "a", 3, 4, 5), "a|    3|4   |0005|%"),
        ("printf", ("%v %v %q %t %x %x %.2f %f %c", None, LABELS, 'a"', True, 255, "hi", 1.5, 0.5, 65),
         '<no value> map[a:1] "a\\"" true ff 6869 1.50 0.500000 A'),
        ("printf", ("%d %s %t %z", "x", 1, "y", 2), "%!d(string=x) %!s(int=1) %!t(string=y) %!z(int=2)"),
        ("printf", ("%s", LABELS), "map[a:1]"),
        ("printf", ("%s %s", "a"), "a %!s(MISSING)"),
        ("printf", ("a", "b", 1, None), "a%!(EXTRA string=b, int=1, value=<no value>)"),
        ("printf", ("%.1s", "abc"), "a"),
    ],
)  # fmt: skip
def test_a_function_gives_what_upstreams_gives(name: str, values: tuple[Any, ...], outcome: object) -> None:
    assert call(name, *values) == outcome


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("toUpper", (1,)),
        ("join", (", ", "abc")),
        ("join", (", ", (1,))),
        ("match", ("(", "a")),
        ("reReplaceAll", ("a", "b" * 1000, "a" * 1000)),
        ("len", (3,)),
        ("index", (("a",), 1)),
        ("index", (("a",), -1)),
        ("index", (("a",), "a")),
        ("index", ("abc", 3)),
        ("index", (5, 1)),
        ("eq", (VIEW, VIEW)),
        ("eq", ("a",)),
        ("eq", ("a", 1)),
        ("eq", (LABELS, LABELS)),
        ("lt", (True, False)),
        ("date", ("15:04", "now")),
        ("tz", ("Mars/Olympus", NOW)),
        ("tz", ("../etc/passwd", NOW)),
        ("printf", ("%9999d", 1)),
        ("printf", ("%.9999f", 1.5)),
    ],
)
def test_what_makes_no_sense_or_grows_is_refused(name: str, values: tuple[Any, ...]) -> None:
    with pytest.raises(Refused):
        call(name, *values)


def test_values_print_as_in_go() -> None:
    told = [
        spoken(each)
        for each in ("a", True, False, None, NOW, 1.5, 3, ("a", 1), Pairs((Pair("a", "1"),)), Html("<b>"))
    ]
    assert told == [
        "a", "true", "false", "<no value>", "2026-11-21 14:05:06 +0000 UTC", "1.5", "3", "[a 1]", "[{a 1}]",
        "<b>",
    ]  # fmt: skip


def test_an_alert_prints_as_its_fields() -> None:
    alert = AlertView(
        status="firing",
        labels=LABELS,
        annotations=Texts(),
        starts_at=NOW,
        ends_at=NEVER,
        generator_url="http://g",
        fingerprint="f",
    )
    times = "2026-11-21 14:05:06 +0000 UTC 0001-01-01 00:00:00 +0000 UTC"
    assert spoken((alert,)) == f"[{{firing map[a:1] map[] {times} http://g f}}]"


def test_empty_is_false_and_a_thing_is_true() -> None:
    assert [is_true(each) for each in ("", 0, (), Texts(), False, None)] == [False] * 6
    assert [is_true(each) for each in ("a", 1, (1,), LABELS, True, NOW)] == [True] * 6


def test_what_html_reads_is_escaped() -> None:
    assert escaped("<a href='x'>") == "&lt;a href=&#39;x&#39;&gt;"
    assert isinstance(call("html", "<"), Html)
    assert MAX_TEXT > 65_536
