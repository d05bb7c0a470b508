"""`for` and `keep_firing_for` on event time: pending, firing, and the end that is known."""

from __future__ import annotations

from typing import Any

import pytest

RULE = """---
title: x
correlation:
  type: event_count
  rules: [a]
  timespan: 10s
  condition: {gte: 2}
"""


def seconds(alert: Any, start: Any) -> tuple[Any, ...]:
    ends = None if alert.ends_at is None else (alert.ends_at - start).total_seconds()
    return (
        (alert.first_seen - start).total_seconds(),
        (alert.last_seen - start).total_seconds(),
        ends,
        alert.count,
    )


def story(*times: float) -> list[tuple[float, dict[str, Any]]]:
    return [(at, {"a": 1}) for at in times]


@pytest.mark.parametrize(
    ("keys", "times", "end", "found"),
    [
        # Two in ten seconds hold from 5 s on; 20 s later it fires; it ends when the window thins out.
        ("tocsin.for: 20s", (0, 5, 10, 15, 20, 25, 30), 500, [(15, 30, 35.000001, 4)]),
        ("tocsin.for: 20s", (0, 5, 10, 14), 500, []),
        ("tocsin.for: 20s", (0, 5, 30, 35, 40, 44), 500, []),
        # It has fired, and the end is not known yet.
        ("tocsin.for: 20s", (0, 5, 10, 15, 20, 25, 30), 92, [(15, 30, None, 4)]),
        ("tocsin.keep_firing_for: 30s", (0, 5), 500, [(0, 5, 40.000001, 2)]),
        # The condition comes back while the alarm is kept: one alarm, and it ends 30 s after the second time.
        ("tocsin.keep_firing_for: 30s", (0, 5, 25, 30), 500, [(0, 30, 65.000001, 4)]),
        ("tocsin.keep_firing_for: 10s", (0, 5, 45, 50), 500, [(0, 5, 20.000001, 2), (45, 50, 65.000001, 2)]),
        (
            "tocsin.for: 8s\ntocsin.window: tumbling",
            (0, 1, 12, 13),
            500,
            [(0, 9, 10, 2)],
        ),
        ("tocsin.for: 5s\ntocsin.window: session\ntocsin.gap: 6s", (0, 1, 7), 500, [(0, 7, 10.000001, 3)]),
        ("tocsin.for: 1s\ntocsin.emit: each", (0, 1, 2, 3), 500, None),
    ],
)
def test_an_alarm_waits_fires_and_ends(
    tell: Any, make_signal: Any, keys: str, times: tuple[float, ...], end: float, found: Any
) -> None:
    alerts = tell(f"{RULE}{keys}\n", story(*times), end)
    start = make_signal({}).time
    if found is None:
        assert len(alerts) == 2
    else:
        assert [seconds(alert, start) for alert in alerts] == found


def test_a_condition_can_begin_to_hold_without_a_signal(tell: Any, make_signal: Any) -> None:
    few = RULE.replace("{gte: 2}", "{lt: 2}") + "tocsin.for: 4s\n"
    (alert,) = tell(few, story(0, 0, 5), 500)
    # Three until 10 s, then one until 15 s: fewer than two for five seconds.
    assert seconds(alert, make_signal({}).time) == (5, 14.000001, 15.000001, 1)


def test_an_alarm_can_feed_another_rule(tell: Any) -> None:
    chain = RULE.replace("title: x", "title: x\nname: x\ntocsin.for: 20s") + (
        "---\ntitle: y\ncorrelation: {type: temporal, rules: [x, b], timespan: 1m}\n"
    )
    times = story(0, 5, 10, 15, 20, 25, 30)
    assert [alert.rule_title for alert in tell(chain, [*times, (50, {"b": 1})], 900)] == ["y"]
