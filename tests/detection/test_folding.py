"""A burst has an exact count and bounded evidence: its first and its last signals."""

from __future__ import annotations

import pytest

from tocsin.detection.folding import HEAD, TAIL, alert, copied, extend, opened
from tocsin.detection.sigma.header import Header, Place
from tocsin.detection.state import Burst, Ref
from tocsin.domain.severity import Severity

HEADER = Header(
    path="a.yml",
    place=Place(1, 1),
    id="i",
    name="n",
    title="T",
    level="high",
    tags=("attack.t1110",),
    description="d",
    author="Tocsin",
    references=("r",),
)


def ref(number: int, time: int | None = None) -> Ref:
    return Ref("s", number, number if time is None else time, b"%d" % number)


def burst(count: int) -> Burst:
    return opened("i", (("user", "Ada"),), '["ada"]', [ref(number) for number in range(count)], count)


@pytest.mark.parametrize("count", [1, HEAD, HEAD + 1, HEAD + TAIL, HEAD + TAIL + 1, 3_500])
def test_the_count_is_exact_and_evidence_keeps_both_ends(count: int) -> None:
    found = alert(HEADER, Severity.P2, burst(count))
    kept = [evidence.position for evidence in found.evidence]
    assert found.count == count
    assert len(kept) == min(count, 50)
    assert kept == sorted({*range(min(count, HEAD)), *range(max(0, count - TAIL), count)})[: len(kept)]
    assert (kept[0], kept[-1]) == (0, count - 1)


def test_one_by_one_or_all_at_once_makes_the_same_burst() -> None:
    slowly = burst(1)
    for number in range(1, 200):
        extend(slowly, [ref(number)], number)
    at_once = burst(1)
    extend(at_once, [ref(number) for number in range(1, 200)], 199)
    assert slowly == at_once


def test_a_late_signal_moves_the_beginning_but_not_the_key() -> None:
    found = opened("i", (), "", [ref(5, time=100)], 100)
    key = found.key
    extend(found, [ref(4, time=90)], 90)
    assert (found.key, found.first, found.last, found.fired) == (key, 90, 100, 100)


def test_the_key_names_rule_group_and_first_signal() -> None:
    keys = {
        opened("i", (), "", [ref(1)], 1).key,
        opened("j", (), "", [ref(1)], 1).key,
        opened("i", (), '["x"]', [ref(1)], 1).key,
        opened("i", (), "", [ref(2)], 1).key,
        opened("\ud800", (), "", [ref(2)], 1).key,
    }
    assert len(keys) == 5
    assert opened("i", (), "", [ref(1), ref(2)], 9).key in keys


def test_a_copy_grows_alone() -> None:
    first = burst(30)
    second = copied(first)
    assert first == second
    extend(second, [ref(99)], 99)
    assert (first.count, len(first.tail), first.last) == (30, 5, 29)


def test_the_alert_carries_what_the_rule_says_about_itself() -> None:
    found = alert(HEADER, None, burst(1))
    assert (found.rule_id, found.rule_title, found.rule_level, found.severity) == ("i", "T", "high", None)
    assert (found.tags, found.description, found.author, found.references) == (
        ("attack.t1110",),
        "d",
        "Tocsin",
        ("r",),
    )
    assert found.group == (("user", "Ada"),)
    assert found.first_seen == found.last_seen
