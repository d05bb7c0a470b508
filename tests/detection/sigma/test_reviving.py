"""Rules of Sigma's first version: what their aggregations become, what fires, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tocsin.detection.engine import Plan, latest
from tocsin.detection.problems import RuleRejected
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.reviving import Revival, revival
from tocsin.detection.state import WindowState, micros
from tocsin.domain.signal import Signal

OLD = """title: Many refused
id: 11111111-2222-3333-4444-555555555555
author: Ada
license: MIT
level: high
tags: [attack.t1110]
references:
    - https://example.org/why
tocsin.incident_type: security
logsource: {category: firewall}
detection:
  refused: {action: denied}
  own: {src_ip: 10.0.0.1}
  later: {action: allowed}
  timeframe: TIMEFRAME
  condition: CONDITION
"""

DAY = 86_400_000_000

MakePlan = Callable[..., Plan]
MakeSignal = Callable[..., Signal]


def old(condition: str, timeframe: str = "10m") -> str:
    written = OLD.replace("CONDITION", f"'{condition}'")
    return written.replace("  timeframe: TIMEFRAME\n", f"  timeframe: {timeframe}\n" if timeframe else "")


def revived(text: str) -> Revival | None:
    (root,) = documents(text)
    assert isinstance(root, Table)
    return revival(root)


def correlation_of(text: str) -> tuple[Correlation, RuleSet]:
    found = load([("old.yml", text)])
    assert [str(problem) for problem in found.problems] == []
    return found.correlations[0], found


@pytest.mark.parametrize(
    ("condition", "kind", "fields", "groups", "bounds"),
    [
        ("refused | count() > 5", "event_count", (), (), (("gt", 5),)),
        ("refused | count( )by>=5", "event_count", (), (), ()),
        ("refused | count() by src_ip >= 5", "event_count", (), ("src_ip",), (("gte", 5),)),
        ("refused|count(dst_port) by src_ip>10", "value_count", ("dst_port",), ("src_ip",), (("gt", 10),)),
        ("refused | count(u) by a, b = 3", "value_count", ("u",), ("a", "b"), (("eq", 3),)),
        ("refused | count(u)   by   a == 3", "value_count", ("u",), ("a",), (("eq", 3),)),
        ("refused | sum(bytes) by a > 0.5", "value_sum", ("bytes",), ("a",), (("gt", 0.5),)),
        ("refused | avg( bytes ) by a <= 9", "value_avg", ("bytes",), ("a",), (("lte", 9),)),
    ],
)
def test_an_aggregation_is_a_correlation(
    condition: str,
    kind: str,
    fields: tuple[str, ...],
    groups: tuple[str, ...],
    bounds: tuple[tuple[str, float], ...],
) -> None:
    if not bounds:
        with pytest.raises(RuleRejected, match="cannot be read"):
            revived(old(condition))
        return
    found, _ = correlation_of(old(condition))
    assert (found.kind, found.fields, found.group_by, found.bounds) == (kind, fields, groups, bounds)
    assert found.span == 600


def test_the_correlation_is_the_rule_and_what_it_counts_keeps_the_attribution() -> None:
    found, whole = correlation_of(old("refused and not own | count() by src_ip > 5"))
    head = found.header
    assert (head.label, head.level, head.author) == ("11111111-2222-3333-4444-555555555555", "high", "Ada")
    assert (head.tags, head.incident_type) == (("attack.t1110",), "security")
    (counted,) = whole.rules
    assert found.rules == (counted.header.name,)
    assert (counted.header.id, counted.header.level, counted.header.author) == ("", "", "Ada")
    assert counted.header.references == ("https://example.org/why",)
    assert counted.logsource.category == "firewall"
    assert len(whole.remarks) == 1
    assert "`| count() by src_ip > 5` is read as the correlation `event_count`" in whole.remarks[0].reason
    assert (whole.remarks[0].line, whole.remarks[0].column) == (16, 14)


@pytest.mark.parametrize(
    ("condition", "span", "words"),
    [
        ("refused | count() > 5", 86_400, "so 1d is taken"),
        ("refused | near later", 300, "so 5m is taken"),
    ],
)
def test_without_a_timeframe_a_usual_one_is_taken_and_told(condition: str, span: int, words: str) -> None:
    found, whole = correlation_of(old(condition, timeframe=""))
    assert found.span == span
    assert words in whole.remarks[0].reason


def test_rules_without_an_id_are_known_by_their_name_or_title() -> None:
    text = old("refused | near later").replace("id: 11111111-2222-3333-4444-555555555555\n", "")
    assert correlation_of(text)[0].rules == ("Many_refused.part1", "Many_refused.part2")
    assert correlation_of(f"name: many\n{text}")[0].rules == ("many.part1", "many.part2")


def test_the_lookup_stays_with_what_is_counted() -> None:
    found = revived(old("refused | count() > 5") + "tocsin.lookup: {outside: office}\n")
    assert found is not None
    assert found.counted[0].get("tocsin.lookup") is not None
    assert found.correlation.get("tocsin.lookup") is None


def test_rules_of_today_are_left_alone() -> None:
    assert revived(old("refused", timeframe="")) is None
    assert revived("title: x\ncorrelation: {type: temporal}\n") is None
    assert revived("title: x\ndetection: [a]\n") is None
    assert revived("title: x\ndetection: {a: {b: c}, condition: [a, 'a | count() > 1']}\n") is None
    assert revived("title: x\ndetection: {a: {b: c}, condition: 5}\n") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (old("refused | max(bytes) by a > 5"), r"No correlation measures `max\(bytes\)`"),
        (old("refused | sum() by a > 5"), r"No correlation measures `sum\(\)`"),
        (old("refused | count() by a"), "cannot be read"),
        (old("refused | count() > five"), "cannot be read"),
        (old("refused | count() > 5 | count() > 5"), "cannot be read"),
        (old("refused | count() < 1"), "only when nothing happened"),
        (old("refused | count() <= 0"), "only when nothing happened"),
        (old("refused | count() == 0"), "only when nothing happened"),
        (old("refused | near nothing"), "cannot be read at `nothing`"),
        (old("refused | near later or own"), "cannot be read at `later or own`"),
        (old("refused | near (later)"), r"cannot be read at `\(later\)`"),
        (old("refused | count() > 5", timeframe="[10m]"), "must be text"),
    ],
)
def test_what_no_correlation_can_say_is_refused(text: str, words: str) -> None:
    with pytest.raises(RuleRejected, match=words) as caught:
        revived(text)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (old("refused | count() > 5", timeframe="soon"), "`timespan`"),
        (old("missing | count() > 5"), "names no selection"),
        (old("(refused and own) and not own | count() > 5"), "something and its contrary"),
        (old("refused and not (refused and own) and own | count() > 5"), "something and its contrary"),
    ],
)
def test_a_revived_rule_with_a_fault_is_a_problem_and_leaves_nothing_behind(text: str, words: str) -> None:
    found = load([("old.yml", text)])
    assert (found.rules, found.correlations, found.remarks) == ((), (), ())
    assert len(found.problems) == 1
    assert words in found.problems[0].reason


def test_a_revived_rule_cannot_take_an_id_that_is_used() -> None:
    found = load([("a.yml", old("refused | count() > 5")), ("b.yml", old("later | count() > 5"))])
    assert (len(found.rules), len(found.correlations)) == (1, 1)
    assert ["already used" in problem.reason for problem in found.problems] == [True]


def test_a_condition_that_may_hold_is_kept() -> None:
    correlation_of(old("refused and not (own and later) | count() > 5"))


class Story:
    """Records at seconds, judged by one old rule: when it fires, and how many signals each alert holds."""

    def __init__(self, make_plan: MakePlan, make_signal: MakeSignal) -> None:
        self._make_plan = make_plan
        self._make_signal = make_signal

    def told(self, text: str, *story: tuple[float, Mapping[str, Any]]) -> list[int]:
        plan = self._make_plan(text)
        signals = [
            self._make_signal({"category": "firewall", **record}, at=at, position=number)
            for number, (at, record) in enumerate(story)
        ]
        judged = plan.judge(WindowState(), signals)
        closed = plan.finish(judged.state, heard=micros(signals[-1].time) + DAY)
        alerts = latest((*judged.alerts, *closed.alerts))
        return sorted(alert.count for alert in alerts)


@pytest.fixture
def story(make_plan: MakePlan, make_signal: MakeSignal) -> Story:
    return Story(make_plan, make_signal)


DENIED = {"action": "denied", "src_ip": "198.51.100.7"}
ALLOWED = {"action": "allowed", "src_ip": "198.51.100.7"}
OWN = {"src_ip": "10.0.0.1"}


def test_a_count_fires_above_its_bound(story: Story) -> None:
    rule = old("refused and not own | count() by src_ip > 5")
    assert story.told(rule, *((second, DENIED) for second in range(6))) == [6]
    assert story.told(rule, *((second, DENIED) for second in range(5))) == []
    assert story.told(rule, *((second * 121, DENIED) for second in range(6))) == []
    assert story.told(rule, *((second, {**DENIED, **OWN}) for second in range(9))) == []
    assert (
        story.told(rule, *((second, {**DENIED, "src_ip": f"198.51.100.{second}"}) for second in range(9)))
        == []
    )


def test_a_count_of_a_field_counts_its_values(story: Story) -> None:
    rule = old("refused | count(dst_port) by src_ip > 3")
    assert story.told(rule, *((port, {**DENIED, "dst_port": port}) for port in range(4))) == [4]
    assert story.told(rule, *((port, {**DENIED, "dst_port": port % 3}) for port in range(9))) == []


def test_a_rare_thing_is_told_when_the_time_is_over(story: Story) -> None:
    rule = old("refused | count() by src_ip < 3")
    assert story.told(rule, (0, DENIED), (60, DENIED)) == [2]
    assert story.told(rule, (0, DENIED), (60, DENIED), (120, DENIED)) == []
    often = [(minute * 60, DENIED) for minute in range(60)]
    assert story.told(rule, *often) == []
    own = old("refused | count() by src_ip < 3") + "tocsin.for: 1m\n"
    assert correlation_of(own)[0].extensions.pending == 60


def test_near_asks_for_all_parts_in_any_order(story: Story) -> None:
    rule = old("refused | near later and own")
    assert story.told(rule, (0, OWN), (300, ALLOWED), (600, DENIED)) == [3]
    assert story.told(rule, (0, OWN), (300, ALLOWED), (601, DENIED)) == []
    assert story.told(rule, (0, ALLOWED), (1, DENIED)) == []


def test_near_and_not_waits_until_the_time_is_over(story: Story) -> None:
    rule = old("refused | near later and not own")
    assert len(story.told(rule, (0, ALLOWED), (300, DENIED))) == 1
    assert story.told(rule, (0, ALLOWED), (300, DENIED), (310, OWN)) == []
