"""Read lookup tables and calendars: what rules compare with that changes more often than they do (E6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from types import MappingProxyType

import orjson

from tocsin.detection.problems import Place, RuleProblem, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Plain, Series, Table, documents, plain
from tocsin.detection.sigma.header import refuse_other_keys, table_of, text_of, texts, texts_of
from tocsin.detection.sigma.moments import ALWAYS, DAY_MINUTES, EPOCH, MICROSECOND, Interval, within
from tocsin.detection.sigma.scalars import days, moment_at, place_of, zone_at

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NAME = re.compile(r"[^%\s]{1,200}\Z")
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])\Z")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells by column, and when it is valid, in microseconds since 1970.

    `valid` is a half-open interval; None is no limit.
    """

    cells: Mapping[str, Plain]
    valid: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTable:
    """A table by name. `key` are the columns that name a row; `version` is the digest of its content."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    version: str

    def values(self, column: str = "", *, at: int | None = None) -> Iterator[Plain]:
        """Yield a column's cells (the first key's by default); with `at` only of rows valid then.

        `at` is in microseconds since 1970.
        """
        for row in self.rows:
            value = row.cells.get(column or self.key[0])
            if value is not None and (at is None or within(at, row.valid)):
                yield value


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Weekly hours of a time zone without holidays. `hours` are half-open, in minutes since Monday 0:00."""

    name: str
    zone: str
    hours: tuple[tuple[int, int], ...]
    holidays: tuple[tuple[date, date], ...]
    version: str

    def to_text(self) -> str:
        """Return the calendar as the text that `moments.CalendarTest` reads."""
        holidays = [[first.isoformat(), last.isoformat()] for first, last in self.holidays]
        return orjson.dumps([self.zone, self.hours, holidays]).decode()


@dataclass(frozen=True, slots=True)
class Tables:
    """All lookup tables and calendars by name, and what is wrong with the files that gave none."""

    tables: Mapping[str, LookupTable]
    calendars: Mapping[str, Calendar]
    problems: tuple[RuleProblem, ...] = ()


NO_TABLES = Tables(MappingProxyType({}), MappingProxyType({}))


def read(
    tables: Iterable[tuple[str, str | RuleProblem]], calendars: Iterable[tuple[str, str | RuleProblem]]
) -> Tables:
    """Read files of tables and calendars, given as pairs of path and text; of equal names the last wins.

    What cannot be read becomes a problem; nothing is raised.
    """
    problems: list[RuleProblem] = []
    read_tables = {}
    read_calendars = {}
    for path, root in _roots(tables, problems):
        try:
            table = _table(_map(root))
            read_tables[table.name] = table
        except RuleRejected as error:
            problems.append(error.problem(path=path, rule=""))
    for path, root in _roots(calendars, problems):
        try:
            calendar = _calendar(_map(root))
            read_calendars[calendar.name] = calendar
        except RuleRejected as error:
            problems.append(error.problem(path=path, rule=""))
    return Tables(MappingProxyType(read_tables), MappingProxyType(read_calendars), tuple(problems))


def _roots(
    files: Iterable[tuple[str, str | RuleProblem]], problems: list[RuleProblem]
) -> Iterator[tuple[str, Node]]:
    for path, text in files:
        if isinstance(text, RuleProblem):
            problems.append(text)
            continue
        try:
            for root in documents(text):
                yield path, root
        except RuleRejected as error:
            problems.append(error.problem(path=path, rule=""))


def _map(root: Node) -> Table:
    if isinstance(root, Table):
        return root
    raise RuleRejected(
        root.place, "The document is not a map.", next_step="Begin with `name:`, as other tables do."
    )


def _name(root: Table) -> str:
    name = text_of(root, "name")
    if not _NAME.match(name):
        raise RuleRejected(
            place_of(root, "name"),
            "A table or calendar needs a `name` without spaces and `%`.",
            next_step="Write for example `name: business_hours`.",
        )
    return name


