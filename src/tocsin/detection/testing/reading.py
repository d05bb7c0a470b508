"""Reads test files: YAML beside the rules, in the format that `docs/rule-tests.md` describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tocsin.detection.problems import Place, RuleProblem, RuleRejected
from tocsin.detection.sigma.document import Leaf, Node, Table, documents, plain
from tocsin.detection.sigma.header import texts_of
from tocsin.detection.state import micros
from tocsin.detection.testing import fields
from tocsin.detection.testing.written import START, Expected, RuleTest, Stream, TestFile

MOST_SIGNALS = 200_000
"""Of one stream; a test is to be fast."""

_FILE = ("rule", "rules", "start", "logsource", "templates", "tables", "tests")
_TEST = (
    *("name", "rule", "rules", "start", "logsource", "tables", "events"),
    *("expect", "expect_not", "until", "shuffle", "description"),
)
_STREAM = (
    *("at", "every", "repeat", "each", "apart", "days", "like", "event", "set", "drop", "cycle"),
    *("of", "source", "elsewhere"),
)
_EXPECTED = ("rule", "at", "first", "last", "count", "severity", "group")
_LOGSOURCE = ("product", "service", "category")
_DAYS = ("", "weekdays", "weekends")
_FAULT = "The test was not run."


def read_tests(path: str, text: str) -> TestFile:
    """Read one test file of one or more documents. What is wrong is a problem with line and column."""
    tests: list[RuleTest] = []
    problems: list[RuleProblem] = []
    try:
        for document in documents(text):
            reader = _Reader(path)
            try:
                reader.document(document)
            finally:
                tests += reader.tests
                problems += reader.problems
    except RuleRejected as error:
        problems.append(error.problem(path=path, rule=""))
    return TestFile(tuple(tests), tuple(problems))


@dataclass(slots=True)
class _Reader:
    """One walk over one document: what holds for all its tests, and the tests."""

    path: str
    rules: tuple[str, ...] = ()
    start: datetime = START
    logsource: tuple[tuple[str, str], ...] = ()
    tables: Mapping[str, Any] = field(default_factory=dict)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    tests: list[RuleTest] = field(default_factory=list)
    problems: list[RuleProblem] = field(default_factory=list)

    def document(self, node: Node) -> None:
        top = fields.table(node, "A test file", _FILE)
        self.rules = _rules(top)
        self.start = _start(top, START)
        self.logsource = _logsource(top)
        self.tables = fields.record_of(top.get("tables"), "`tables`")
        self._read_templates(top)
        written = top.get("tests")
        if written is None:
            raise _missing(top.place, "The file has no `tests`.", "Add `tests:` with at least one test.")
        for member in fields.members(written, "`tests`"):
            try:
                self.tests.append(self._test(member))
            except RuleRejected as error:
                self.problems.append(error.problem(path=self.path, rule=", ".join(self.rules)))

    def _read_templates(self, top: Table) -> None:
        node = top.get("templates")
        for name, value in fields.table(node, "`templates`").entries if node else ():
            template = fields.record_of(value, f"The template `{name.value}`")
            like = template.pop("like", None)
            if like is not None:
                template = fields.overlaid(self._template(str(like), value.place), template)
            self.templates[str(name.value)] = template

    def _template(self, name: str, place: Place) -> dict[str, Any]:
        if name not in self.templates:
            known = ", ".join(self.templates) or "none so far"
            raise _missing(place, f"There is no template `{name}` above here.", f"Known templates: {known}.")
        return self.templates[name]

    def _test(self, node: Node) -> RuleTest:
        table = fields.table(node, "A test", _TEST)
        name = fields.word(table, "name")
        if not name.strip():
            raise _missing(table.place, "The test has no `name`.", "Say in a few words what it promises.")
        rules = _rules(table) or self.rules
        if not rules:
            raise _missing(table.place, "The test names no rule.", "Add `rule:` to the file or to the test.")
        start = _start(table, self.start)
        expect, expect_not = table.get("expect"), table.get("expect_not")
        if expect is None and expect_not is None:
            raise _missing(
                table.place, "The test expects nothing.", "Add `expect:`; `expect: []` asks for quiet."
            )
        return RuleTest(
            name=name,
            path=self.path,
            place=table.place,
            rules=rules,
            start=start,
            logsource=_logsource(table) or self.logsource,
            streams=self._streams(table, start),
            expect=None if expect is None else _expectations(expect, "`expect`", start),
            expect_not=() if expect_not is None else _expectations(expect_not, "`expect_not`", start),
            until=fields.moment(table, "until", start),
            shuffle=fields.flag(table, "shuffle"),
            tables={**self.tables, **fields.record_of(table.get("tables"), "`tables`")},
        )

    def _streams(self, table: Table, start: datetime) -> tuple[Stream, ...]:
        node = table.get("events")
        if node is None:
            return ()
        return tuple(self._stream(member, start) for member in fields.members(node, "`events`"))

    def _stream(self, node: Node, start: datetime) -> Stream:
        table = fields.table(node, "A member of `events`", _STREAM)
        repeat = fields.count(table, "repeat", most=MOST_SIGNALS) or 1
        each = fields.count(table, "each", most=MOST_SIGNALS) or 1
        if repeat * each > MOST_SIGNALS:
            raise _missing(
                table.place, f"The stream has more than {MOST_SIGNALS} signals.", "Repeat less often."
            )
        every = fields.duration(table, "every")
        if repeat > 1 and not every:
            raise _missing(
                table.place, "`repeat` needs `every`.", "Write how far apart, for example `every: 1s`."
            )
        at = fields.moment(table, "at", start)
        return Stream(
            place=table.place,
            at=micros(start) if at is None else at,
            every=every,
            repeat=repeat,
            each=each,
            apart=fields.duration(table, "apart", 1_000_000),
            days=_days(table),
            record=self._record(table),
            cycle=_cycle(table),
            of=fields.word(table, "of"),
            source=fields.word(table, "source", "test"),
            elsewhere=fields.flag(table, "elsewhere"),
        )

    def _record(self, table: Table) -> dict[str, Any]:
        record: dict[str, Any] = {}
        if like := fields.word(table, "like"):
            record = self._template(like, table.place)
        record = fields.overlaid(record, fields.record_of(table.get("event"), "`event`"))
        for name, value in fields.record_of(table.get("set"), "`set`").items():
            record = fields.placed(record, name, value)
        for name in texts_of(table, "drop"):
            record = fields.without(record, name)
        if not record:
            raise _missing(table.place, "The signal is empty.", "Add `event:` or `like:`.")
        return record


def _rules(table: Table) -> tuple[str, ...]:
    return (*texts_of(table, "rule"), *texts_of(table, "rules"))


def _start(table: Table, default: datetime) -> datetime:
    node = table.get("start")
    return default if node is None else fields.instant_of(node, "start")


def _logsource(table: Table) -> tuple[tuple[str, str], ...]:
    node = table.get("logsource")
    if node is None:
        return ()
    named = fields.table(node, "`logsource`", _LOGSOURCE)
    return tuple((str(key.value), fields.word(named, str(key.value))) for key, _ in named.entries)


def _days(table: Table) -> str:
    days = fields.word(table, "days")
    if days not in _DAYS:
        raise _missing(table.place, f"`days: {days}` is unknown.", "Write weekdays or weekends.")
    return days


def _cycle(table: Table) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    node = table.get("cycle")
    if node is None:
        return ()
    found = []
    for name, value in fields.table(node, "`cycle`").entries:
        values = (
            (plain(value),)
            if isinstance(value, Leaf)
            else tuple(map(plain, fields.members(value, "`cycle`")))
        )
        if not values:
            raise _missing(
                value.place, f"`{name.value}` cycles through nothing.", "Write at least one value."
            )
        found.append((str(name.value), values))
    return tuple(found)


def _expectations(node: Node, what: str, start: datetime) -> tuple[Expected, ...]:
    return tuple(_expected(member, start) for member in fields.members(node, what))


def _expected(node: Node, start: datetime) -> Expected:
    table = fields.table(node, "An expectation", _EXPECTED)
    group = table.get("group")
    pairs = fields.record_of(group, "`group`") if group else {}
    return Expected(
        place=table.place,
        rule=fields.word(table, "rule"),
        at=fields.moment(table, "at", start),
        first=fields.moment(table, "first", start),
        last=fields.moment(table, "last", start),
        count=fields.count(table, "count", most=10**9),
        severity=fields.word(table, "severity"),
        group=tuple((name, _text(value)) for name, value in pairs.items()) if group else None,
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _missing(place: Place, reason: str, next_step: str) -> RuleRejected:
    return RuleRejected(place, f"{reason} {_FAULT}", next_step=next_step)
