"""Any order of arrival within the allowed lateness, in any batches, gives the same alerts.

`python proofs/permutations.py [SCENARIOS] [--seed N] [--orders N]` (3,000, from seed 0, 5 orders). Rules of
all kinds and chains of them, most with `tocsin.*` keys, over random signals with ties and edges. What is said
of all signals in order, one by one, is compared with what is said when they come late by random delays,
shuffled in random batches, with and without the state passing through bytes. Ends with 1 at any difference;
a failure prints its seed and the smallest set of signals that shows it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from correlation_scenarios import (
    Event,
    Scenario,
    arrivals,
    extended,
    judged,
    late_again,
    plan_of,
    scenario,
    signals_of,
)
from tocsin.domain.detected import DetectedAlert

Form = tuple[Any, ...]


def main() -> int:
    """Run the proof and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="?", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--orders", type=int, default=5)
    given = parser.parse_args()
    begun, counts, wrong = time.monotonic(), Counter[str](), 0
    for seed in range(given.seed, given.seed + given.scenarios):
        drawn = drawn_from(seed)
        alerts = in_order(drawn)
        counts["scenarios that fire"] += bool(alerts)
        counts["alerts"] += len(alerts)
        for line in drawn.text().splitlines():
            counts[line.partition(":")[0]] += line.startswith("tocsin.")
        broken = differing(drawn, given.orders)
        if broken:
            wrong += 1
            print(told(smallest(drawn, broken[0]), broken[0]), flush=True)
        if (seed + 1 - given.seed) % 500 == 0:
            passed = time.monotonic() - begun
            print(f"{seed + 1 - given.seed} scenarios, {wrong} differences, {passed:.0f} s", flush=True)
    for name, count in sorted(counts.items()):
        if count:
            print(f"  {count:>7,} {name}")
    print(f"{given.scenarios} scenarios x {given.orders} orders from seed {given.seed}, {wrong} differences")
    return 1 if wrong or not counts["alerts"] else 0


def drawn_from(seed: int) -> Scenario:
    """Draw a scenario; two of three carry extensions."""
    return scenario(seed) if seed % 3 == 0 else extended(seed)


def in_order(drawn: Scenario) -> list[Form]:
    """Return what is said when every signal comes at once after the one before."""
    signals = signals_of(drawn.events, one_source=True)
    return _forms(judged(plan_of(drawn.text()), ([signal] for signal in signals), drawn.until))


def out_of_order(drawn: Scenario, order: int) -> list[Form]:
    """Return what is said in one other order; in the first all come at once, in the second one by one."""
    draw = random.Random(f"{drawn.seed} {order}")
    events = late_again(drawn.events, f"{drawn.seed} {order}")
    signals = signals_of(drawn.events, one_source=True)
    batches = arrivals(_in_time(events), signals, draw, (1,) if order == 1 else (1, 1, 2, 5, 20))
    if order == 0:
        batches = [draw.sample(signals, len(signals))]
    return _forms(judged(plan_of(drawn.text()), batches, drawn.until, stored=draw.random() < 0.5))


def _in_time(events: Sequence[Event]) -> list[Event]:
    return sorted(events, key=lambda each: each.at)


def _forms(alerts: Sequence[DetectedAlert]) -> list[Form]:
    """Return what alerts say, without the key, which names the signal that happened to come first."""
    return sorted(
        (
            each.group,
            each.first_seen,
            each.last_seen,
            each.count,
            each.measured,
            str(each.ends_at),
            tuple((ref.source, ref.position) for ref in each.evidence),
        )
        for each in alerts
    )


def differing(drawn: Scenario, orders: int) -> list[int]:
    """Return the orders in which something else is said than in order."""
    expected = in_order(drawn)
    return [order for order in range(orders) if out_of_order(drawn, order) != expected]


def smallest(drawn: Scenario, order: int) -> Scenario:
    """Return the scenario without signals that are not needed to show the difference in some order."""
    size = len(drawn.events) // 2
    while size:
        start = 0
        while start < len(drawn.events):
            shorter = replace(drawn, events=drawn.events[:start] + drawn.events[start + size :])
            if out_of_order(shorter, order) != in_order(shorter):
                drawn = shorter
            else:
                start += size
        size //= 2
    return drawn


def told(drawn: Scenario, order: int) -> str:
    """Return a difference in words."""
    return (
        f"DIFFERENCE in order {order}\n{drawn.shown()}\n  in order {in_order(drawn)}\n"
        f"  late     {out_of_order(drawn, order)}"
    )


if __name__ == "__main__":
    sys.exit(main())
