"""Runs promtool's test files: series in, alerts and answers of expressions out.

The format: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.detection.problems import Place, RuleProblem, RuleRejected
from tocsin.detection.promql.durations import milliseconds_of
from tocsin.detection.promql.evaluating import Answer
from tocsin.detection.promql.notation import metric_of, samples_of
from tocsin.detection.promql.refusals import EvaluationFailed, ExpressionRefused
from tocsin.detection.promql.rehearsal import Moment, Rehearsal
from tocsin.detection.promql.rule import AlertingRule, Group
from tocsin.detection.promql.rule_files import load
from tocsin.detection.promql.vector import Point
from tocsin.detection.sigma.document import Leaf, Node, Table, documents
from tocsin.detection.sigma.header import texts_of
from tocsin.detection.testing import fields
from tocsin.detection.testing.result import Kind, Result
from tocsin.domain.sample import Sample

_MINUTE_MS = 60_000
_FILE = ("rule_files", "evaluation_interval", "group_eval_order", "tests", "fuzzy_compare")
_GROUP = (
    *("name", "interval", "input_series", "alert_rule_test", "promql_expr_test"),
    *("external_labels", "external_url"),
)
_ALERT = ("eval_time", "alertname", "exp_alerts")
_EXPR = ("expr", "eval_time", "exp_samples")
Pairs = tuple[tuple[str, str], ...]
Said = tuple[Pairs, Pairs]
Check = Callable[[Rehearsal, Moment | None], tuple[str, ...]]
ReadRules = Callable[[str], str | RuleProblem]
"""Returns the text of a rule file that a test names, or why there is none."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """One thing that is asked at one moment; `check` returns the differences."""

    place: Place
    name: str
    rules: tuple[str, ...]
    fires: bool
    at_ms: int
    check: Check


def is_promtool(text: str) -> bool:
    """Say whether a YAML text is meant as a test file of promtool."""
    return any(line.startswith("rule_files:") for line in text.splitlines())


def run_promtool(path: str, text: str, read_rules: ReadRules) -> tuple[Result, ...]:
    """Run one test file. Nothing is raised: what keeps a part from running is a result that did not pass."""
    results: list[Result] = []
    try:
        for document in documents(text):
            top = fields.table(document, "A test file", _FILE)
            results += _broken_rules(path, top, read_rules)
            groups = load((name, read_rules(name)) for name in texts_of(top, "rule_files")).groups
            interval = _duration(top, "evaluation_interval", _MINUTE_MS)
            written = top.get("tests")
            for node in fields.members(written, "`tests`") if written else ():
                results += _group(path, fields.table(node, "A test", _GROUP), groups, interval)
    except RuleRejected as error:
        results.append(_broken(path, error.place, "the file can be read", str(error)))
    return tuple(results)


def _broken_rules(path: str, top: Table, read_rules: ReadRules) -> Iterator[Result]:
    for problem in load((name, read_rules(name)) for name in texts_of(top, "rule_files")).problems:
        yield _broken(path, top.place, "its rules can be loaded", str(problem))


def _group(path: str, table: Table, groups: Sequence[Group], interval: int) -> Iterator[Result]:
    try:
        wishes = [*_alert_wishes(table), *_expr_wishes(table)]
        step = _duration(table, "interval", _MINUTE_MS)
        rehearsal = Rehearsal(groups, list(_series(table, step)), interval)
    except RuleRejected as error:
        yield _broken(path, error.place, "the test can be read", f"{error.happened} {error.next_step}")
        return
    names = {rule.name for group in groups for rule in group.rules if isinstance(rule, AlertingRule)}
    moments = list(rehearsal.moments(max((wish.at_ms for wish in wishes), default=0)))
    for wish in wishes:
        # An alert is asked of the last evaluation that is not behind its time.
        moment = next((each for each in reversed(moments) if each.at_ms <= wish.at_ms), None)
        unknown = tuple(f"no loaded rule is named {name}" for name in wish.rules if name not in names)
        yield Result(
            kind=Kind.PROMTOOL,
            path=path,
            line=wish.place.line,
            column=wish.place.column,
            rules=wish.rules,
            name=wish.name,
            differences=unknown or wish.check(rehearsal, moment),
            fires=wish.fires,
        )


def _series(table: Table, step: int) -> Iterator[Sample]:
    written = table.get("input_series")
    for node in fields.members(written, "`input_series`") if written else ():
        each = fields.table(node, "A series", ("series", "values"))
        try:
            yield from samples_of(fields.word(each, "series"), fields.word(each, "values"), step)
        except ExpressionRefused as error:
            raise RuleRejected(node.place, error.happened, next_step=error.next_step) from error


def _alert_wishes(table: Table) -> Iterator[_Wish]:
    written = table.get("alert_rule_test")
    for node in fields.members(written, "`alert_rule_test`") if written else ():
        each = fields.table(node, "An alert test", _ALERT)
        name, at_ms = fields.word(each, "alertname"), _duration(each, "eval_time", 0)
        wanted = tuple(_wanted_alert(member, name) for member in _listed(each, "exp_alerts"))
        yield _Wish(
            place=node.place,
            name=f"{_title(table)}{name} at {fields.word(each, 'eval_time', '0')}",
            rules=(name,),
            fires=bool(wanted),
            at_ms=at_ms,
            check=_alert_check(name, wanted),
        )


def _alert_check(
    name: str, wanted: tuple[Said, ...]
) -> Callable[[Rehearsal, Moment | None], tuple[str, ...]]:
    def check(_: Rehearsal, moment: Moment | None) -> tuple[str, ...]:
        firing = moment.firing(name) if moment else ()
        came = [(tuple(sorted(each.alert.labels)), tuple(sorted(each.alert.annotations))) for each in firing]
        faults = tuple(f"{fault.rule.name}: {fault.reason}" for fault in moment.faults) if moment else ()
        return (*faults, *_unlike(sorted(wanted), sorted(came)))

    return check


def _unlike(wanted: list[Said], came: list[Said]) -> Iterator[str]:
    left = list(came)
    for each in wanted:
        if each in left:
            left.remove(each)
        else:
            yield f"expected {_said(each)}; did not fire"
    yield from (f"fires, not expected: {_said(each)}" for each in left)


def _said(each: Said) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in each[0])
    notes = "; ".join(f"{name}: {value}" for name, value in each[1])
    return f"{{{labels}}}" + (f" ({notes})" if notes else "")


def _wanted_alert(node: Node, name: str) -> Said:
    each = fields.table(node, "An alert", ("exp_labels", "exp_annotations"))
    labels = _pairs(each, "exp_labels")
    return tuple(sorted({**dict(labels), "alertname": name}.items())), _pairs(each, "exp_annotations")


def _pairs(table: Table, key: str) -> Pairs:
    node = table.get(key)
    if node is None or (isinstance(node, Leaf) and node.value is None):
        return ()
    named = fields.table(node, f"`{key}`")
    return tuple(sorted((str(name.value), fields.word(named, str(name.value))) for name, _ in named.entries))


def _expr_wishes(table: Table) -> Iterator[_Wish]:
    written = table.get("promql_expr_test")
    for node in fields.members(written, "`promql_expr_test`") if written else ():
        each = fields.table(node, "An expression test", _EXPR)
        expr, at_ms = fields.word(each, "expr"), _duration(each, "eval_time", 0)
        wanted = [_wanted_sample(member) for member in _listed(each, "exp_samples")]
        yield _Wish(
            place=node.place,
            name=f"{_title(table)}{expr} at {fields.word(each, 'eval_time', '0')}",
            rules=(),
            fires=bool(wanted),
            at_ms=at_ms,
            check=_expr_check(expr, at_ms, wanted),
        )


def _expr_check(expr: str, at_ms: int, wanted: list[Point]) -> Check:
    def check(rehearsal: Rehearsal, _: Moment | None) -> tuple[str, ...]:
        try:
            came = _points(rehearsal.answer(expr, at_ms))
        except (ExpressionRefused, EvaluationFailed) as error:
            return (str(error),)
        return tuple(_unlike_points(wanted, came))

    return check


def _unlike_points(wanted: list[Point], came: list[Point]) -> Iterator[str]:
    left = {point.labels: point.value for point in came}
    for point in wanted:
        value = left.pop(point.labels, None)
        if value is None or not _equal(point.value, value):
            got = "did not come" if value is None else f"came as {value:g}"
            yield f"expected {dict(point.labels)} {point.value:g}; {got}"
    yield from (f"came, not expected: {dict(labels)} {value:g}" for labels, value in left.items())


def _equal(left: float, right: float) -> bool:
    return (
        left == right or (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-12)
    )


def _points(answer: Answer) -> list[Point]:
    if isinstance(answer, int | float):
        return [Point((), float(answer))]
    if isinstance(answer, str):
        return []
    return [point for point in answer if isinstance(point, Point)]


def _wanted_sample(node: Node) -> Point:
    each = fields.table(node, "A sample", ("labels", "value"))
    value = fields.word(each, "value", "0")
    try:
        labels = metric_of(fields.word(each, "labels", "{}"))
        return Point(labels, float(value))
    except (ExpressionRefused, ValueError) as error:
        raise RuleRejected(node.place, f"This is no sample: {error}.", next_step="Correct it.") from error


def _listed(table: Table, key: str) -> tuple[Node, ...]:
    node = table.get(key)
    if node is None or (isinstance(node, Leaf) and node.value is None):
        return ()
    return fields.members(node, f"`{key}`")


def _title(table: Table) -> str:
    name = fields.word(table, "name")
    return f"{name}: " if name else ""


def _duration(table: Table, key: str, default: int) -> int:
    text = fields.word(table, key)
    found = 0 if text == "0" else milliseconds_of(text) if text else default
    if found is None:
        raise RuleRejected(table.place, f"`{key}` is no duration.", next_step="Write for example 5m.")
    return found


def _broken(path: str, place: Place, name: str, reason: str) -> Result:
    return Result(
        kind=Kind.PROMTOOL,
        path=path,
        line=place.line,
        column=place.column,
        rules=(),
        name=name,
        differences=(reason,),
        is_broken=True,
    )
