"""A burst has an exact count and bounded evidence, and is told under one key."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating.bursts import Announcing, copied, extended, opened, silence, with_late
from tocsin.detection.correlating.watched import Watched
from tocsin.detection.sigma.extension import PLAIN, Emit
from tocsin.detection.sigma.header import Header, Place
from tocsin.detection.state import FOREVER, Announced, Burst, Held

HEADER = Header(
    path="a.yml",
    place=Place(1, 1),
    id="i",
    name="n",
    title="T",
    level="high",
    tags=(),
    description="",
    author="",
    references=(),
)


def watched(*, early: bool = True, **more: Any) -> Watched:
    return Watched(
        key="k",
        header=HEADER,
        correlation=None,
        extensions=PLAIN,
        span=0,
        quiet=10,
        lateness=0,
        early=early,
        emits=True,
        **more,
    )


def hit(number: int) -> Held:
    return Held(number, "s", number, 1, None, ("Ada",), b"%d" % number)


def burst(*times: int, most: int = 50) -> Burst:
    return opened([hit(time) for time in times], times[-1], 1, most)


@pytest.mark.parametrize("count", [1, 25, 26, 50, 51, 3_500])
@pytest.mark.parametrize("most", [1, 2, 5, 50])
def test_the_count_is_exact_and_evidence_keeps_both_ends(count: int, most: int) -> None:
    found = burst(*range(count), most=most)
    kept = [ref.position for ref in (*found.head, *found.tail)]
    first, last = most - most // 2, most // 2
    assert found.count == count
    assert kept == sorted({*range(min(count, first)), *range(max(0, count - last), count)})[:most]


def test_one_by_one_or_all_at_once_makes_the_same_burst() -> None:
    slowly = burst(0)
    for number in range(1, 200):
        extended(slowly, [hit(number)], number, 1, 50)
    at_once = burst(0)
    extended(at_once, [hit(number) for number in range(1, 200)], 199, 1, 50)
    assert slowly == at_once


def test_a_copy_grows_alone() -> None:
    first = burst(*range(30))
    second = copied(first)
    assert first == second
    extended(second, [hit(99)], 99, 7, 50)
    assert (first.count, len(first.tail), first.last, first.measured) == (30, 5, 29, 1)


def test_a_burst_without_signals_says_since_when_nobody_was_heard() -> None:
    found = silence(("billing",), 5, 65)
    assert (found.group, found.first, found.last, found.count) == (("billing",), 5, 65, 0)
    assert opened([], 9, 0, 50).first == 9


@pytest.mark.parametrize(
    ("times", "late", "counts"),
    [((100,), (95,), [2]), ((100,), (110,), [2]), ((100,), (89,), [1, 1]), ((100,), (50, 45), [2, 1])],
)
def test_a_late_signal_joins_the_burst_that_it_lies_in(
    times: tuple[int, ...], late: tuple[int, ...], counts: list[int]
) -> None:
    settled = [burst(*times)]
    found = with_late(settled, [hit(time) for time in late], watched())
    assert [each.count for each in found] == counts
    assert [each.first for each in found][:1] == [min(late + times if len(found) == 1 else late)]
    assert settled == [burst(*times)]


def told(bursts: list[Burst], entries: list[Announced], watermark: int, **more: Any) -> Any:
    return Announcing(watched(**more), "g", entries, watermark).told(bursts)


def test_a_burst_is_told_once_and_again_when_it_grew() -> None:
    news, entries, awaited = told([burst(1)], [], 0)
    assert (len(news), awaited) == (1, FOREVER)
    assert told([burst(1)], entries, 0)[0] == []
    again, entries, _ = told([burst(0, 1)], entries, 0)
    assert again[0][0] == news[0][0]
    assert told([burst(0, 1)], entries, FOREVER)[0] == again


def test_of_two_bursts_that_may_still_be_one_only_one_is_told() -> None:
    news, entries, awaited = told([burst(1), burst(20)], [], 5)
    assert [each.count for _, each in news] == [1]
    assert awaited == 11
    # The later one was told first: the earlier one waits, and takes no part in the number of alerts.
    _, later, _ = told([burst(20)], [], 5)
    assert told([burst(1), burst(20)], later, 5)[0] == []
    assert len(told([burst(1), burst(20)], later, 12)[0]) == 1
    merged, _, _ = told([opened([hit(1), hit(10), hit(20)], 20, 1, 50)], entries, 12)
    assert merged[0][0] == entries[0].key


def test_what_is_decided_in_order_waits_for_no_neighbour() -> None:
    assert len(told([burst(1), burst(20)], [], 5, early=False)[0]) == 2


def test_each_firing_has_a_key_of_its_own() -> None:
    each = Watched(
        key="k",
        header=HEADER,
        correlation=None,
        extensions=PLAIN.__class__(emit=Emit.EACH),
        span=0,
        quiet=10,
        lateness=0,
        early=True,
        emits=True,
    )
    first, second = opened([hit(1)], 1, 1, 50), opened([hit(1), hit(2)], 2, 2, 50)
    news, entries, _ = Announcing(each, "g", [], 0).told([first, second])
    assert len({key for key, _ in news}) == 2
    assert Announcing(each, "g", entries, 0).told([first, second])[0] == []
    assert {len(key) for key, _ in told([silence(("x",), 1, 2)], [], 0)[0]} == {32}
