"""Lookup tables and calendars are read whole, and what is wrong is told with its place."""

from __future__ import annotations

import pytest

from tocsin.detection.problems import RuleProblem
from tocsin.detection.sigma.moments import ALWAYS
from tocsin.detection.sigma.tables import Calendar, LookupTable, read

TABLE = """name: roles
description: Who may.
key: [arn]
rows:
  - {arn: a, team: web, from: '2026-01-01T00:00:00Z'}
  - {arn: b, from: '2026-01-01T00:00:00+01:00', until: '2026-02-01T00:00:00Z'}
  - {arn: 5}
"""
CALENDAR = """name: hours
zone: Europe/Berlin
weekly:
  monday-friday: ["09:00-12:00", "13:00-17:30"]
  saturday: "22:00-06:00"
  sunday: "00:00-24:00"
holidays: [2026-12-24/2026-12-26, 2027-01-01]
"""


def table(text: str) -> LookupTable:
    found = read([("t.yml", text)], [])
    assert found.problems == ()
    (only,) = found.tables.values()
    return only


def calendar(text: str) -> Calendar:
    found = read([], [("c.yml", text)])
    assert found.problems == ()
    (only,) = found.calendars.values()
    return only


def test_a_table_is_read_whole() -> None:
    found = table(TABLE)
    assert (found.name, found.key, found.columns) == ("roles", ("arn",), ("arn", "team"))
    assert [row.cells for row in found.rows] == [{"arn": "a", "team": "web"}, {"arn": "b"}, {"arn": 5}]
    start = 1_767_225_600_000_000
    assert [row.valid for row in found.rows] == [
        (start, None),
        (start - 3_600_000_000, 1_769_904_000_000_000),
        ALWAYS,
    ]


def test_values_are_those_of_a_column_and_of_a_moment() -> None:
    found = table(TABLE)
    assert list(found.values()) == ["a", "b", 5]
    assert list(found.values(at=0)) == [5]
    assert list(found.values("team")) == ["web"]


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("name: t\nvalues: [a, 1]\n", ("value",), ["a", 1]),
        ("name: t\nkey: x\nvalues: [a]\n", ("x",), ["a"]),
        ("name: t\nkey: x\nrows: []\n", ("x",), []),
        ("name: t\nrows: [{value: a}]\n", ("value",), ["a"]),
    ],
)
def test_short_tables_are_lists(text: str, key: tuple[str, ...], values: list[object]) -> None:
    assert (table(text).key, list(table(text).values())) == (key, values)


def test_the_version_is_the_digest_of_the_content() -> None:
    assert table(TABLE).version == table("# a remark\n" + TABLE).version
    assert table(TABLE).version != table(TABLE.replace("arn: a", "arn: c")).version
    assert calendar(CALENDAR).version != calendar(CALENDAR.replace("17:30", "17:00")).version


def test_a_calendar_is_read_whole() -> None:
    found = calendar(CALENDAR)
    assert (found.name, found.zone) == ("hours", "Europe/Berlin")
    assert found.hours[:2] == ((540, 720), (780, 1_050))
    assert found.hours[-2:] == ((5 * 1_440 + 1_320, 6 * 1_440 + 360), (6 * 1_440, 7 * 1_440))
    assert len(found.hours) == 12
    assert [first.isoformat() for first, _ in found.holidays] == ["2026-12-24", "2027-01-01"]
    assert found.to_text().startswith('["Europe/Berlin",[[540,720]')
    assert len(calendar(CALENDAR.replace("[2026-12-24/2026-12-26, 2027-01-01]", "2027-01-01")).holidays) == 1
    wrapped = calendar("name: n\nweekly: {saturday-monday: '00:00-01:00'}\n")
    assert wrapped.hours == ((0, 60), (7_200, 7_260), (8_640, 8_700))
    bare = calendar("name: n\nweekly: {monday: '09:00-10:00'}\n")
    assert (bare.zone, bare.holidays) == ("UTC", ())


def test_of_equal_names_the_last_wins() -> None:
    found = read([("a.yml", "name: t\nvalues: [a]\n---\nname: t\nvalues: [b]\n")], [])
    assert list(found.tables["t"].values()) == ["b"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- a\n", 1, "not a map"),
        ("values: [a]\n", 1, "needs a `name`"),
        ("name: two words\nvalues: [a]\n", 1, "needs a `name`"),
        ("name: a%b\nvalues: [a]\n", 1, "needs a `name`"),
        ("name: t\n", 1, "has no `rows`"),
        ("name: t\nrows: x\n", 2, "has no `rows`"),
        ("name: t\nrows: [x]\n", 2, "A row is a map"),
        ("name: t\nrows: [{value: [x]}]\n", 2, "must be one value"),
        ("name: t\nkey: x\nrows: [{value: a}]\n", 3, "no `x`"),
        ("name: t\nrows: [{value: a, from: yesterday}]\n", 2, "offset from UTC"),
        (
            "name: t\nrows: [{value: a, from: '2026-01-01T00:00:00Z', until: '2026-01-01T00:00:00Z'}]\n",
            2,
            "ends",
        ),
        ("name: t\nvalues: [[a]]\n", 2, "plain values"),
        ("name: t\nvalues: a\n", 2, "plain values"),
        ("name: t\nvalues: [null]\n", 2, "plain values"),
        ("name: t\nkey: [a, b]\nvalues: [a]\n", 3, "plain values"),
        ("name: t\nrow: []\n", 2, "unknown here"),
        ("name: [\n", 2, "not valid YAML"),
    ],
)
def test_a_faulty_table_is_a_problem_at_its_place(text: str, line: int, words: str) -> None:
    found = read([("a.yml", text), ("b.yml", "name: sound\nvalues: []\n")], [])
    (problem,) = found.problems
    assert words in problem.reason
    assert (problem.path, problem.line) == ("a.yml", line)
    assert list(found.tables) == ["sound"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("text\n", 1, "not a map"),
        ("name: c\n", 1, "`weekly` is missing"),
        ("name: c\nweekly: {someday: '09:00-10:00'}\n", 2, "no weekday"),
        ("name: c\nweekly: {monday-someday: '09:00-10:00'}\n", 2, "no weekday"),
        ("name: c\nweekly: {monday: '9-10'}\n", 2, "no hours"),
        ("name: c\nweekly: {monday: '09:00-24:30'}\n", 2, "no hours"),
        ("name: c\nweekly: {monday: '09:00-09:00'}\n", 2, "no hours"),
        ("name: c\nzone: Mars\nweekly: {monday: '09:00-10:00'}\n", 2, "time zone"),
        ("name: c\nweekly: {monday: '09:00-10:00'}\nholidays: [soon]\n", 3, "no day"),
        ("weekly: {monday: '09:00-10:00'}\n", 1, "needs a `name`"),
    ],
)
def test_a_faulty_calendar_is_a_problem_at_its_place(text: str, line: int, words: str) -> None:
    (problem,) = read([], [("a.yml", text)]).problems
    assert words in problem.reason
    assert problem.line == line


def test_a_file_without_text_is_a_problem() -> None:
    unread = RuleProblem(path="a.yml", line=1, column=1, rule="", reason="No.", next_step="Mend it.")
    assert read([("a.yml", unread)], []).problems == (unread,)
