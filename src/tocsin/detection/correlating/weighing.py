"""Weigh a batch of hits on a state: route them to groups, step every watermark, collect what is to tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush

import msgspec

from tocsin.detection.baselines.model import Usual
from tocsin.detection.baselines.seasons import Seasons
from tocsin.detection.correlating.bursts import Told
from tocsin.detection.correlating.feeding import Feed
from tocsin.detection.correlating.group import Outcome, Span, Tip, weighed
from tocsin.detection.correlating.habit import Populations, baseline_of, nobody, populations
from tocsin.detection.correlating.hearing import Heard, Hearing
from tocsin.detection.correlating.watched import MICROS, Watched
from tocsin.detection.state import (
    FOREVER,
    NEVER,
    POPULATION,
    SHARDS,
    Alarm,
    GroupState,
    Held,
    RuleState,
    Shard,
    WindowState,
    held,
    micros,
    shard_of,
)
from tocsin.domain.signal import Signal

# Hits and groups that one rule holds together; beyond it the group touched longest ago is forgotten.
MOST_HELD = 200_000

# What correlations count for the operator: excluded signals (T1, T2), late and forgotten ones, and deadlines
# that the end of the input left open.
LATE = "late"
FORGOTTEN = "forgotten"
INCOMPLETE_WINDOW = "incomplete_window"


class Watch:
    """All rules that are watched, children before parents, and what finds their places quickly."""

    def __init__(self, rules: Sequence[Watched], feeds: Mapping[int, Feed]) -> None:
        self.rules = rules
        self.feeds = feeds
        self.places = {rule.key: place for place, rule in enumerate(rules)}
        self.inventories = tuple(place for place, rule in enumerate(rules) if rule.entities)

    def rule(self, key: str) -> Watched | None:
        """Return the rule of this key, None if it is not watched any more."""
        place = self.places.get(key)
        return None if place is None else self.rules[place]


class Weighing:
    """One batch being weighed, on copies of the shards it touches; the state it began with stays as it is.

    What it costs goes with what the batch touches and with what is due, not with how many rules there are.
    """

    def __init__(self, watch: Watch, state: WindowState) -> None:
        self._watch = watch
        self._watched = watch.rules
        self._state = state
        self._shards = dict(state.shards)
        self._owned: set[int] = set()
        self._hearing = Hearing(watch.rules, state)
        self._heard = NEVER
        self._observed = FOREVER
        self._touched: set[tuple[int, str]] = set()
        self._arrivals: dict[int, dict[str, list[Held]]] = {}
        # The places that something arrived at, as a heap.
        self._waiting: list[int] = []
        # Looks ahead go on from batch to batch; the older state does without, at the price of doing it again.
        self._tips, state.tips = state.tips, {}
        self.told: dict[str, tuple[Watched, Told]] = {}

    def take(self, signal: Signal, places: Sequence[int]) -> None:
        """Take one signal that the detection rules at these places matched."""
        time = micros(signal.time)
        slots: dict[int, int] = {}
        self._hearing.feed(places, signal.source)
        for place in places:
            rule = self._watched[place]
            if rule.emits:
                self._at(place).setdefault("[]", []).append(held(signal, 1))
            for parent, bits in rule.parents:
                slots[parent] = slots.get(parent, 0) | bits
        for parent, bits in slots.items():
            self._feed(parent, self._watch.feeds[parent].of_signal(signal, time, bits))

    def _feed(self, place: int, found: Iterable[tuple[str, Held] | str]) -> None:
        for fed in found:
            if isinstance(fed, str):
                self._count(self._watched[place], fed)
            else:
                self._at(place).setdefault(fed[0], []).append(fed[1])

    def _at(self, place: int) -> dict[str, list[Held]]:
        """Return what arrived at a place, by group; from now on it is to be weighed."""
        arrivals = self._arrivals.get(place)
        if arrivals is None:
            arrivals = self._arrivals[place] = {}
            heappush(self._waiting, place)
        return arrivals

    def observe(self, oldest: int) -> None:
        """Note the oldest event time of a batch, whether anything matched or not."""
        self._observed = min(self._observed, oldest)

    def step(self, heard: Heard, *, closing: bool = False) -> None:
        """Weigh what was taken now that the sources were heard up to `heard`; children before parents."""
        everywhere = self._hearing.hear(heard)
        self._heard = NEVER if isinstance(heard, Mapping) else everywhere
        self._observed = min(self._observed, everywhere)
        due = self._due(closing=closing)
        for place in (*due, *self._watch.inventories):
            self._at(place)
        while self._waiting:
            place = heappop(self._waiting)
            self._weigh(place, due.get(place, ()), closing=closing)
        self._seal()

    def _weigh(self, place: int, due: Iterable[str], *, closing: bool) -> None:
        rule, arrivals = self._watched[place], self._arrivals[place]
        for group in (*due, *self._unwatched(rule)):
            arrivals.setdefault(group, [])
        if not arrivals:
            return
        span = self._span(rule, closing=closing)
        if rule.extensions.baseline is not None:
            self._habits(place, rule, span)
            return
        for group, hits in arrivals.items():
            self._group(place, group, hits, span)

    def _span(self, rule: Watched, *, closing: bool) -> Span:
        now = self._hearing.now(rule)
        watermark = now + 1 if closing else now - rule.lateness
        return Span(self._hearing.before(rule) - rule.lateness, watermark, closing)

    def result(self, newest: int) -> tuple[WindowState, frozenset[int]]:
        """Return the next state, which has seen signals up to `newest`, and the shards that differ."""
        heard = max(self._state.heard, self._heard)
        newest = max(self._state.newest, newest)
        for number in self._owned:
            shard = self._shards[number]
            shard.heard, shard.newest = heard, newest
        common = self._shards.get(POPULATION, Shard())
        observed = min(common.observed, self._observed)
        self._shards[POPULATION] = Shard(
            heard=heard, newest=newest, observed=observed, populations=common.populations
        )
        state = WindowState(self._shards)
        state.tips = self._tips
        return state, frozenset(self._owned)

    def _due(self, *, closing: bool) -> dict[int, list[str]]:
        """Return the groups, by place, for which something is to be decided although nothing arrived."""
        found: dict[int, list[str]] = {}
        for shard in self._shards.values():
            for key, kept in shard.rules.items():
                rule = self._watch.rule(key) if closing or kept.due != FOREVER else None
                if rule is None:
                    continue
                watermark = FOREVER if closing else self._hearing.now(rule) - rule.lateness
                if closing or kept.due < watermark:
                    found.setdefault(self._watch.places[key], []).extend(
                        group for group, state in kept.groups.items() if closing or state.due < watermark
                    )
        return found

    def _habits(self, place: int, rule: Watched, span: Span) -> None:
        """Step a baseline from window to window: all groups learn one before any is judged in the next."""
        seasons = Seasons(baseline_of(rule), rule.span // MICROS)
        arrivals = self._arrivals[place]
        for group, hits in arrivals.items():
            self._group(place, group, hits, Span(span.before, span.before))
        waiting = {
            seasons.start(hit.time)
            for group in arrivals
            for hit in self._rule(shard_of(rule.key, group), rule.key).groups[group].pending
            if hit.time < span.watermark
        }
        for start in sorted(waiting):
            for group in arrivals:
                self._group(place, group, [], Span(span.before, start, populations=self._usual(rule)))
            self._learn(rule, start, seasons)
        for group in arrivals:
            self._group(place, group, [], replace(span, populations=self._usual(rule)))

    def _learn(self, rule: Watched, start: int, seasons: Seasons) -> None:
        """Note what is usual among all groups when a window begins."""
        common = self._shard(POPULATION)
        if f"{start}|" in common.populations.get(rule.key, {}):
            return
        habits = [
            state.habit
            for shard in self._shards.values()
            if rule.key in shard.rules
            for state in shard.rules[rule.key].groups.values()
            if state.habit is not None
        ]
        found = populations(habits, start, seasons)
        common.populations[rule.key] = {f"{start}|{peer}": known for peer, known in found.items()}

    def _usual(self, rule: Watched) -> Populations:
        known = self._shards.get(POPULATION, Shard()).populations.get(rule.key, {})

        def among(start: int, peer: str) -> Usual:
            found = known.get(f"{start}|{peer}") or known.get(f"{start}|")
            return Usual(*found) if found is not None else nobody(start, peer)

        return among

    def _unwatched(self, rule: Watched) -> Iterator[str]:
        """Yield the entities that were never heard, and are not watched for as long as we know by now."""
        if not rule.entities:
            return
        observed = self._watched_since(rule)
        for group in rule.entities:
            shard = self._shards.get(shard_of(rule.key, group))
            kept = shard.rules.get(rule.key) if shard is not None else None
            state = kept.groups.get(group) if kept is not None else None
            if state is None or (_is_unheard(state) and observed < (state.alarm or Alarm(FOREVER)).since):
                yield group

    def _watched_since(self, rule: Watched) -> int:
        """Return since when a rule's inventory is watched: the first signal's time that was not too late."""
        before = self._hearing.before(rule)
        if before == NEVER:
            return self._observed
        return min(self._state.observed, max(self._observed, before - rule.lateness))

    def _group(self, place: int, group: str, hits: list[Held], span: Span) -> None:
        rule = self._watched[place]
        kept = self._rule(shard_of(rule.key, group), rule.key)
        state = kept.groups.pop(group, None)
        old = state if state is not None else GroupState()
        if group in rule.entities and _is_unheard(old):
            old = _watched_since(old, self._watched_since(rule))
        tip: Tip | None = self._tips.pop((rule.key, group), None)
        outcome = weighed(rule, group, old, hits, span, tip)
        kept.size += outcome.state.size() - (old.size() if state is not None else -1)
        kept.groups[group] = outcome.state
        if outcome.tip is not None:
            self._tips[rule.key, group] = outcome.tip
        self._tell(place, group, outcome)

    def _tell(self, place: int, group: str, outcome: Outcome) -> None:
        rule = self._watched[place]
        self.told.update((told[0], (rule, told)) for told in outcome.news)
        for name, count in ((LATE, len(outcome.late)), (INCOMPLETE_WINDOW, outcome.unfinished)):
            if count:
                self._count(rule, name, count)
        for parent, bits in rule.parents if outcome.firings else ():
            feed = self._watch.feeds[parent]
            for firing in outcome.firings:
                self._feed(parent, feed.of_firing(rule, group, firing, bits))

    def _count(self, rule: Watched, name: str, by: int = 1) -> None:
        """Count something that the operator should see."""
        counters = self._rule(shard_of(rule.key, ""), rule.key).counters
        counters[name] = counters.get(name, 0) + by

    def _rule(self, number: int, key: str) -> RuleState:
        """Return our own copy of what a shard knows of a rule."""
        shard = self._shard(number)
        kept = shard.rules.get(key)
        if (number, key) not in self._touched:
            self._touched.add((number, key))
            kept = shard.rules[key] = _copied(kept)
        assert kept is not None, "a touched rule has a state"
        return kept

    def _shard(self, number: int) -> Shard:
        """Return our own copy of a shard, without the rules that are no longer there."""
        if number not in self._owned:
            self._owned.add(number)
            old = self._shards.get(number, Shard())
            rules = {key: kept for key, kept in old.rules.items() if key in self._watch.places}
            kept = {key: dict(found) for key, found in old.populations.items() if key in self._watch.places}
            self._shards[number] = Shard(rules=rules, populations=kept, observed=old.observed)
        return self._shards[number]

    def _seal(self) -> None:
        """Let go of what can no longer matter, and note when each touched rule is due again."""
        for number, key in sorted(self._touched):
            place, kept = self._watch.places[key], self._shards[number].rules[key]
            rule = self._watched[place]
            kept.heard = self._hearing.now(rule)
            kept.sources = sorted({*kept.sources, *self._hearing.sources(rule)})
            self._sweep(rule, kept, kept.heard - rule.lateness)
            if kept.size * SHARDS > MOST_HELD:
                self._bound(rule)
            kept.due = min((state.due for state in kept.groups.values()), default=FOREVER)

    def _sweep(self, rule: Watched, kept: RuleState, watermark: int) -> None:
        """Forget groups that are over, from the one touched longest ago to the first that still matters."""
        for group, state in list(kept.groups.items()):
            if group in rule.entities:
                continue
            if state.due != FOREVER or state.newest + rule.retention >= watermark:
                break
            self._forget(rule, kept, group)

    def _forget(self, rule: Watched, kept: RuleState, group: str) -> int:
        size = kept.groups.pop(group).size()
        kept.size -= size + 1
        self._tips.pop((rule.key, group), None)
        return size

    def _bound(self, rule: Watched) -> None:
        """Forget the groups touched longest ago until the rule holds no more than it may."""
        shards = {n: shard.rules[rule.key] for n, shard in self._shards.items() if rule.key in shard.rules}
        while sum(kept.size for kept in shards.values()) > MOST_HELD:
            number = min(
                (n for n, kept in shards.items() if kept.groups),
                key=lambda n: next(iter(shards[n].groups.values())).newest,
            )
            kept = shards[number] = self._rule(number, rule.key)
            self._count(rule, FORGOTTEN, self._forget(rule, kept, next(iter(kept.groups))))


def _copied(kept: RuleState | None) -> RuleState:
    if kept is None:
        return RuleState()
    return msgspec.structs.replace(kept, groups=dict(kept.groups), counters=dict(kept.counters))


def _is_unheard(state: GroupState) -> bool:
    """Say whether nothing of an entity is settled; what it sent may still stand behind what comes late."""
    return state.alarm is None or state.alarm.cleared == NEVER


def _watched_since(state: GroupState, observed: int) -> GroupState:
    """Return the state of an entity that was never heard, watched from when the first signal was seen."""
    since = observed if state.alarm is None else min(observed, state.alarm.since)
    return msgspec.structs.replace(state, alarm=Alarm(since, state.alarm.firing if state.alarm else NEVER))
