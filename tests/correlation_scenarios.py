"""Random correlation scenarios: a rule of any kind, a few dozen signals, and how our engine judges them.

A scenario depends on its seed alone, so a failure is reproduced by naming the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from tocsin.detection.engine import Plan, compile_plan, latest
from tocsin.detection.rules import load
from tocsin.detection.sigma import tables
from tocsin.detection.state import WindowState, instant, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

START = micros(datetime(2026, 1, 5, tzinfo=UTC))
SECOND = 1_000_000
LATENESS = 60
ROOT = "x"

POSITIVE = ("{0} and {1}", "{0} or {1}", "{0} and ({1} or {2})", "({0} and {2}) or ({1} and {2})")
NEGATIVE = (
    "{0} and not {1}",
    "{0} and not {1}",
    "{0} and {1} and not {2}",
    "({0} or {1}) and not {2}",
    "{0} and not ({1} or {2})",
    "{0} and not ({1} and {2})",
    "{0} or ({1} and not {2})",
)
COUNTS = ("event_count", "value_count")
NUMERIC = ("value_sum", "value_avg", "value_percentile", "value_median")
PERCENTILES = (0, 10, 25, 50, 75, 90, 95, 99, 100)
OPERATORS = ("gte", "gte", "gt", "lt", "lte", "eq", "neq")


@dataclass(frozen=True, slots=True)
class Section:
    """One correlation document; `condition` is YAML of a map, a text, or empty. `keys` stand beside it."""

    name: str
    kind: str
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    span: int
    condition: str = ""
    field: str = ""
    aliases: str = ""
    keys: tuple[str, ...] = ()

    @property
    def is_ordered(self) -> bool:
        return self.kind == "temporal_ordered"

    @property
    def is_expression(self) -> bool:
        return bool(self.condition) and not self.condition.startswith("{")

    def text(self) -> str:
        lines = [
            "---",
            f"title: {self.name}",
            f"name: {self.name}",
            "level: high",
            "correlation:",
            f"  type: {self.kind}",
            f"  rules: [{', '.join(self.rules)}]",
            f"  timespan: {self.span}s",
        ]
        lines += [f"  group-by: [{', '.join(self.group_by)}]"] if self.group_by else []
        lines += [f"  condition: {self.condition}"] if self.condition else []
        lines += [f"  aliases: {self.aliases}"] if self.aliases else []
        return "\n".join((*lines, *self.keys)) + "\n"


@dataclass(frozen=True, slots=True)
class Event:
    """One signal: when it happened and how much later it comes, in microseconds, and its record."""

    at: int
    delay: int
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Rules and signals; `until` is up to when the sources are heard, in microseconds since the start."""

    seed: int
    base: tuple[str, ...]
    sections: tuple[Section, ...]
    events: tuple[Event, ...]
    until: int

    @property
    def root(self) -> Section:
        return self.sections[-1]

    def text(self) -> str:
        return "".join(detection(word) for word in self.base) + "".join(each.text() for each in self.sections)

    def with_keys(self, *keys: str) -> Scenario:
        """Return the scenario with `tocsin.*` lines on its last rule."""
        root = replace(self.root, keys=(*self.root.keys, *keys))
        return replace(self, sections=(*self.sections[:-1], root))

    def shown(self) -> str:
        """Return everything needed to understand a failure."""
        lines = [f"  {each.at / SECOND:g}s {orjson.dumps(each.record).decode()}" for each in self.events]
        return "\n".join((f"seed {self.seed}, until {self.until / SECOND:g}s", self.text(), *lines))


def detection(word: str) -> str:
    """Return a detection rule for records that have a field of this name."""
    return (
        f"---\ntitle: {word}\nname: {word}\nlogsource: {{category: test}}\n"
        f"detection: {{selection: {{{word}: 1}}, condition: selection}}\nlevel: low\n"
    )


def scenario(seed: int) -> Scenario:
    """Draw what Sigma's own keys can say; about one in four is a chain."""
    draw = random.Random(seed)
    base = tuple("abcd"[: draw.randint(2, 4)])
    group_by = draw.choice(((), ("user",), ("user",), ("user", "host")))
    span = draw.choice((5, 10, 20, 60))
    if draw.random() < 0.25:
        sections = _chain(draw, base, group_by, span)
    else:
        sections = (_section(draw, ROOT, base, group_by, span, field="value"),)
    events = _events(draw, base, span)
    last = max((each.at for each in events), default=0)
    return Scenario(seed, base, sections, events, last + draw.choice((0, span, 2 * span)) * SECOND)


def extended(seed: int) -> Scenario:
    """Draw a scenario whose rules also carry `tocsin.*` keys that suit them."""
    draw = random.Random(f"extended {seed}")
    drawn = scenario(seed)
    if draw.random() < 0.1:
        silent = Section(ROOT, "temporal", ("a", "b"), ("user",), drawn.root.span, "a and not b")
        heartbeat = replace(silent, keys=("tocsin.heartbeat: {inventory: users}",))
        return replace(drawn, sections=(heartbeat,))
    sections = tuple(replace(each, keys=_keys(draw, each)) for each in drawn.sections)
    return replace(drawn, sections=sections)


