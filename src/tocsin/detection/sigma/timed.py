"""Ask again, with the event's time, the few rules whose meaning depends on it (E6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.detection.sigma.readings import Facts, Memo
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tree import Interned


class Timed:
    """The rules with lookups by time, compiled once.

    The matcher sees their `tree`, which leaves time out and so holds for too much; here is the rest.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        interned = Interned()
        self._memo = Memo()
        self._verdicts = {
            number: interned.compile(rule.timed)
            for number, rule in enumerate(rules)
            if rule.timed is not None
        }

    def confirmed(self, numbers: tuple[int, ...], record: Mapping[str, Any], time: int) -> tuple[int, ...]:
        """Return those of the rules that hold for a record of this time (microseconds since 1970)."""
        if self._verdicts.keys().isdisjoint(numbers):
            return numbers
        facts = Facts(record, self._memo, time)
        verdicts = self._verdicts
        return tuple(number for number in numbers if number not in verdicts or verdicts[number](facts))
