"""Streaming in any order and any batches says what the definition says, read slowly from all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detection.correlating import weighing
from tocsin.detection.correlating.clauses import clauses_of
from tocsin.detection.correlating.watched import bits_of
from tocsin.detection.engine import Hit, Plan, compile_plan, latest
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.sigma.correlation import BOUNDS, Correlation, Kind
from tocsin.detection.sigma.extension import Emit, WindowKind
from tocsin.detection.sigma.tables import read
from tocsin.detection.state import WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.signal import Signal

SECOND = 1_000_000
LATENESS = 60

BASE = "".join(
    f"""---
title: {word}
name: {word}
logsource: {{category: test}}
detection: {{s: {{{word}: 1}}, condition: s}}
level: low
"""
    for word in "abc"
)


def correlated(name: str, kind: str, more: str, rules: str = "[a, b]", group: str = "[user]") -> str:
    """Return a correlation document; `more` are lines of the section, behind `|` top-level ones."""
    section, _, top = more.partition("|")
    lines = "".join(f"  {line.strip()}\n" for line in section.split(";") if line.strip())
    tops = "".join(f"{line.strip()}\n" for line in top.split(";") if line.strip())
    return (
        f"---\ntitle: {name}\nname: {name}\nlevel: high\n{tops}correlation:\n  type: {kind}\n"
        f"  rules: {rules}\n  group-by: {group}\n{lines}"
    )


MANY = [
    correlated("x", "event_count", "timespan: 10s; condition: {gte: 3}"),
    correlated("x", "event_count", "timespan: 20s; condition: {gt: 1, lte: 3}"),
    correlated("x", "event_count", "timespan: 20s; condition: {gte: 2}; generate: true", group="[]"),
    correlated("x", "event_count", "timespan: 10s; condition: {lt: 2}"),
    correlated("x", "event_count", "timespan: 60s; condition: {eq: 2}", group="[]"),
    correlated("x", "event_count", "timespan: 10s; condition: {neq: 1}", group="[user, host]"),
    correlated("x", "event_count", "timespan: 20s; condition: {gte: 2} | tocsin.emit: each"),
    correlated("x", "event_count", "timespan: 20s; condition: {gte: 2} | tocsin.window: tumbling"),
    correlated(
        "x", "event_count", "timespan: 30s; condition: {gte: 3} | tocsin.window: session; tocsin.gap: 7s"
    ),
    correlated("x", "event_count", "timespan: 20s; condition: {gte: 2} | tocsin.evidence_max: 3"),
    correlated("x", "value_count", "timespan: 20s; condition: {field: value, gte: 2}"),
    correlated("x", "value_count", "timespan: 20s; condition: {field: value, lte: 2}"),
    correlated("x", "value_sum", "timespan: 20s; condition: {field: value, gt: 6}"),
    correlated("x", "value_avg", "timespan: 20s; condition: {field: value, gte: 3}"),
    correlated("x", "value_percentile", "timespan: 20s; condition: {field: value, gte: 3, percentile: 80}"),
    correlated("x", "value_median", "timespan: 20s; condition: {field: value, lt: 3}"),
    correlated("x", "temporal", "timespan: 10s", rules="[a, b, c]"),
    correlated("x", "temporal", "timespan: 10s; condition: {gte: 2}", rules="[a, b, c]"),
    correlated("x", "temporal", "timespan: 10s; condition: {eq: 1}", rules="[a, b, c]"),
    correlated("x", "temporal", "timespan: 10s; condition: a and (b or c)", rules="[a, b, c]"),
    correlated("x", "temporal", "timespan: 10s; condition: a and not b", rules="[a, b]"),
    correlated("x", "temporal", "timespan: 20s; condition: (a or b) and not c", rules="[a, b, c]"),
    correlated("x", "temporal_ordered", "timespan: 10s", rules="[a, b, c]"),
    correlated("x", "temporal_ordered", "timespan: 20s; condition: {gte: 2}", rules="[a, b, c]"),
    correlated("x", "temporal_ordered", "timespan: 20s; condition: {lt: 2}", rules="[a, b, c]"),
    correlated(
        "x", "temporal_ordered", "timespan: 20s; condition: (a and c) or (b and c)", rules="[a, b, c]"
    ),
    correlated("x", "temporal_ordered", "timespan: 20s; condition: a and b and not c", rules="[a, b, c]"),
    correlated(
        "x", "event_count", "timespan: 20s; condition: {gte: 1}| tocsin.ratio: {of: [a, c], min: 3, gte: 0.5}"
    ),
    correlated(
        "x",
        "event_count",
        "timespan: 20s; condition: {gte: 1}|tocsin.ratio: {of: [a, b], min: 2, lt: 1, count_distinct: value}",
        rules="[b]",
    ),
    correlated("x", "event_count", "timespan: 10s; condition: {gte: 2}; aliases: {user: {a: user, b: host}}"),
    correlated("k", "event_count", "timespan: 10s; condition: {gte: 2}")
    + correlated("x", "temporal_ordered", "timespan: 20s", rules="[k, c]"),
    correlated("k", "event_count", "timespan: 10s; condition: {gte: 2}", group="[user, host]")
    + correlated("x", "event_count", "timespan: 30s; condition: {gte: 2}; generate: true", rules="[k]"),
    correlated("k", "temporal", "timespan: 10s; condition: a and not b")
    + correlated("x", "temporal", "timespan: 30s", rules="[k, c]"),
    correlated("j", "temporal", "timespan: 10s", rules="[a, b]")
    + correlated("k", "event_count", "timespan: 20s; condition: {gte: 2}", rules="[j, c]")
    + correlated("x", "temporal", "timespan: 30s; condition: k and not c", rules="[k, c]"),
]


@dataclass(frozen=True)
class Point:
    """A hit in the slow reading."""

    time: int
    source: str
    position: int
    slots: frozenset[str]
    value: Any
    texts: tuple[str, ...]
    shown: tuple[str, int]
    origin: str = ""

    def place(self) -> tuple[Any, ...]:
        return (self.time, self.source, self.position, self.origin)

    def before(self, other: Point) -> bool:
        same = self.time == other.time and self.source == other.source
        return self.time < other.time or (same and self.position < other.position)


Fired = tuple[int, float, list[Point]]


class Slowly:
    """The definition: every condition asked at every instant over all signals, without any memory."""

    def __init__(self, rules: RuleSet, signals: Sequence[Signal], end: int) -> None:
        self.rules = rules
        self.end = end
        self.known = rules.by_reference()
        self.hits: dict[str, list[tuple[Point, dict[str, Any]]]] = {}
        for rule in rules.rules:
            self.hits[rule.key] = [
                (self._point(signal), dict(signal.record))
                for signal in signals
                if signal.record.get(rule.header.title) == 1
            ]
        self.alerts: list[tuple[Any, ...]] = []
        fed = {
            self.known[word].key for each in rules.correlations if not each.generate for word in bits_of(each)
        }
        for each in rules.correlations:
            self._correlation(each, emits=each.key not in fed)

    def _point(self, signal: Signal) -> Point:
        at = micros(signal.time)
        shown = (signal.source, signal.position)
        return Point(at, signal.source, signal.position, frozenset(), None, (), shown)

    def _correlation(self, each: Correlation, *, emits: bool) -> None:
        groups: dict[tuple[str, ...], dict[tuple[Any, ...], Point]] = {}
        aliases = {name: dict(fields) for name, fields in each.aliases}
        for word in bits_of(each):
            for point, record in self.hits[self.known[word].key]:
                texts = [record.get(aliases.get(name, {}).get(word, name)) for name in each.group_by]
                if None in texts:
                    continue
                value = self._value(each, record)
                if value is MISSING:
                    continue
                spelled = tuple(str(text) for text in texts)
                group = groups.setdefault(tuple(text.casefold() for text in spelled), {})
                known = group.get(point.place())
                spelled = known.texts if known else spelled
                slots = (known.slots if known else frozenset()) | {word}
                group[point.place()] = replace(point, slots=slots, value=value, texts=spelled)
        found = self.hits[each.key] = []
        for key, group in sorted(groups.items()):
            points = sorted(group.values(), key=Point.place)
            fired = Group(each, points, self.end).fired()
            for time, measured, inside in fired:
                last = inside[-1]
                source, position = (last.source, last.position) if last.time == time else ("", 0)
                child = Point(time, source, position, frozenset(), None, (), last.shown, f"{each.key}:{key}")
                record = {**dict(zip(each.group_by, last.texts, strict=True)), each.kind.value: measured}
                found.append((child, record))
            if emits:
                self.alerts += folded(each, fired)

    def _value(self, each: Correlation, record: dict[str, Any]) -> Any:
        ratio = each.extensions.ratio
        fields = (ratio.distinct,) if ratio and ratio.distinct else each.fields
        if not fields:
            return None
        value = record.get(fields[0])
        if value is None:
            return MISSING
        if each.kind is Kind.VALUE_COUNT or ratio:
            return str(value).casefold()
        try:
            return float(value)
        except ValueError:
            return MISSING


MISSING = object()


class Group:
    """All hits of one group, and when its condition holds."""

    def __init__(self, each: Correlation, points: list[Point], end: int) -> None:
        self.each = each
        self.points = points
        self.end = end
        self.span = each.span * SECOND
        words = list(bits_of(each))
        self.words = words
        bits = bits_of(each)
        clauses = clauses_of(each.expression, bits) if each.expression is not None else ()
        name = {bit: word for word, bit in bits.items()}
        self.clauses = [
            (
                [name[bit] for bit in name if clause.needed & bit],
                [name[bit] for bit in name if clause.absent & bit],
            )
            for clause in clauses
        ]

    def fired(self) -> list[Fired]:
        times = sorted({point.time for point in self.points})
        found = []
        for time in times:
            inside = self.window(time)
            measured = self.measured(inside)
            if measured is not None:
                found.append((time, measured, inside))
        for time in times:
            deadline = time + self.span
            inside = [point for point in self.points if time <= point.time <= deadline]
            if deadline <= self.end and self.missed(time, inside):
                seen = {word for point in inside for word in point.slots}
                found = [each for each in found if each[0] != deadline or not each[1]]
                found.append((deadline, len(seen), inside))
        return sorted(found, key=lambda each: each[0])

    def window(self, time: int) -> list[Point]:
        kind = self.each.extensions.window
        first = time - self.span
        if kind is WindowKind.TUMBLING:
            first = time // self.span * self.span
        if kind is WindowKind.SESSION:
            gap = (self.each.extensions.gap or self.each.span) * SECOND
            first = last = None
            for point in self.points:
                if point.time > time:
                    break
                if first is None or last is None or point.time - last > gap or point.time - first > self.span:
                    first = point.time
                last = point.time
        assert first is not None
        return [point for point in self.points if first <= point.time <= time]

    def measured(self, inside: list[Point]) -> float | None:
        each, ratio = self.each, self.each.extensions.ratio
        values = [point.value for point in inside]
        if ratio:
            own = [
                point.value if ratio.distinct else point for point in inside if point.slots & set(each.rules)
            ]
            whole = [
                point.value if ratio.distinct else point for point in inside if point.slots & set(ratio.of)
            ]
            above, below = len(set(own)), len(set(whole))
            if not above or not below or below < ratio.minimum or not each.satisfied(above):
                return None
            met = all(BOUNDS[name](above / below, bound) for name, bound in ratio.bounds)
            return above / below if met else None
        if each.kind.value.startswith("temporal"):
            return self.temporal(inside)
        if each.kind is Kind.EVENT_COUNT:
            number: float = len(inside)
        elif each.kind is Kind.VALUE_COUNT:
            number = len(set(values))
        elif each.kind is Kind.VALUE_SUM:
            number = sum(values)
        elif each.kind is Kind.VALUE_AVG:
            number = sum(values) / len(values)
        else:
            values.sort()
            place = (len(values) - 1) * (each.percentile if each.kind is Kind.VALUE_PERCENTILE else 50) / 100
            below = int(place)
            above = min(below + 1, len(values) - 1)
            number = values[below] + (values[above] - values[below]) * (place - below)
        return number if each.satisfied(number) else None

    def temporal(self, inside: list[Point]) -> float | None:
        seen = {word for point in inside for word in point.slots}
        ordered = self.each.kind is Kind.TEMPORAL_ORDERED
        if self.each.expression is not None:
            for needed, absent in self.clauses:
                if absent or not set(needed) <= seen:
                    continue
                if not ordered or chain(inside, needed) == len(needed):
                    return len(needed) if ordered else len(seen)
            return None
        number = chain(inside, self.words) if ordered else len(seen)
        met = self.each.satisfied(number) if self.each.bounds else number == len(self.words)
        return number if met and number else None

    def missed(self, time: int, inside: list[Point]) -> bool:
        seen = {word for point in inside for word in point.slots}
        anchor = {word for point in inside if point.time == time for word in point.slots}
        for needed, absent in self.clauses:
            if not absent or not set(needed) <= seen or set(absent) & seen or not anchor & set(needed):
                continue
            if self.each.kind is Kind.TEMPORAL or chain(inside, needed) == len(needed):
                return True
        return False


def chain(points: list[Point], words: list[str]) -> int:
    """Return the length of the longest chain of rules in the order of `words`, each later than the last."""
    best: dict[tuple[int, int], int] = {}
    steps = [
        (number, place) for number, p in enumerate(points) for place, w in enumerate(words) if w in p.slots
    ]
    for number, place in steps:
        before = [
            best[other, earlier]
            for other, earlier in steps
            if earlier < place and (other, earlier) in best and points[other].before(points[number])
        ]
        best[number, place] = 1 + max(before, default=0)
    return max(best.values(), default=0)


def folded(each: Correlation, fired: list[Fired]) -> list[tuple[Any, ...]]:
    """Return alerts: firings that follow within the quiet time are one, and each signal counts once."""
    quiet = (each.extensions.gap or each.span) * SECOND
    most = each.extensions.evidence_max
    if each.extensions.emit is Emit.EACH:
        return [alert(each, [inside], time, most) for time, _, inside in fired]
    bursts: list[tuple[int, list[Point]]] = []
    counted: set[Point] = set()
    for time, _, inside in fired:
        own = set(each.rules)
        fresh = [point for point in inside if point not in counted and point.slots & own]
        counted |= set(inside)
        if bursts and time - bursts[-1][0] <= quiet:
            bursts[-1] = (time, [*bursts[-1][1], *fresh])
        else:
            bursts.append((time, fresh))
    return [alert(each, [inside], time, most) for time, inside in bursts]


def alert(each: Correlation, parts: list[list[Point]], last: int, most: int) -> tuple[Any, ...]:
    points = [point for part in parts for point in part]
    head = most - most // 2
    shown = points[:head] + points[head:][-(most // 2) :] if most // 2 else points[:head]
    group = tuple(zip(each.group_by, points[0].texts, strict=True)) if points else ()
    first = points[0].time if points else last
    return (each.header.title, group, first, last, len(points), tuple(point.shown for point in shown))


def form(found: DetectedAlert) -> tuple[Any, ...]:
    return (
        found.rule_title,
        found.group,
        micros(found.first_seen),
        micros(found.last_seen),
        found.count,
        tuple((ref.source, ref.position) for ref in found.evidence),
    )


MORE = [
    correlated("x", "event_count", "timespan: 10s; condition: {gte: 2} | tocsin.for: 5s"),
    correlated(
        "x", "event_count", "timespan: 10s; condition: {lt: 2} | tocsin.for: 3s; tocsin.keep_firing_for: 9s"
    ),
    correlated(
        "x", "value_avg", "timespan: 20s; condition: {field: value, gte: 3}| tocsin.keep_firing_for: 30s"
    ),
    correlated(
        "k",
        "value_count",
        "timespan: 20s; condition: {field: value, gte: 1}"
        "| tocsin.new_value: {field: value, history: 50s, warmup: 10s}",
    )
    + correlated("x", "temporal_ordered", "timespan: 30s", rules="[k, c]"),
    correlated(
        "x",
        "event_count",
        "timespan: 10s; condition: {gte: 1}"
        "| tocsin.baseline: {history: 120s, season: none, method: ratio, ratio: 1.5, min: 2, warmup: 20s,"
        " peer: host}",
    ),
]


USERS = st.sampled_from(["ada", "Ada", "eve", None])
VALUES = st.sampled_from([0, 1, 2, 3, 5, "2", "4", "x", None])
FLAGS = st.sampled_from([("a",), ("a",), ("b",), ("b",), ("c",), ("a", "b"), ("b", "c"), ("a", "b", "c")])


@st.composite
def arrivals(draw: Any) -> list[tuple[int, int, dict[str, Any], str]]:
    """Draw (event time in seconds, delay, record, source) of some signals."""
    found = []
    for _ in range(draw(st.integers(0, 14))):
        record = {word: 1 for word in draw(FLAGS)}
        for name, values in (("user", USERS), ("host", USERS), ("value", VALUES)):
            if (value := draw(values)) is not None:
                record[name] = value
        time = draw(st.one_of(st.integers(0, 40), st.integers(0, 30).map(lambda n: n * 10)))
        found.append((time, draw(st.integers(0, LATENESS)), record, draw(st.sampled_from(["s", "s", "t"]))))
    return found


def streamed(plan: Plan, batches: Iterable[tuple[Sequence[Signal], int]], end: int, *, stored: bool) -> Any:
    """Judge batches and return the final alerts; with `stored` from bytes each time."""
    state = WindowState()
    told: list[DetectedAlert] = []
    for batch, heard in batches:
        if stored:
            state = WindowState.load(state.dump())
        judged = plan.judge(state, batch, heard=heard)
        state = judged.state
        told += judged.alerts
    told += plan.finish(state, heard=end).alerts
    return sorted(form(found) for found in latest(told) if found.rule_title not in "abc")


@pytest.mark.parametrize("text", MANY)
@settings(max_examples=25, deadline=None)
@given(signs=arrivals(), cuts=st.lists(st.integers(1, 6), min_size=15, max_size=15), stored=st.booleans())
def test_any_order_and_any_batches_say_what_the_definition_says(
    load_sound: Any, levels: Any, make_signal: Any, text: str, signs: Any, cuts: list[int], stored: bool
) -> None:
    rules = load_sound(BASE + text)
    plan = compile_plan(rules, levels=levels)
    signals = [
        (time + delay, make_signal({"category": "test", **record}, at=time, position=number, source=source))
        for number, (time, delay, record, source) in enumerate(sorted(signs, key=lambda each: each[0]))
    ]
    end = micros(make_signal({}, at=400).time)
    slowly = sorted(Slowly(rules, [signal for _, signal in signals], end).alerts)
    in_order = [([signal], micros(signal.time)) for _, signal in signals]
    assert streamed(plan, in_order, end, stored=stored) == slowly
    arrived = [signal for _, signal in sorted(signals, key=lambda each: each[0])]
    batches, newest = [], 0
    for size in cuts:
        batch, arrived = arrived[:size], arrived[size:]
        newest = max([newest, *(micros(signal.time) for signal in batch)])
        batches.append((batch[::-1], newest))
    assert streamed(plan, batches, end, stored=stored) == slowly


@pytest.mark.parametrize("text", MORE)
@settings(max_examples=25, deadline=None)
@given(signs=arrivals(), cuts=st.lists(st.integers(1, 6), min_size=15, max_size=15), stored=st.booleans())
def test_extensions_say_the_same_in_any_order_and_any_batches(
    load_sound: Any, levels: Any, make_signal: Any, text: str, signs: Any, cuts: list[int], stored: bool
) -> None:
    plan = compile_plan(load_sound(BASE + text), levels=levels)
    signals = [
        (time + delay, make_signal({"category": "test", **record}, at=time, position=number, source=source))
        for number, (time, delay, record, source) in enumerate(sorted(signs, key=lambda each: each[0]))
    ]
    end = micros(make_signal({}, at=400).time)
    in_order = [([signal], micros(signal.time)) for _, signal in signals]
    arrived = [signal for _, signal in sorted(signals, key=lambda each: each[0])]
    batches, newest = [], 0
    for size in cuts:
        batch, arrived = arrived[:size], arrived[size:]
        newest = max([newest, *(micros(signal.time) for signal in batch)])
        batches.append((batch[::-1], newest))
    whole = [([signal for _, signal in signals], end)]
    once = streamed(plan, whole, end, stored=stored)
    assert streamed(plan, batches, end, stored=stored) == once
    assert streamed(plan, in_order, end, stored=stored) == once


COUNT = correlated("x", "event_count", "timespan: 10s; condition: {gte: 90}", rules="[a]")
DAY = 86_400


def one(make_signal: Any, at: float, user: str = "ada", **more: Any) -> Signal:
    found: Signal = make_signal({"category": "test", "a": 1, "user": user, **more}, at=at, position=int(at))
    return found


def held_groups(state: WindowState) -> list[str]:
    return [g for shard in state.shards.values() for rule in shard.rules.values() for g in rule.groups]


def test_groups_that_can_no_longer_matter_are_forgotten(
    load_sound: Any, levels: Any, make_signal: Any
) -> None:
    plan = compile_plan(load_sound(BASE + COUNT), levels=levels)
    state = plan.judge(WindowState(), [one(make_signal, n, f"u{n}") for n in range(300)]).state
    assert len(held_groups(state)) > 60
    later = plan.judge(state, [one(make_signal, 900, f"v{n}") for n in range(300)]).state
    assert {group[2] for group in held_groups(later)} == {"v"}
    assert all(shard.heard for shard in later.shards.values())


def test_memory_is_bounded_and_the_loss_is_counted(
    load_sound: Any, levels: Any, make_signal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "MOST_HELD", 64)
    plan = compile_plan(load_sound(BASE + COUNT), levels=levels)
    state = plan.judge(WindowState(), [one(make_signal, n / 100, f"u{n}") for n in range(100)]).state
    found = held_groups(state)
    assert len(found) == 32
    # Those that were touched last are the ones that stay.
    assert min(int(group[3:-2]) for group in found) == 68
    (forgotten,) = plan.diagnostics(state)
    assert (forgotten.what, forgotten.count) == ("forgotten", 68)
    assert state.tips.keys() == {(key, group) for key, group in state.tips if group in found}


def test_only_touched_shards_are_dirty_and_the_state_before_stays(
    load_sound: Any, levels: Any, make_signal: Any
) -> None:
    plan = compile_plan(load_sound(BASE + COUNT), levels=levels)
    first = plan.judge(WindowState(), [one(make_signal, 1)])
    before = first.state.dump()
    second = plan.judge(first.state, [one(make_signal, 2), one(make_signal, 2, "eve")])
    assert first.state.dump() == before
    assert (len(first.dirty), len(second.dirty)) == (1, 2)
    after = second.state.dump()
    assert {n for n in after if after[n] != before.get(n) and n < 64} == second.dirty
    assert plan.judge(second.state, [make_signal({"category": "other"}, at=3)]).dirty == frozenset()
    stored = WindowState.load({**before, **second.state.dump(second.dirty)})
    assert held_groups(stored) == held_groups(second.state)


def test_rules_that_are_gone_are_dropped_from_the_shards_they_lie_in(
    load_sound: Any, levels: Any, make_signal: Any
) -> None:
    old = compile_plan(load_sound(BASE + COUNT), levels=levels)
    state = old.judge(WindowState(), [one(make_signal, n, f"u{n}") for n in range(9)]).state
    new = compile_plan(load_sound(BASE + COUNT.replace("90", "80")), levels=levels)
    judged = new.judge(state, [one(make_signal, 9 + n, f"u{n}") for n in range(300)])
    assert {key for shard in judged.state.shards.values() for key in shard.rules} == {
        key for shard in judged.state.shards.values() for key in shard.rules if key not in _keys(state)
    }
    assert new.finish(state).alerts == ()


def _keys(state: WindowState) -> set[str]:
    return {key for shard in state.shards.values() for key in shard.rules}


def test_late_signals_are_counted_and_their_own_rule_still_fires(
    load_sound: Any, levels: Any, make_signal: Any
) -> None:
    generating = COUNT.replace("{gte: 90}", "{gte: 2}\n  generate: true")
    plan = compile_plan(load_sound(BASE + generating), levels=levels)
    state = plan.judge(WindowState(), [one(make_signal, 200)]).state
    judged = plan.judge(state, [one(make_signal, 139), one(make_signal, 140), one(make_signal, 150)])
    assert sorted((alert.rule_title, alert.count) for alert in judged.alerts) == [("a", 4), ("x", 2)]
    (late,) = plan.diagnostics(judged.state)
    assert (late.what, late.count) == ("late", 1)


BEAT = correlated(
    "x",
    "temporal",
    "timespan: 60s; condition: a and not b| tocsin.heartbeat: {inventory: services}",
    group="[service]",
)


def test_an_inventory_is_watched_from_the_first_signal_on(levels: Any, make_signal: Any) -> None:
    tables = read([("t.yml", "name: services\nrows: [{value: web}, {value: db}]\n")], [])
    rules = load([("r.yml", BASE + BEAT)], tables=tables)
    plan = compile_plan(rules, levels=levels)
    first = plan.judge(WindowState(), [make_signal({"category": "z"}, at=30)])
    assert sorted(held_groups(first.state)) == ['["db"]', '["web"]']
    early = plan.judge(first.state, [make_signal({"category": "z"}, at=10)])
    assert early.state.observed == micros(make_signal({}, at=10).time)
    heard = plan.judge(early.state, [one(make_signal, 50, service="web", b=1)])
    told = plan.weigh(heard.state, [], heard=micros(make_signal({}, at=300).time))
    assert sorted((a.group[0][1], (a.first_seen - make_signal({}).time).seconds) for a in told.alerts) == [
        ("db", 10),
        ("web", 50),
    ]
    # What was told stays known, however long the silence is.
    silent = plan.weigh(
        told.state, [one_hit(make_signal, 90_000)], heard=micros(make_signal({}, at=90_000).time)
    )
    assert {'["db"]', '["web"]'} <= set(held_groups(silent.state))
    assert plan.weigh(silent.state, [], heard=micros(make_signal({}, at=99_000).time)).alerts == ()


def test_an_entity_heard_before_the_first_signal_came_is_watched_from_that_on(
    levels: Any, make_signal: Any
) -> None:
    tables = read([("t.yml", "name: services\nrows: [{value: web}]\n")], [])
    plan = compile_plan(load([("r.yml", BASE + BEAT)], tables=tables), levels=levels)
    signals = [make_signal({"category": "z"}, at=10), one(make_signal, 75, service="web", b=1)]
    for arrived in (signals, signals[::-1]):
        state, told = WindowState(), []
        for signal in arrived:
            judged = plan.judge(state, [signal], heard=micros(make_signal({}, at=69).time))
            state = WindowState.load(judged.state.dump())
            told += judged.alerts
        told += plan.finish(state, heard=micros(make_signal({}, at=100).time)).alerts
        assert [(a.first_seen - make_signal({}).time).seconds for a in latest(told)] == [10]


def test_a_firing_that_is_refined_shows_its_newest_signal(
    load_sound: Any, levels: Any, make_signal: Any
) -> None:
    chain = correlated("k", "event_count", "timespan: 20s; condition: {gte: 1}")
    chain += correlated("x", "temporal", "timespan: 20s| tocsin.emit: each", rules="[b, k]")
    plan = compile_plan(load_sound(BASE + chain), levels=levels)
    first, second, third = (
        make_signal({"category": "test", word: 1, "user": "ada"}, at=0, position=number)
        for number, word in enumerate("bba")
    )
    state, told = WindowState(), []
    for batch in ([first, second], [third]):
        judged = plan.judge(state, batch)
        state = judged.state
        told += judged.alerts
    (alert,) = latest(told)
    assert [ref.position for ref in alert.evidence] == [0, 1, 2]


def one_hit(make_signal: Any, at: float) -> Hit:
    return Hit(one(make_signal, at, service="other"), (1,))


def test_a_window_that_goes_on_knows_what_was_usual_when_it_began(
    load_sound: Any, levels: Any, make_signal: Any
) -> None:
    habit = correlated(
        "x",
        "event_count",
        "timespan: 1d; condition: {gte: 1}"
        "| tocsin.baseline: {history: 7d, season: none, method: ratio, ratio: 2, min: 3, warmup: 1d}",
        rules="[a]",
    )
    plan = compile_plan(load_sound(BASE + habit), levels=levels)
    state, told = WindowState(), []
    for at in (0, DAY, 2 * DAY, 2 * DAY + 70, 2 * DAY + 140, 2 * DAY + 210):
        judged = plan.judge(state, [one(make_signal, at)], heard=micros(make_signal({}, at=at + 61).time))
        state = WindowState.load(judged.state.dump())
        told += judged.alerts
    assert [alert.count for alert in told] == [3, 4]
    assert told[-1].description == "4 signals, usual 1 (7 days)"
