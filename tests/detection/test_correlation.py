"""Counting in sliding windows: edges, groups, distinct values, bursts and bounds (S26-S34, T1-T3)."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection import correlation as counting
from tocsin.detection.correlation import MICROS, Counting, field_text, folded, group_of, swept
from tocsin.detection.sigma.correlation_rule import Correlation, read
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.state import Burst, Ref, RuleState


def correlation(**changes: Any) -> Correlation:
    section = {
        "type": "event_count",
        "rules": "[base]",
        "timespan": "10s",
        "condition": "{gte: 3}",
        **changes,
    }
    lines = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in section.items())
    (root,) = documents(f"title: Many\ncorrelation:\n{lines}")
    assert isinstance(root, Table)
    return read(root, "c.yml")


class Counted:
    """A correlation fed by hand, with the times in whole seconds."""

    def __init__(self, **changes: Any) -> None:
        self.correlation = correlation(**changes)
        self.state = RuleState(groups={}, burst=None, held=0, counters={})
        self.changed: dict[str, Burst] = {}
        self.newest = 0
        self.one_batch: Counting | None = None

    def take(self, at: float, *, words: tuple[str, ...] = ("base",), **record: Any) -> list[int]:
        """Take one signal and return the counts of all bursts so far."""
        time = int(at * MICROS)
        self.newest = max(self.newest, time)
        own = self.one_batch or Counting(self.correlation, self.state, self.changed)
        own.take(words, record, Ref("s", len(self.changed), time, b""), self.newest)
        return [burst.count for burst in self.changed.values()]


def test_the_window_includes_both_its_ends() -> None:
    counted = Counted()
    assert [counted.take(at) for at in (0, 5, 10)] == [[], [], [3]]
    counted = Counted()
    assert [counted.take(at) for at in (0, 5, 10.000001)] == [[], [], []]


def test_the_window_slides() -> None:
    counted = Counted()
    assert [counted.take(at) for at in (0, 9, 18, 19, 19)] == [[], [], [], [3], [4]]


def test_a_burst_grows_until_the_condition_is_false_for_one_span() -> None:
    counted = Counted()
    for at in (0, 1, 2, 12, 13):
        counted.take(at)
    # The count of 3 was reached at 2 s; at 12 s the window [2, 12] holds two signals, at 13 s two.
    assert [burst.count for burst in counted.changed.values()] == [3]
    assert counted.take(14) == [3, 3]
    assert counted.take(24) == [3, 3]


def test_a_window_lets_go_of_signals_that_a_burst_has_taken() -> None:
    counted = Counted()
    for at in range(6):
        counted.take(at)
    (window,) = counted.state.groups.values()
    assert window.size() == 6
    assert [held.ref for held in window.held] == [None] * 6


def test_signals_between_two_firings_of_a_burst_are_counted_once() -> None:
    counted = Counted()
    for at in (0, 1, 2, 11, 12):
        counted.take(at)
    (burst,) = counted.changed.values()
    assert (burst.count, burst.first, burst.last) == (5, 0, 12 * MICROS)


@pytest.mark.parametrize(
    ("condition", "counts"),
    [("{gt: 2}", [3]), ("{lt: 3}", [2]), ("{eq: 2}", [2]), ("{neq: 1}", [3]), ("{gte: 2, lte: 3}", [3])],
)
def test_every_condition_folds_its_firings(condition: str, counts: list[int]) -> None:
    counted = Counted(condition=condition)
    assert [counted.take(at) for at in (0, 1, 2)][-1] == counts


def test_groups_are_apart_and_fold_case_but_keep_the_first_spelling() -> None:
    counted = Counted(group_by="[user]", condition="{gte: 2}")
    counted.take(0, user="Ada")
    counted.take(1, user="Eve")
    assert counted.take(2, user="ADA") == [2]
    (burst,) = counted.changed.values()
    assert burst.group == (("user", "Ada"),)


def test_a_missing_group_key_is_excluded_and_counted() -> None:
    counted = Counted(group_by="[user, host]", condition="{gte: 1}")
    assert counted.take(0, user="Ada") == []
    assert counted.take(0, user="Ada", host=None) == []
    assert counted.take(0, user="Ada", host="") == [1]
    assert counted.state.counters == {"missing_group_key": 2}


def test_distinct_values_fold_case_and_slide_out() -> None:
    counted = Counted(type="value_count", condition="{field: user, gte: 3}")
    for at, user in [(0, "ada"), (1, "ADA"), (2, "ben"), (3, "ben")]:
        assert counted.take(at, user=user) == []
    assert counted.take(4, user="eve") == [5]
    assert counted.take(4) == [5]
    assert counted.state.counters == {"missing_value": 1}
    # At 13 s `ada` has left the window, at 14.5 s a new third value is there and all in between count.
    assert counted.take(13, user="ben") == [5]
    assert counted.take(14, user="chidi") == [7]


def test_aliases_read_the_group_from_another_field_in_each_rule() -> None:
    found = correlation(
        rules="[login, export]", group_by="[who, host]", aliases="{who: {login: user, export: owner}}"
    )
    record = {"user": "Ada", "owner": "Eve", "host": "h"}
    assert group_of(found, "login", record) == (("who", "Ada"), ("host", "h"))
    assert group_of(found, "export", record) == (("who", "Eve"), ("host", "h"))
    assert group_of(found, "login", {"owner": "Eve", "host": "h"}) is None


def test_a_signal_of_two_rules_counts_once() -> None:
    counted = Counted(rules="[a, b]", condition="{gte: 1}")
    assert counted.take(0, words=("a", "b")) == [1]


def test_a_late_signal_inside_the_span_counts_and_an_older_one_is_counted_as_late() -> None:
    counted = Counted(condition="{gte: 2}")
    counted.take(100)
    assert counted.take(95) == [2]
    assert counted.take(89) == [2]
    assert counted.state.counters == {"late": 1}
    (burst,) = counted.changed.values()
    assert (burst.first, burst.last) == (95 * MICROS, 100 * MICROS)


def test_memory_is_bounded_and_the_loss_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_HELD", 4)
    counted = Counted(group_by="[user]", condition="{gte: 90}")
    for number in range(3):
        counted.take(number, user="ada")
    for number in range(3):
        counted.take(3 + number, user=f"u{number}")
    assert counted.state.held == 4
    assert [window.size() for window in counted.state.groups.values()] == [1, 1, 1, 1]
    counted.take(6, user="u3")
    counted.take(7, user="u4")
    assert (
        list(counted.state.groups)
        == ['["u0"]', '["u1"]', '["u2"]', '["u3"]', '["u4"]'][-len(counted.state.groups) :]
    )
    assert counted.state.held == 4
    assert counted.state.counters == {"forgotten": 4}


def test_groups_that_can_no_longer_matter_are_swept() -> None:
    counted = Counted(group_by="[user]")
    counted.take(0, user="ada")
    counted.take(5, user="ben")
    kept = swept(counted.state, 10, 11 * MICROS)
    assert (list(kept.groups), kept.held) == (['["ben"]'], 1)
    assert swept(kept, 10, 11 * MICROS) is kept
    assert list(counted.state.groups) == ['["ada"]', '["ben"]']
    assert swept(counted.state, 10, 99 * MICROS).held == 0


def test_another_batch_leaves_the_older_state_as_it_was() -> None:
    counted = Counted(condition="{gte: 2}")
    counted.take(0)
    counted.take(1)
    before = RuleState(groups=dict(counted.state.groups), burst=None, held=2, counters={})
    (window,) = before.groups.values()
    counted.take(2)
    assert window.size() == 2
    assert window.burst is not None
    assert window.burst.count == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ada", "Ada"),
        (5, "5"),
        (True, "true"),
        (None, None),
        ([], None),
        ([None], None),
        (["a"], "a"),
        (["a", "b"], '["a","b"]'),
        ({"a": 1}, '{"a":1}'),
        ("\ud800", "?"),
    ],
)
def test_any_value_can_be_a_group_key(value: object, text: str | None) -> None:
    assert field_text({"user": value}, "user") == text
    assert folded((("user", text or ""),)).startswith("[")


def test_even_a_number_that_python_will_not_print_can_be_a_group_key() -> None:
    assert field_text({"user": 10**5000}, "user") == f"{10**5000:#x}"


def naive(times: list[tuple[int, str]], span: int, bound: int, *, distinct: bool) -> list[tuple[int, int]]:
    """Return (first, count) of each burst, from the definition: the union of all windows that fire."""
    bursts: list[list[int]] = []
    window: deque[tuple[int, str]] = deque()
    last_fired, counted = None, -1
    seen: list[tuple[int, str]] = []
    for time, value in times:
        seen.append((time, value))
        window = deque(each for each in seen if each[0] >= time - span)
        measured = len({v for _, v in window}) if distinct else len(window)
        if measured < bound:
            continue
        start = max(counted + 1, len(seen) - len(window))
        if last_fired is not None and time - last_fired <= span:
            bursts[-1][1] += len(seen) - start
        else:
            bursts.append([seen[start][0], len(seen) - start])
        last_fired, counted = time, len(seen) - 1
    return [(first, count) for first, count in bursts]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abc")), max_size=40),
    st.integers(1, 4),
    st.booleans(),
    st.booleans(),
)
def test_counting_agrees_with_the_definition(
    steps: list[tuple[int, str]], bound: int, distinct: bool, one_batch: bool
) -> None:
    now, times = 0, []
    for step, value in steps:
        now += step
        times.append((now, value))
    kind = {"type": "value_count", "condition": f"{{field: v, gte: {bound}}}"} if distinct else {}
    counted = Counted(**{"condition": f"{{gte: {bound}}}", **kind})
    if one_batch:
        counted.one_batch = Counting(counted.correlation, counted.state, counted.changed)
    for at, value in times:
        counted.take(at, v=value)
    found = [(burst.first // MICROS, burst.count) for burst in counted.changed.values()]
    assert found == naive(times, 10, bound, distinct=distinct)
