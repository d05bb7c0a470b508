"""SigmaHQ's rules of the old syntax, read by reference: each fires above its bound and is quiet at it.

Nothing of the rules stands here; the records that satisfy them are made from what was read.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from pack_rows import Pack
from skips import SHARED, skip_or_fail
from tocsin.detection.engine import compile_plan, latest
from tocsin.detection.explain import holds
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma.correlation import Correlation, Either, Every, Expression, Never, Seen
from tocsin.detection.sigma.logsource import CATEGORIES, CHANNELS
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import All, Any_, Not, Tree, predicates
from tocsin.detection.state import WindowState, micros
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

START = datetime(2026, 1, 5, tzinfo=UTC)
LEVELS = dict.fromkeys(("critical", "high", "medium", "low", "informational"), Severity.P3)
OLD = re.compile(r"^\s+condition:.*\|\s*(?:count|sum|avg|min|max|near)\b", re.MULTILINE)
NEAR = re.compile(r"^\s+condition:.*\|\s*near\b", re.MULTILINE)

NEVER_HOLDS = "dns_query_win_possible_dns_rebinding.yml"
"""Asks one record for an answer inside and none inside; `packs/revived` has a rule in its place."""
NO_SUCH_SOURCE = "win_apt_apt29_tor.yml"
"""Its two documents share one log source when joined, and no record has both of theirs."""

Record = dict[str, Any]


@lru_cache
def archive() -> dict[str, str]:
    place = SHARED / "data" / "sigmahq.tar.gz"
    if not place.is_file():
        return {}
    with tarfile.open(place) as packed:
        members = [each for each in packed.getmembers() if each.name.startswith("unsupported/")]
        texts = {each.name: packed.extractfile(each) for each in members if each.name.endswith(".yml")}
        return {name: text.read().decode() for name, text in texts.items() if text is not None}


def old_rules() -> dict[str, str]:
    return {Path(name).name: text for name, text in sorted(archive().items()) if OLD.search(text)}


@pytest.fixture(scope="module")
def data() -> None:
    if not old_rules():
        skip_or_fail(f"SigmaHQ's rules are not beside the repository ({SHARED})")


def read(name: str) -> tuple[Correlation, RuleSet]:
    found = load([(name, old_rules()[name])])
    assert [str(problem) for problem in found.problems] == []
    (correlation,) = found.correlations
    return correlation, found


def chosen(tree: Tree, turns: Iterator[int]) -> Iterator[Predicate]:
    """Yield what a record must fulfil; each choice between several ways takes the next turn."""
    if isinstance(tree, Predicate):
        yield tree
    elif isinstance(tree, All):
        for branch in tree.branches:
            yield from chosen(branch, turns)
    elif isinstance(tree, Any_):
        yield from chosen(tree.branches[next(turns) % len(tree.branches)], turns)
    else:
        assert isinstance(tree, Not)
        yield from (Predicate(each.field, Op.CONTAINS, "") for each in predicates(tree) if each.op is Op.NULL)


def value_for(asked: list[Predicate], number: int) -> Any:
    """Return a value that fulfils all questions about one field, another one for each number."""
    if len(asked) > 1 and all(each.op is Op.EQUALS for each in asked):
        # One rule asks a field for two texts, which only a list can hold.
        return [each.value for each in asked]
    for each in asked:
        if each.op is Op.NUMBER:
            return int(str(each.value))
        if each.op is Op.EQUALS:
            return each.value
        if each.op is Op.LIKE:
            body = str(each.value).removeprefix(r"(?s)\A").removesuffix(r"\z")
            return re.sub(r"\\(.)", r"\1", body.replace(".*", f"v{number}"))
    words: dict[Op, str] = {}
    for each in asked:
        assert each.op in (Op.STARTSWITH, Op.CONTAINS, Op.ENDSWITH), each
        words[each.op] = words.get(each.op, "") + str(each.value)
    middle = f"{words.get(Op.CONTAINS, '')} v{number} "
    return f"{words.get(Op.STARTSWITH, '')}{middle}{words.get(Op.ENDSWITH, '')}"


def source_of(rule: Rule) -> Record:
    """Return what makes a record one of the rule's log source."""
    source = rule.logsource
    if source.product == "windows":
        channels = {service: channel for channel, service in CHANNELS.items()}
        if source.category:
            service, number = next(
                (service, number)
                for service, numbers in CATEGORIES.items()
                for number, categories in numbers.items()
                if source.category in categories
            )
            return {"EventID": number, "Channel": channels[service]}
        return {"EventID": 0, "Channel": channels[source.service]}
    if source.service == "cloudtrail":
        return {"eventSource": "macie2.amazonaws.com", "eventName": "x", "eventVersion": "1.09"}
    parts = {"product": source.product, "service": source.service, "category": source.category}
    return {name: word for name, word in parts.items() if word}


def put(record: Record, field: str, value: Any) -> None:
    *outer, last = field.split(".")
    for name in outer:
        record = record.setdefault(name, {})
    record[last] = value


def record_for(rule: Rule, number: int = 0) -> Record:
    found = source_of(rule)
    asked: dict[str, list[Predicate]] = {}
    for each in chosen(rule.tree, count(number)):
        asked.setdefault(each.field or "message", []).append(each)
    for field, questions in asked.items():
        put(found, field, value_for(questions, number))
    return found