def _keys(draw: random.Random, section: Section) -> tuple[str, ...]:
    span = section.span
    choices = [
        (),
        ("tocsin.emit: each",),
        (f"tocsin.evidence_max: {draw.randint(1, 5)}",),
        (f"tocsin.allowed_lateness: {draw.choice((60, 90, 300))}s",),
    ]
    if "not" not in section.condition:
        choices += [
            ("tocsin.window: tumbling",),
            ("tocsin.window: session", f"tocsin.gap: {draw.randint(1, span)}s"),
            (f"tocsin.for: {draw.choice((1, span // 2, span))}s",),
            (f"tocsin.keep_firing_for: {draw.choice((1, span, 3 * span))}s",),
            (
                f"tocsin.for: {draw.randint(1, span)}s",
                f"tocsin.keep_firing_for: {draw.randint(1, 2 * span)}s",
            ),
        ]
    if section.kind in ("event_count", "value_count", "value_sum"):
        choices += [_baseline(draw, span)] * 2
    if section.kind == "event_count":
        bound = f"{draw.choice(('gt', 'gte', 'lt', 'lte'))}: {draw.choice((0.25, 0.5, 0.75))}"
        distinct = draw.choice(("", ", count_distinct: value"))
        ratio = f"tocsin.ratio: {{of: [a, b], min: {draw.randint(1, 4)}, {bound}{distinct}}}"
        choices += [(ratio,)] * 3
    if section.kind == "value_count":
        history, warmup = draw.choice((span, 3 * span, 20 * span)), draw.choice((0, span))
        choices += [
            (f"tocsin.new_value: {{field: {section.field}, history: {history}s, warmup: {warmup}s}}",)
        ] * 3
    return draw.choice(choices)


def _baseline(draw: random.Random, span: int) -> tuple[str, ...]:
    way = draw.choice(("method: ratio, ratio: 1.5", "method: tail, p: 0.2", "method: mad, ratio: 2"))
    return (
        f"tocsin.baseline: {{history: {draw.choice((4, 8)) * span}s, season: none, {way}, "
        f"min: {draw.randint(1, 3)}, warmup: {draw.choice((1, 3)) * span}s, "
        f"freeze_on_alert: {draw.choice(('true', 'false'))}, peer: host}}",
    )


def _chain(
    draw: random.Random, base: Sequence[str], group_by: tuple[str, ...], span: int
) -> tuple[Section, ...]:
    child = _section(draw, "k", base, group_by, span, field="value")
    rules = ("k",) if draw.random() < 0.4 else ("k", draw.choice(base))
    # Only what the child groups by is known of its firings.
    kept = group_by[: draw.randint(0, len(group_by))]
    # What a chain of rules measures is left open by Sigma, so nothing is built on that.
    fields = (*group_by, *(() if child.is_ordered else (child.kind,)))
    field = draw.choice(fields) if fields and len(rules) == 1 else ""
    while True:
        root = _section(draw, ROOT, rules, kept, draw.choice((span, 2 * span)), field=field, aliased=False)
        if root.kind not in NUMERIC or field == child.kind:
            return child, root


def _section(
    draw: random.Random,
    name: str,
    rules: Sequence[str],
    group_by: tuple[str, ...],
    span: int,
    *,
    field: str,
    aliased: bool = True,
) -> Section:
    kinds = ["event_count", "temporal", "temporal", "temporal_ordered", "temporal_ordered"]
    kinds += ["value_count", *NUMERIC] if field else []
    kind = draw.choice(kinds)
    chosen = tuple(draw.sample(list(rules), draw.randint(1 if len(rules) == 1 else 2, len(rules))))
    section = Section(name, kind, chosen, group_by, span)
    if aliased and group_by and draw.random() < 0.2:
        section = replace(section, aliases=f"{{user: {{{chosen[0]}: actor, {chosen[-1]}: user}}}}")
    if kind.startswith("temporal"):
        return _temporal(draw, section)
    operator = draw.choice(OPERATORS)
    if kind == "event_count":
        return replace(section, condition=f"{{{operator}: {draw.randint(1, 5)}}}")
    if kind == "value_count":
        return replace(
            section, field=field, condition=f"{{field: {field}, {operator}: {draw.randint(1, 4)}}}"
        )
    bound = draw.choice((0, 2, 3, 4.5, 7, 12))
    more = ""
    if kind == "value_percentile":
        percentile = draw.choice(PERCENTILES)
        # At other percentiles two ways of rounding may part, so no value is to lie on the bound.
        bound += 0 if percentile % 25 == 0 else 0.33
        more = f", percentile: {percentile}"
    return replace(section, field=field, condition=f"{{field: {field}, {operator}: {bound}{more}}}")


