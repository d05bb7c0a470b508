"""Weekly windows of other products, made restrictions of ours: each begins on a weekday and lasts a while."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from itertools import product

from tocsin.oncall.schedules.schedule import Restriction

A_DAY = 24 * 60
A_WEEK = 7 * A_DAY


def windows(spans: Iterable[tuple[int, int]]) -> tuple[Restriction, ...]:
    """Make restrictions of spans: minutes since Monday 00:00 and a length; a whole week restricts nothing.

    What is longer than a day becomes several windows that touch, which count as one.
    """
    days: dict[tuple[int, int], set[int]] = {}
    for start, length in spans:
        if length >= A_WEEK:
            return ()
        while length > 0:
            day, begins = divmod(start % A_WEEK, A_DAY)
            lasts = min(length, A_DAY)
            days.setdefault((begins, lasts), set()).add(day)
            start, length = start + lasts, length - lasts
    return tuple(
        Restriction(days=frozenset(on), begins=_time(begins), ends=_time((begins + lasts) % A_DAY))
        for (begins, lasts), on in days.items()
    )


def spans(restrictions: Iterable[Restriction]) -> tuple[tuple[int, int], ...]:
    """Return restrictions as minutes since Monday 00:00 and lengths, the reverse of `windows`."""
    found = []
    for one in restrictions:
        begins, ends = (at.hour * 60 + at.minute for at in (one.begins, one.ends))
        found += [(day * A_DAY + begins, (ends - begins) % A_DAY or A_DAY) for day in sorted(one.days)]
    return tuple(found)


def common(ones: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the spans in which both hold; the week is a circle."""
    found = set()
    for (start, length), (other, lasts), turn in product(ones, tuple(others), (-A_WEEK, 0, A_WEEK)):
        begins, ends = max(start, other + turn), min(start + length, other + turn + lasts)
        if begins < ends:
            found.add((begins % A_WEEK, ends - begins))
    return tuple(sorted(found))


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
