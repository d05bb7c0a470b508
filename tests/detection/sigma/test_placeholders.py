"""Placeholders become the rows of tables, with their types and their times (S23, E6)."""

from __future__ import annotations

import pytest

from tocsin.detection.problems import Place, RuleRejected
from tocsin.detection.sigma import placeholders, tables
from tocsin.detection.sigma.document import Leaf
from tocsin.detection.sigma.extension import Lookup
from tocsin.detection.sigma.moments import ALWAYS
from tocsin.detection.sigma.placeholders import Placeholders
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.tree import All, Not

HERE, THERE = Place(4, 5), Place(9, 1)
TABLES = tables.read(
    [
        ("a.yml", "name: ports\nvalues: [22, 80]\n"),
        (
            "b.yml",
            "name: roles\nkey: arn\nrows:\n"
            "  - {arn: a, team: t, from: '1970-01-01T00:00:01Z', until: '1970-01-01T00:00:03Z'}\n"
            "  - {arn: b, from: '1970-01-01T00:00:02Z'}\n"
            "  - {arn: c, until: '1970-01-01T00:00:01Z'}\n",
        ),
    ],
    [("c.yml", "name: hours\nweekly: {monday: '09:00-10:00'}\n")],
)
SECOND = 1_000_000


def using(*lookups: Lookup) -> Placeholders:
    return Placeholders(TABLES, lookups, THERE)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("plain", ["plain"]),
        (5, [5]),
        (None, [None]),
        ("100 % of %", ["100 % of %"]),
        ("%ports%", [22, 80]),
        ("x%ports%", ["x22", "x80"]),
        ("%ports%x", ["22x", "80x"]),
        ("%ports%:%ports%", ["22:22", "22:80", "80:22", "80:80"]),
    ],
)
def test_a_value_becomes_those_of_its_tables(written: str | int | None, values: list[object]) -> None:
    found = using().expand(Leaf(written, HERE))
    assert [each.leaf.value for each in found] == values
    assert {each.valid for each in found} == {ALWAYS}
    assert {each.leaf.place for each in found} == {HERE}


def test_a_look_up_chooses_the_column_and_asks_when() -> None:
    found = using(Lookup(table="roles", key="team", at_event_time=True)).expand(Leaf("%roles%", HERE))
    assert [(each.leaf.value, each.valid) for each in found] == [("t", (SECOND, 3 * SECOND))]


def test_two_rows_count_together_while_both_are_valid() -> None:
    asked = using(Lookup(table="roles", at_event_time=True))
    found = asked.expand(Leaf("%roles%-%roles%", HERE))
    assert {each.leaf.value: each.valid for each in found} == {
        "a-a": (SECOND, 3 * SECOND),
        "a-b": (2 * SECOND, 3 * SECOND),
        "b-a": (2 * SECOND, 3 * SECOND),
        "b-b": (2 * SECOND, None),
        "c-c": (None, SECOND),
    }
    assert asked.asks_time


def test_without_a_look_up_all_rows_count_and_that_is_remarked() -> None:
    asked = using()
    assert [each.leaf.value for each in asked.expand(Leaf("%roles%", HERE))] == ["a", "b", "c"]
    assert [place for place, _ in asked.remarks] == [HERE]
    assert not asked.asks_time


def test_what_was_used_is_known_by_its_version() -> None:
    asked = using(Lookup(outside="hours"))
    assert asked.versions == ()
    asked.expand(Leaf("%ports%", HERE))
    asked.timed(Predicate("f", Op.EQUALS, "x"))
    assert asked.versions == (
        ("calendar hours", TABLES.calendars["hours"].version),
        ("table ports", TABLES.tables["ports"].version),
    )


@pytest.mark.parametrize(
    ("lookups", "written", "place", "words"),
    [
        ((), "%gone%", HERE, "`%gone%` is not resolved"),
        ((Lookup(table="gone"),), "", THERE, "`%gone%` is not resolved"),
        ((Lookup(table="ports", key="gone"),), "%ports%", THERE, "no column `gone`"),
    ],
)
def test_what_is_not_there_is_refused(
    lookups: tuple[Lookup, ...], written: str, place: Place, words: str
) -> None:
    with pytest.raises(RuleRejected) as caught:
        using(*lookups).expand(Leaf(written, HERE))
    assert words in caught.value.happened
    assert caught.value.place == place


def test_a_rule_may_lie_inside_one_calendar_and_outside_another() -> None:
    tree = Predicate("f", Op.EQUALS, "x")
    hours = Predicate(None, Op.CALENDAR, TABLES.calendars["hours"].to_text())
    assert using(Lookup(table="ports")).timed(tree) is tree
    assert using(Lookup(inside="hours")).timed(tree) == All((tree, hours))
    assert using(Lookup(outside="hours")).timed(tree) == All((tree, Not(hours)))
    assert using(Lookup(inside="hours", outside="hours")).timed(tree) == All((tree, hours, Not(hours)))


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(RuleRejected, match="no calendar `gone`"):
        using(Lookup(inside="gone")).timed(Predicate("f", Op.EQUALS, "x"))


def test_placeholders_stay_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placeholders, "MOST_EXPANDED", 3)
    with pytest.raises(RuleRejected, match="more than 3 values"):
        using().expand(Leaf("%ports%%ports%", HERE))