def _temporal(draw: random.Random, section: Section) -> Section:
    way = draw.random()
    if way < 0.3:
        return section
    if way < 0.5:
        most = len(section.rules)
        operators = ("gte",) if section.is_ordered else ("gte", "gte", "eq", "lte")
        return replace(section, condition=f"{{{draw.choice(operators)}: {draw.randint(1, most)}}}")
    most = 3 if len(section.rules) > 2 else 2
    shapes = [each for each in draw.choice((POSITIVE, NEGATIVE, NEGATIVE)) if most == 3 or "{2}" not in each]
    if len(section.rules) < 2:
        return section
    shape = draw.choice(shapes)
    used = section.rules[: 3 if "{2}" in shape else 2]
    aliases = section.aliases if section.rules[-1] in used else ""
    return replace(section, rules=used, condition=shape.format(*used), aliases=aliases)


def _events(draw: random.Random, base: Sequence[str], span: int) -> tuple[Event, ...]:
    users = draw.sample(["ada", "ben", "Ärger"], draw.randint(1, 3))
    hosts = draw.sample(["h1", "h2"], draw.randint(1, 2))
    times: list[int] = []
    found = []
    for _ in range(draw.choice((5, 10, 20, 30, 40, 60))):
        at = _time(draw, times, span)
        times.append(at)
        record: dict[str, Any] = {"category": "test"}
        for word in draw.sample(list(base), draw.choice((1, 1, 1, 2, len(base)))):
            record[word] = 1
        for key, names in (("user", users), ("host", hosts), ("actor", users)):
            if draw.random() > 0.06:
                record[key] = _spelled(draw, draw.choice(names))
        if draw.random() > 0.1:
            record["value"] = draw.choice((0, 1, 2, 3, 5, 8, -4, 2.5, "2", "3", "x", "X", "", None))
        found.append(Event(at, draw.randrange(LATENESS * SECOND), record))
    return tuple(found)


def _time(draw: random.Random, times: Sequence[int], span: int) -> int:
    """Return a time: anywhere, the same as another, or exactly at the edge of its window and beside it."""
    way = draw.random()
    if not times or way < 0.5:
        return draw.randrange(0, 16 * span) * SECOND // 4
    other = draw.choice(times)
    if way < 0.65:
        return other
    beside = draw.choice((0, 0, -250_000, 250_000))
    return max(0, other + draw.choice((-1, 1)) * span * SECOND + beside)


def _spelled(draw: random.Random, name: str) -> str:
    return draw.choice((name, name, name.upper(), name.lower()))


USERS = "name: users\nkey: [user]\nvalues: [ada, ben, zoe]\n"


def plan_of(text: str) -> Plan:
    """Compile rules that must have no problem; there is a table `users`."""
    loaded = load([("scenario.yml", text)], tables.read([("users.yml", USERS)], []))
    if loaded.problems:
        raise ValueError(f"{loaded.problems[0]}\n{text}")
    return compile_plan(loaded, levels={"high": Severity.P2, "low": Severity.P4})


def signals_of(events: Iterable[Event], *, one_source: bool) -> list[Signal]:
    """Return the signals in order of time; of one source, its sequence tells which of a tie came first."""
    found = []
    for number, event in enumerate(sorted(events, key=lambda each: each.at)):
        raw = orjson.dumps(event.record)
        source = "s" if one_source else f"s{number:03}"
        time = instant(START + event.at)
        found.append(Signal(raw=raw, record=orjson.loads(raw), time=time, source=source, position=number))
    return found


def judged(
    plan: Plan, batches: Iterable[Sequence[Signal]], until: int, *, stored: bool = False
) -> tuple[DetectedAlert, ...]:
    """Return the final alerts of the last rule; with `stored` the state passes through bytes each time."""
    state, told, heard = WindowState(), [], START
    for batch in batches:
        if stored:
            state = WindowState.load(state.dump())
        heard = max([heard, *(micros(signal.time) for signal in batch)])
        outcome = plan.judge(state, batch, heard=heard)
        state = outcome.state
        told += outcome.alerts
    told += plan.finish(state, heard=START + until).alerts
    return tuple(each for each in latest(told) if each.rule_title == ROOT)


def late_again(events: Sequence[Event], order: str) -> tuple[Event, ...]:
    """Return the same signals, each late by a new delay within the allowed lateness, whatever the others."""
    return tuple(
        replace(each, delay=random.Random(f"{order} {each.at} {each.record}").randrange(LATENESS * SECOND))
        for each in events
    )


def arrivals(
    events: Sequence[Event],
    signals: Sequence[Signal],
    draw: random.Random,
    sizes: Sequence[int] = (1, 1, 2, 5, 20),
) -> list[list[Signal]]:
    """Return the signals as they arrive, each late by its delay, in batches of these sizes by chance."""
    ordered = sorted(events, key=lambda each: each.at)
    arrived = sorted(zip(ordered, signals, strict=True), key=lambda pair: pair[0].at + pair[0].delay)
    rest = [signal for _, signal in arrived]
    batches = []
    while rest:
        size = draw.choice(sizes)
        batch, rest = rest[:size], rest[size:]
        draw.shuffle(batch)
        batches.append(batch)
    return batches