def _version(root: Table) -> str:
    return sha256(orjson.dumps(plain(root), option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _table(root: Table) -> LookupTable:
    refuse_other_keys(root, ("name", "description", "key", "rows", "values"))
    key = texts_of(root, "key")
    rows = _valued(root, key) if root.get("values") is not None else _rows(root)
    key = key or ("value",)
    for row in rows:
        missing = [column for column in key if row.cells.get(column) is None]
        if missing:
            raise RuleRejected(
                place_of(root, "rows"),
                f"A row has no `{missing[0]}`, which is the table's key.",
                next_step="Give every row a value for each column of the `key`.",
            )
    columns = tuple(dict.fromkeys((*key, *(column for row in rows for column in row.cells))))
    return LookupTable(name=_name(root), key=key, columns=columns, rows=rows, version=_version(root))


def _valued(root: Table, key: tuple[str, ...]) -> tuple[Row, ...]:
    """Return the rows of the short form, a list of values under the one column of the key."""
    node = root.get("values")
    members = node.members if isinstance(node, Series) else ()
    if (
        len(key) > 1
        or not isinstance(node, Series)
        or not all(isinstance(each, Leaf) and each.value is not None for each in members)
    ):
        raise RuleRejected(
            place_of(root, "values"),
            "`values` is a list of plain values for a `key` of one column.",
            next_step="Write `values: [one, two]`, or `rows:` with maps.",
        )
    column = key[0] if key else "value"
    return tuple(Row({column: each.value}, ALWAYS) for each in members if isinstance(each, Leaf))


def _rows(root: Table) -> tuple[Row, ...]:
    node = root.get("rows")
    if not isinstance(node, Series):
        raise RuleRejected(
            place_of(root, "rows"),
            "The table has no `rows`.",
            next_step="Write a list of maps, or `rows: []`.",
        )
    return tuple(_row(member) for member in node.members)


def _row(node: Node) -> Row:
    if not isinstance(node, Table):
        raise RuleRejected(node.place, "A row is a map.", next_step="Write `- {column: value}`.")
    cells: dict[str, Plain] = {}
    for name, value in node.entries:
        if not isinstance(value, Leaf):
            raise RuleRejected(
                value.place, f"`{name.value}` must be one value.", next_step="Write a row for each value."
            )
        if name.value not in ("from", "until"):
            cells[str(name.value)] = value.value
    since, until = _moment(node, "from"), _moment(node, "until")
    if since is not None and until is not None and since >= until:
        raise RuleRejected(
            place_of(node, "until"), "The row ends before it begins.", next_step="Correct `from` or `until`."
        )
    return Row(cells, (since, until))


def _moment(node: Table, key: str) -> int | None:
    moment = moment_at(node, key)
    return None if moment is None else (moment - EPOCH) // MICROSECOND


def _calendar(root: Table) -> Calendar:
    refuse_other_keys(root, ("name", "description", "zone", "weekly", "holidays"))
    weekly = table_of(root, "weekly")
    hours = [hour for key, node in weekly.entries for hour in _hours(key, node)]
    holidays = root.get("holidays")
    listed = holidays.members if isinstance(holidays, Series) else () if holidays is None else (holidays,)
    return Calendar(
        name=_name(root),
        zone=zone_at(root, "zone").key,
        hours=tuple(sorted(hours)),
        holidays=tuple(days(member) for member in listed),
        version=_version(root),
    )


def _hours(key: Leaf, node: Node) -> Iterator[tuple[int, int]]:
    weekdays = _weekdays(str(key.value), key.place)
    for text in texts(node, str(key.value)):
        found = _HOURS.match(text)
        start, end = (
            (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (1, 1)
        )
        if start == end or max(start, end) > DAY_MINUTES:
            raise RuleRejected(
                node.place, f"`{text}` are no hours.", next_step="Write for example `09:00-17:30`."
            )
        for weekday in weekdays:
            begin = weekday * DAY_MINUTES
            # Hours that end before they begin go on until the next morning.
            yield begin + start, begin + end + (DAY_MINUTES if end < start else 0)


def _weekdays(text: str, place: Place) -> list[int]:
    first, dash, last = text.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise RuleRejected(
            place,
            f"`{text}` is no weekday.",
            next_step=f"Use {', '.join(WEEKDAYS)}, or a range such as `monday-friday`.",
        )
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
    return [(start + each) % 7 for each in range((end - start) % 7 + 1)]
