"""Tests of reading pack files: each value has its place, each mistake says where and what to do."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.pack_file import MAX_CHARACTERS, Located, PackProblem, parse


def value(written: str) -> Located:
    return parse(f"key: {written}\n", "triage.yml").mapping(("key",))["key"]


def test_a_problem_names_file_line_column_and_what_to_do() -> None:
    with pytest.raises(PackProblem) as caught:
        parse("first: 1\nsecond:\n  wrong: 2\n", "packs/x.yml").mapping(("first", "second"))[
            "second"
        ].mapping(("right",))
    problem = caught.value
    assert (problem.path, problem.line, problem.column) == ("packs/x.yml", 3, 3)
    assert problem.explain() == (
        "packs/x.yml:3:3: the key `wrong` is not known here.\n"
        "Nothing of this file is loaded; a server that runs keeps what it has.\n"
        "Use one of: right."
    )


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        pytest.param("a: 1\na: 2\n", (2, 1), "stands here twice", id="a key that stands twice"),
        pytest.param("a: [1, 2\nb: 3\n", (2, 2), "not YAML", id="a list that is not closed"),
        pytest.param("a: 'open\n", (2, 1), "not YAML", id="a quote that is not closed"),
        pytest.param("a: 1\n---\nb: 2\n", (2, 1), "not YAML", id="two documents"),
        pytest.param("a: &x [1]\nb: *x\n", (1, 4), "alias", id="an alias"),
        pytest.param("a: !python/name x\n", (1, 4), "tag", id="a tag of its own"),
        pytest.param("a: \x07\n", (1, 1), "character YAML forbids", id="a control character"),
        pytest.param("? [a]\n: 1\n", (1, 3), "a text is expected", id="a key that is a list"),
        pytest.param("1: 2\n", (1, 1), "a text is expected", id="a key that is a number"),
        pytest.param("a:\n  " + "[" * 20_000, (2, 102), "nested too deeply", id="nesting without end"),
        pytest.param(
            "#" * (MAX_CHARACTERS + 1), (1, 1), "characters, more than", id="a file that is too long"
        ),
    ],
)
def test_a_file_with_a_mistake_is_refused_at_its_place(text: str, place: tuple[int, int], said: str) -> None:
    with pytest.raises(PackProblem, match=said) as caught:
        parse(text, "x.yml")
    assert (caught.value.line, caught.value.column) == place


def test_yaml_1_2_leaves_on_yes_times_and_dates_as_texts() -> None:
    root = parse("on: yes\nat: 12:30\nday: 2026-12-25\n", "x.yml")
    assert [(key.text, written.string()) for key, written in root.entries()] == [
        ("on", "yes"),
        ("at", "12:30"),
        ("day", "2026-12-25"),
    ]


def test_an_empty_file_is_null() -> None:
    assert parse("# nothing\n", "x.yml").is_null
    with pytest.raises(PackProblem, match="a mapping is expected here, found nothing"):
        parse("", "x.yml").entries()


def test_a_missing_key_is_named() -> None:
    assert parse("type: drift\n", "x.yml").mapping(("type",), required=("type",))["type"].text == "drift"
    with pytest.raises(PackProblem, match="the key `type` is missing"):
        parse("severity: P1\n", "x.yml").mapping(("type", "severity"), required=("type",))


def test_right_values_are_read() -> None:
    assert value("text").string() == "text"
    assert value("[a, b]").strings() == ("a", "b")
    assert value("P1").choice(("P1", "P2")) == "P1"
    assert value("true").boolean() is True
    assert value("False").boolean() is False
    assert value("4").number() == 4.0
    assert value("6.9").number() == 6.9
    assert value("null").is_null
    assert value("Europe/Berlin").zone().key == "Europe/Berlin"
    assert value('"09:05"').time_of_day() == time(9, 5)
    assert value("2026-12-25").day() == date(2026, 12, 25)


@pytest.mark.parametrize(
    ("written", "reader"),
    [
        pytest.param("text", Located.sequence, id="a text is not a list"),
        pytest.param("7", Located.string, id="a number is not a text"),
        pytest.param("' '", Located.string, id="blanks are not a text"),
        pytest.param("[1]", Located.strings, id="a list of numbers is not one of texts"),
        pytest.param("yes", Located.boolean, id="yes is a text in YAML 1.2"),
        pytest.param("high", Located.number, id="a word is not a number"),
        pytest.param("0x1F", Located.number, id="a hexadecimal number is not decimal"),
        pytest.param("Mars/Olympus", Located.zone, id="a zone nobody knows"),
        pytest.param("../etc/passwd", Located.zone, id="a zone that is a path"),
        pytest.param("24:00", Located.time_of_day, id="an hour too late"),
        pytest.param("9:00", Located.time_of_day, id="an hour of one digit"),
        pytest.param("2026-02-30", Located.day, id="a day that does not exist"),
        pytest.param("5 minutes", Located.duration, id="a length in words"),
        pytest.param("5", Located.duration, id="a length without unit"),
        pytest.param('""', Located.duration, id="no length"),
        pytest.param("1m1h", Located.duration, id="units in the wrong order"),
    ],
)
def test_wrong_values_are_refused_with_their_place(written: str, reader: object) -> None:
    with pytest.raises(PackProblem) as caught:
        reader(value(written))  # type: ignore[operator]
    assert caught.value.line == 1
    assert caught.value.column >= 6
    assert caught.value.next_step


def test_a_choice_lists_what_is_possible() -> None:
    with pytest.raises(PackProblem) as caught:
        value("P9").choice(("P1", "P2"))
    assert caught.value.next_step == "Use one of: P1, P2."


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("0m", timedelta()),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1w1d", timedelta(days=8)),
    ],
)
def test_a_length_of_time_is_read(written: str, length: timedelta) -> None:
    assert value(written).duration() == length


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused_as_a_problem(text: str) -> None:
    try:
        place = parse(text, "x.yml")
    except PackProblem as problem:
        place = Located(path=problem.path, line=problem.line, column=problem.column, kind="null")
    assert min(place.line, place.column) >= 1


def test_a_key_that_stands_twice_may_be_told_and_the_first_counts() -> None:
    told: list[PackProblem] = []
    root = parse("a: 1\na: {b: 2, b: 3}\nc: 4\n", "x.yml", twice=told.append)
    assert [(problem.line, problem.column) for problem in told] == [(2, 11), (2, 1)]
    assert [(key.text, value.text) for key, value in root.entries()] == [("a", "1"), ("c", "4")]
