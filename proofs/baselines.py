"""Baselines on a simulated year of work: how many spikes are found, and how often somebody is called in vain.

`python proofs/baselines.py [--users 1000] [--days 90]`. Users read records at rates of their own (log-normal,
median 5 a day, variance three times the mean, 15 % of that at weekends); 200 of their days hold a spike.
Beside them: users who begin in the middle, some with a spike on their third day (cold start), one who spikes
every day and one who grows slowly (poisoning). Everything passes the engine, as signals. Ends with 1 when
fewer than 95 % of the spikes are found or there is more than one false alarm a day, when a newcomer's spike
is missed, or when who is loud every day is no longer heard.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from tocsin.detection.engine import Hit, Plan, compile_plan
from tocsin.detection.rules import load
from tocsin.detection.state import WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

RULES = """
title: Record read
name: record_read
logsource: {category: data_access}
detection: {selection: {action: read}, condition: selection}
---
title: Data access far above the user's own normal
name: data_access_baseline
correlation: {type: event_count, rules: [record_read], group-by: [user], timespan: 1d, condition: {gte: 20}}
tocsin.baseline:
  {history: 28d, season: weekday_type, method: tail, p: 5.0e-4, min: 20, warmup: 7d, freeze_on_alert: true}
level: medium
"""
LITERAL = RULES.replace("method: tail", "method: ratio, ratio: 3")
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
LEARNING_DAYS = 28
SPIKES = 200
NEWCOMERS = 50
NEWCOMERS_FROM = 60
LOUD_NEWCOMERS = 10
RECALL_BAR = 0.95
FALSE_ALARMS_A_DAY_BAR = 1.0


@dataclass
class Simulated:
    """What everybody reads on each day, and which of these days are spikes."""

    days: int
    counts: dict[str, np.ndarray] = field(default_factory=dict)
    spikes: set[tuple[str, int]] = field(default_factory=set)

    def signals(self, day: int) -> Iterator[Signal]:
        """Yield the signals of one day, spread over working hours."""
        for user, counts in self.counts.items():
            count = int(counts[day])
            for number in range(count):
                at = BEGIN + timedelta(days=day, hours=8, seconds=number * 36_000 / max(count, 1))
                record = {"category": "data_access", "action": "read", "user": user}
                yield Signal(
                    raw=b"{}", record=record, time=at, source="app", position=day * 1_000_000 + number
                )


def simulated(users: int, days: int, seed: int = 1) -> Simulated:
    """Draw the world: ordinary users with spikes, newcomers, one who is always loud, one who grows."""
    chance = np.random.default_rng(seed)
    world = Simulated(days)
    for number in range(users):
        mean = 5 * chance.lognormal(0, 0.6)
        world.counts[f"user{number}"] = _drawn(chance, np.full(days, mean))
    weekdays = [day for day in range(LEARNING_DAYS, days) if _weekend(day) == 1.0]
    for number in chance.choice(users, SPIKES, replace=False):
        user, day = f"user{number}", int(chance.choice(weekdays))
        usual = world.counts[user][:LEARNING_DAYS].mean()
        world.counts[user][day] = max(25, round(usual * chance.uniform(6, 20)))
        world.spikes.add((user, day))
    for number in range(NEWCOMERS):
        means = np.where(np.arange(days) < NEWCOMERS_FROM, 0.0, 5 * chance.lognormal(0, 0.6))
        counts = world.counts[f"newcomer{number}"] = _drawn(chance, means)
        if number < LOUD_NEWCOMERS:
            counts[NEWCOMERS_FROM + 2] = 150
    world.counts["loud"] = np.where(np.arange(days) < LEARNING_DAYS, 5, 120)
    world.counts["creeping"] = np.array([round(20 * 1.03**day) for day in range(days)])
    return world


def _drawn(chance: np.random.Generator, means: np.ndarray) -> np.ndarray:
    weekly = means * np.array([_weekend(day) for day in range(len(means))])
    # A gamma mixture of Poissons is a negative binomial; its variance is three times its mean.
    return chance.poisson(np.where(weekly > 0, chance.gamma(np.maximum(weekly, 1e-9) / 2, 2), 0))


def _weekend(day: int) -> float:
    return 0.15 if (BEGIN + timedelta(days=day)).weekday() >= 5 else 1.0


def alerted(plan: Plan, world: Simulated) -> dict[tuple[str, int], DetectedAlert]:
    """Return the alerts by user and day."""
    state = WindowState()
    found: dict[tuple[str, int], DetectedAlert] = {}
    for day in range(world.days):
        hits = [Hit(signal, (0,)) for signal in world.signals(day)]
        judged = plan.weigh(state, hits, heard=micros(BEGIN + timedelta(days=day, hours=20)))
        state = judged.state
        for alert in judged.alerts:
            found[dict(alert.group)["user"], (alert.last_seen - BEGIN).days] = alert
    return found


def plan_of(rules: str) -> Plan:
    """Compile the rules of this proof."""
    loaded = load([("baselines.yml", rules)])
    if loaded.problems:
        raise SystemExit("\n".join(map(str, loaded.problems)))
    return compile_plan(loaded, levels={"medium": Severity.P3})


def told(name: str, world: Simulated, found: dict[tuple[str, int], DetectedAlert]) -> tuple[float, float]:
    """Print a line of the table and return recall and false alarms a day among ordinary users."""
    ordinary = {key for key in found if key[0].startswith("user") and key[1] >= LEARNING_DAYS}
    recall = len(ordinary & world.spikes) / len(world.spikes)
    false_alarms = len(ordinary - world.spikes) / (world.days - LEARNING_DAYS)
    precision = len(ordinary & world.spikes) / max(len(ordinary), 1)
    print(
        f"{name:<22} recall {recall:.3f}  false alarms a day {false_alarms:6.2f}  precision {precision:.2f}"
    )
    return recall, false_alarms


def main() -> int:
    """Run the proof and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--days", type=int, default=90)
    asked = parser.parse_args()
    world = simulated(asked.users, asked.days)
    found = alerted(plan_of(RULES), world)
    recall, false_alarms = told("tail of own season", world, found)
    told("three times the mean", world, alerted(plan_of(LITERAL), world))
    fresh = {key for key in found if key[0].startswith("newcomer") and key[1] < NEWCOMERS_FROM + 14}
    spikes = {(f"newcomer{number}", NEWCOMERS_FROM + 2) for number in range(LOUD_NEWCOMERS)}
    print(
        f"cold start: {len(fresh & spikes)} of {len(spikes)} spikes on the third day found, "
        f"{len(fresh - spikes)} other alerts about {NEWCOMERS} newcomers in their first 14 days"
    )
    loud = {day for user, day in found if user == "loud"}
    judged = world.days - LEARNING_DAYS
    print(f"poisoning: 24 times the usual on each of {judged} days alerts on {len(loud)} of them")
    creeping = sorted(day for user, day in found if user == "creeping")
    print(f"poisoning: growth by 3 % a day is seen on {len(creeping)} days, first on day {creeping[:1]}")
    example = next((alert for key, alert in sorted(found.items()) if key in world.spikes), None)
    print(f"an explanation: {example.description if example else 'none'}")
    held = recall >= RECALL_BAR and false_alarms <= FALSE_ALARMS_A_DAY_BAR
    return 0 if held and fresh >= spikes and len(loud) == judged else 1


if __name__ == "__main__":
    sys.exit(main())
