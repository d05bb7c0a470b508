"""The longest chain of rules in order, with ties that only one source can break."""

from __future__ import annotations

import pytest

from tocsin.detection.correlating.order import InOrder, bits_in, chains_of
from tocsin.detection.state import Held

A, B, C = 1, 2, 4


def hit(time: int, slots: int, source: str = "s", position: int | None = None) -> Held:
    return Held(time, source, time if position is None else position, slots)


@pytest.mark.parametrize(
    ("hits", "longest"),
    [
        ([hit(1, A), hit(2, B), hit(3, C)], 3),
        ([hit(3, A), hit(2, B), hit(1, C)], 1),
        ([hit(1, A), hit(1, B)], 1),
        ([hit(1, A, position=1), hit(1, B, position=2)], 2),
        ([hit(1, A, position=1), hit(1, B, position=2, source="t")], 1),
        ([hit(1, A | B | C)], 1),
        ([hit(1, A | B), hit(2, B)], 2),
        ([hit(1, A), hit(2, C)], 2),
        ([hit(1, B), hit(2, A), hit(3, C), hit(4, B)], 2),
        ([hit(1, A, position=1), hit(1, B, position=1)], 1),
    ],
)
def test_a_chain_needs_each_rule_later_than_the_last(hits: list[Held], longest: int) -> None:
    for at_once in (True, False):
        chain = InOrder((A, B, C))
        for time in sorted({each.time for each in hits}):
            bucket = sorted((each for each in hits if each.time == time), key=Held.place)
            for part in [bucket] if at_once else [[each] for each in bucket]:
                chain = chain.copy()
                chain.add(part)
        assert chain.longest(0) == longest
        assert chain.complete(0) is (longest == 3)


def test_bits_are_told_apart() -> None:
    assert bits_in(0b1101) == (1, 4, 8)
    assert [chain.longest(0) for chain in chains_of([1, 6])] == [0, 0]