def satisfying(rule: Rule, number: int, groups: tuple[str, ...], field: str) -> Record:
    """Return a record that the rule holds for, of one group, with the nth value of a field."""
    found = record_for(rule)
    for group in groups:
        if group not in found:
            put(found, group, "198.51.100.7")
    if field:
        put(found, field, record_for(rule, number).get(field, f"v{number}"))
    assert holds(rule)(found, None), found
    return found


def played(rules: RuleSet, story: Sequence[tuple[float, Record]]) -> int:
    """Return how many alerts come, however far the sources are heard on."""
    signals = [
        Signal(
            raw=orjson.dumps(record),
            record=record,
            time=START + timedelta(seconds=at),
            source="test",
            position=number,
        )
        for number, (at, record) in enumerate(story)
    ]
    plan = compile_plan(rules, levels=LEVELS)
    judged = plan.judge(WindowState(), signals)
    heard = micros(START + timedelta(days=60))
    return len(latest((*judged.alerts, *plan.finish(judged.state, heard=heard).alerts)))


COUNTS = ("event_count", "value_count", "value_sum")


def names_of(*, near: bool) -> list[str]:
    left_out = {NEVER_HOLDS, NO_SUCH_SOURCE}
    wanted = [name for name, text in old_rules().items() if bool(NEAR.search(text)) is near]
    return [name for name in wanted if name not in left_out]


PACK = Pack("revived", "revived")


def test_what_cannot_be_revived_has_a_rule_of_our_own_with_tests() -> None:
    assert {row.cells[0].strip("`") for row in PACK.rows()} == {NEVER_HOLDS, NO_SUCH_SOURCE}
    for row in PACK.rows():
        assert row.rules
        for name in row.rules:
            PACK.check(name)
    PACK.check_that_every_rule_has_a_purpose()


@pytest.mark.usefixtures("data")
def test_every_rule_of_the_old_syntax_is_read_but_for_one_that_can_never_hold() -> None:
    loaded = load(old_rules().items())
    assert len(old_rules()) == 54
    assert [(problem.path, "its contrary" in problem.reason) for problem in loaded.problems] == [
        (NEVER_HOLDS, True)
    ]
    assert len(loaded.correlations) == len(loaded.remarks) == 53
    authors = {each.header.path: each.header.author for each in loaded.correlations}
    assert all(authors.values())
    assert len(names_of(near=False)) + len(names_of(near=True)) == 52


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("name", names_of(near=False))
def test_a_count_fires_above_its_bound_and_not_at_it(name: str) -> None:
    correlation, rules = read(name)
    assert correlation.kind in COUNTS
    ((bound, number),) = correlation.bounds
    field = correlation.fields[0] if correlation.fields else ""
    (rule,) = rules.rules

    def story(many: int, within: float) -> list[tuple[float, Record]]:
        step = within / max(1, many - 1)
        made = [satisfying(rule, each, correlation.group_by, field) for each in range(many)]
        return [(round(each * step, 6), record) for each, record in enumerate(made)]

    if correlation.kind == "value_sum":
        records = [satisfying(rule, 0, correlation.group_by, "") for _ in range(3)]
        for share, alerts in ((number / 3 + 1, 1), (number / 3, 0)):
            summed = [(at, {**record, field: share}) for at, record in enumerate(records)]
            assert played(rules, summed) == alerts
        return
    if bound == "lt":
        assert played(rules, story(int(number) - 1, correlation.span)) == 1
        assert played(rules, story(int(number), correlation.span)) == 0
        return
    most = int(number)
    assert bound == "gt"
    assert played(rules, story(most + 1, correlation.span)) == 1
    assert played(rules, story(most, correlation.span)) == 0
    assert played(rules, story(most + 1, correlation.span + most)) == 0
    if correlation.group_by:
        spread = story(most + 1, correlation.span)
        put(spread[0][1], correlation.group_by[0], "another")
        assert played(rules, spread) == 0


def parts(expression: Expression, *, wanted: bool = True) -> Iterator[tuple[str, bool]]:
    if isinstance(expression, Seen):
        yield expression.word, wanted
    elif isinstance(expression, Never):
        yield from parts(expression.branch, wanted=not wanted)
    else:
        assert isinstance(expression, Every)
        assert not isinstance(expression, Either)
        for branch in expression.branches:
            yield from parts(branch, wanted=wanted)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("name", names_of(near=True))
def test_near_fires_with_all_its_parts_and_not_without_one(name: str) -> None:
    correlation, rules = read(name)
    assert correlation.expression is not None
    named: Mapping[str, Rule] = {rule.header.name: rule for rule in rules.rules}
    asked = dict(parts(correlation.expression))
    present = [record_for(named[word]) for word, wanted in asked.items() if wanted]
    absent = [record_for(named[word]) for word, wanted in asked.items() if not wanted]
    step = correlation.span / len(present)
    whole = [(number * step, record) for number, record in enumerate(present)]
    assert played(rules, whole) == 1
    assert played(rules, list(zip((at for at, _ in whole), reversed(present), strict=True))) == 1
    for left_out in range(len(whole)):
        assert played(rules, [each for number, each in enumerate(whole) if number != left_out]) == 0
    far = [(number * (correlation.span + 1), record) for number, record in enumerate(present)]
    assert played(rules, far) == 0
    for record in absent:
        assert played(rules, [*whole, (whole[-1][0] + 1, record)]) == 0
