"""Conditions answer as people read them, and texts are filled in once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.domain.expressions import (
    ExpressionWrong,
    ages_in,
    evaluate,
    expressions_in,
    holds,
    names_in,
    parse,
    render,
    text_of,
)

NAMES: dict[str, Any] = {
    "pattern": {"source": "single-ip", "src_ips": ["192.0.2.1", "192.0.2.2"], "count": "7"},
    "breached": {"accounts": []},
    "incident": {"age": timedelta(minutes=31), "severity": "P1", "title": "Logins fail"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pattern.source in ['single-ip', 'small-range']", True),
        ("pattern.source not in ['single-ip']", False),
        ("breached.accounts", False),
        ("not breached.accounts", True),
        ("pattern.src_ips", True),
        ("nobody.knows.this", False),
        ("nobody.knows != 'none'", True),
        ("pattern.source.deeper", False),
        ("incident.age > 30m", True),
        ("incident.age < 30m", False),
        ("incident.age >= 31m and incident.age <= 31m", True),
        ("incident.age > 30", False),
        ("'30m' > incident.age", False),
        ("pattern.count > 5", True),
        ("8 > pattern.count", True),
        ("pattern.count == 7", True),
        ("7 in [pattern.count]", True),
        ("true == 1", True),
        ("pattern.source == 7", False),
        ("'fail' in incident.title", True),
        ("7 in incident.title", False),
        ("'source' in pattern", True),
        ("'x' in nobody.knows", False),
        ("'x' not in nobody.knows", True),
        ("pattern.source == 'distributed' or incident.severity == 'P1'", True),
        ("pattern.source == 'distributed' and incident.severity == 'P1'", False),
    ],
)
def test_a_condition_answers_as_it_reads(text: str, *, expected: bool) -> None:
    assert holds(parse(text), NAMES) is expected


def test_a_bare_name_gives_its_value() -> None:
    assert evaluate(parse("pattern.src_ips"), NAMES) == ["192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{ pattern.src_ips }}", ["192.0.2.1", "192.0.2.2"]),
        (" {{pattern.src_ips}} ", ["192.0.2.1", "192.0.2.2"]),
        ("from {{ pattern.src_ips }} after {{ incident.age }}", "from 192.0.2.1, 192.0.2.2 after 31m"),
        ("{{ pattern.source }} {{ nobody.knows }}", "single-ip "),
        ({"ips": "{{ pattern.src_ips }}", "n": 5}, {"ips": ["192.0.2.1", "192.0.2.2"], "n": 5}),
        (("{{ incident.severity }}", "x"), ["P1", "x"]),
        ("{ no hole }", "{ no hole }"),
    ],
)
def test_holes_are_filled_and_a_whole_hole_keeps_its_type(value: object, expected: object) -> None:
    assert render(value, NAMES) == expected


def test_what_eve_writes_into_a_title_is_never_read_as_an_expression() -> None:
    names = {"alert": {"title": "{{ incident.severity }}"}, "incident": {"severity": "P1"}}
    assert render("{{ alert.title }}", names) == "{{ incident.severity }}"
    assert render("title: {{ alert.title }}", names) == "title: {{ incident.severity }}"


def test_a_wrong_hole_is_refused() -> None:
    with pytest.raises(ExpressionWrong):
        render("{{ a b }}", {})
    with pytest.raises(ExpressionWrong):
        tuple(expressions_in(["{{ }}"]))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        ([1, "b"], "1, b"),
        (timedelta(days=1, seconds=61), "1d1m1s"),
        (timedelta(), "0s"),
        (datetime(2026, 3, 1, 9, tzinfo=UTC), "2026-03-01T09:00:00Z"),
        ({"b": timedelta(hours=1), "a": 1}, '{"a": 1, "b": "1h"}'),
        (4.5, "4.5"),
    ],
)
def test_values_have_words(value: object, expected: str) -> None:
    assert text_of(value) == expected


def test_the_names_and_holes_of_a_value_are_found() -> None:
    found = expressions_in({"a": ["{{ x.y == 'z' }} and {{ (q) }}"], "b": 4})
    assert [names_in(each) for each in found] == [{"x.y"}, {"q"}]
    assert names_in(parse("not a or [b, c.d] == 5 and 'e' in f")) == {"a", "b", "c.d", "f"}


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
@pytest.mark.parametrize("text", ["incident.age {} 30m", "30m {} incident.age"])
def test_asking_again_at_the_ages_named_misses_no_change(text: str, sign: str) -> None:
    condition = parse(text.format(sign))
    ages = ages_in(condition)
    moment = timedelta(microseconds=1)
    for quarter in range(-2, 3):
        age = timedelta(minutes=30) + quarter * moment
        last_asked = max((each for each in (*ages, timedelta()) if each <= age), default=timedelta())
        now = holds(condition, {"incident": {"age": age}})
        assert now == holds(condition, {"incident": {"age": last_asked}})


def test_only_comparisons_with_the_incidents_age_are_asked_again() -> None:
    assert ages_in(parse("a > 5m or incident.age or 'x' == 'y'")) == ()
    assert ages_in(parse("a and (incident.age >= 1h or incident.age >= 30m)")) == (
        timedelta(minutes=30),
        timedelta(hours=1),
    )
