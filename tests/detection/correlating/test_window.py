"""One group's window: its edges, what it lets go of, and the bursts that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating.feeding import watched_rules
from tocsin.detection.correlating.group import window_for
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.correlating.window import Window, buckets, without_record
from tocsin.detection.state import NEVER, GroupState, Held

SECOND = 1_000_000
BASE = "title: {0}\nname: {0}\nlogsource: {{category: test}}\ndetection: {{s: {{{0}: 1}}, condition: s}}\n"


@pytest.fixture
def watch(load_sound: Any) -> Any:
    def make(
        condition: str = "{gte: 3}", top: str = "", more: str = "", kind: str = "event_count"
    ) -> Watched:
        text = (
            f"title: x\nname: x\n{top}\ncorrelation:\n  type: {kind}\n  rules: [a]\n  timespan: 10s\n"
            f"  condition: {condition}\n{more}"
        )
        rules = load_sound(BASE.format("a"), BASE.format("b"), text)
        found: Watched = watched_rules(rules.rules, rules.correlations, rules.by_reference(), {})[2]
        return found

    return make


def hits(*times: float) -> list[Held]:
    return [Held(round(at * SECOND), "s", n, 1, None, ("Ada",), b"raw") for n, at in enumerate(times)]


def run(watched: Watched, *times: float) -> Window:
    window = Window(watched, GroupState())
    window.run(hits(*times), NEVER)
    return window


@pytest.mark.parametrize(
    ("condition", "times", "counts"),
    [
        ("{gte: 3}", (0, 5, 10), [3]),
        ("{gte: 3}", (0, 5, 10.000001), []),
        ("{gte: 3}", (0, 9, 18, 19, 19), [4]),
        ("{gte: 3}", (0, 1, 2, 12, 13, 14, 24), [3, 3]),
        ("{gte: 3}", (0, 1, 2, 11, 12), [5]),
        ("{lt: 3}", (0, 1, 2), [2]),
        ("{eq: 2}", (0, 1, 2), [2]),
        ("{neq: 1}", (0, 1, 2), [3]),
        ("{gte: 2, lte: 3}", (0, 1, 2, 3), [3]),
    ],
)
def test_the_window_slides_and_its_firings_fold(
    watch: Any, condition: str, times: tuple[float, ...], counts: list[int]
) -> None:
    assert [burst.count for burst in run(watch(condition), *times).bursts] == counts


def test_a_tumbling_window_begins_anew(watch: Any) -> None:
    tumbling = watch("{gte: 2}", "tocsin.window: tumbling")
    assert [burst.count for burst in run(tumbling, 8, 12).bursts] == []
    assert [burst.count for burst in run(tumbling, 10, 19.999999).bursts] == [2]


def test_a_session_ends_by_a_gap_or_by_its_length(watch: Any) -> None:
    session = watch("{gte: 3}", "tocsin.window: session\ntocsin.gap: 4s")
    assert [burst.count for burst in run(session, 0, 4, 8).bursts] == [3]
    assert [burst.count for burst in run(session, 0, 4, 8.000001).bursts] == []
    # Eleven seconds are longer than a session may be: the fourth signal begins the next one.
    assert [burst.count for burst in run(session, 0, 4, 8, 11).bursts] == [3]


def test_each_firing_can_be_a_burst_of_its_own(watch: Any) -> None:
    each = watch("{gte: 2}", "tocsin.emit: each")
    assert [burst.count for burst in run(each, 0, 1, 2).bursts] == [2, 3]
    window = run(each, 0, 1)
    window.run(hits(1, 1)[1:], NEVER)
    assert [(burst.count, burst.began) for burst in window.bursts] == [(3, SECOND)]


def test_records_are_let_go_once_a_burst_has_counted_them(watch: Any) -> None:
    window = run(watch(), 0, 1, 2, 3)
    assert [hit.raw for hit in window.inside()] == [None] * 4
    state = GroupState()
    window.stored(state)
    assert (len(state.held), state.uncounted, state.bursts[0].count) == (4, 0, 4)
    again = Window(window.watched, state)
    again.run(hits(9), NEVER)
    assert again.bursts[0].count == 5
    assert state.bursts[0].count == 4
    assert without_record(hits(1)[0]).raw is None


def test_a_copy_goes_on_alone_and_keeps_its_records(watch: Any) -> None:
    window = run(watch(), 0, 1)
    twin = window.copy()
    twin.run(hits(2, 3), NEVER)
    assert [burst.count for burst in twin.bursts] == [4]
    assert (window.bursts, len(window.inside()), len(twin.inside())) == ([], 2, 4)
    assert [hit.raw for hit in twin.inside()] == [b"raw"] * 4


def test_what_slid_out_takes_no_room(watch: Any) -> None:
    window = run(watch(), *range(0, 300, 6))
    assert len(window.held) <= 4
    assert len(window.inside()) == 2


def test_firings_are_told_to_those_that_build_on_them(watch: Any) -> None:
    parent = "---\ntitle: y\ncorrelation: {type: temporal, rules: [x, b], timespan: 1m}\n"
    child = run(watch(more=parent), 0, 1, 2)
    assert child.bursts == []
    ((time, measured, last),) = child.firings
    assert (time, measured, last.position, last.raw) == (2 * SECOND, 3, 2, b"raw")


def test_only_the_rules_own_signals_count_in_a_ratio(watch: Any) -> None:
    ratio = watch("{gte: 1}", "tocsin.ratio: {of: [a, b], min: 2, gt: 0.1}")
    window = Window(ratio, GroupState())
    window.run([hits(0)[0], Held(SECOND, "s", 1, 2)], NEVER)
    assert [burst.count for burst in window.bursts] == [1]


def test_new_values_alone_are_taken(watch: Any) -> None:
    new = watch(
        "{field: ip, gte: 1}", "tocsin.new_value: {field: ip, history: 30d, warmup: 0s}", kind="value_count"
    )
    window = Window(new, GroupState())
    window.run([Held(n * SECOND, "s", n, 1, value) for n, value in enumerate("aab")], NEVER)
    assert [burst.count for burst in window.bursts] == [2]
    state = GroupState(newest=2 * SECOND)
    window.stored(state)
    assert state.known is not None
    assert set(state.known.seen) == {"a", "b"}


def test_an_alarm_decides_between_hits_and_before_the_end(watch: Any) -> None:
    alarm = watch("{gte: 2}", "tocsin.keep_firing_for: 2s")
    window = window_for(alarm, "g", GroupState())
    window.run(hits(0, 1, 60), 50 * SECOND)
    assert [burst.ends for burst in window.bursts] == [12 * SECOND + 1]
    window = window_for(alarm, "g", GroupState())
    window.run(hits(0, 1), 50 * SECOND)
    assert [burst.ends for burst in window.bursts] == [12 * SECOND + 1]


def test_a_plain_window_is_due_for_nothing(watch: Any) -> None:
    window = run(watch(), 0)
    assert (window.due(), window.unfinished()) == (None, 0)
    with pytest.raises(NotImplementedError):
        window.decide(0)
    assert [(time, len(bucket)) for time, bucket in buckets(hits(1, 1, 2))] == [(SECOND, 2), (2 * SECOND, 1)]
