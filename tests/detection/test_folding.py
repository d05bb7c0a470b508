"""An alert says which burst it is, what was measured, and what the rule says about itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tocsin.detection.correlating.watched import Watched, watched_correlation, watched_rule
from tocsin.detection.folding import alert, duration, measured
from tocsin.detection.sigma.correlation import Correlation, Kind
from tocsin.detection.sigma.extension import PLAIN, Ratio
from tocsin.detection.sigma.header import Header, Place
from tocsin.detection.state import Burst, Ref, instant
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
BURST = Burst(("Ada",), 1, 5, 2, 5, 11, 11.0, [Ref("s", 1, 1, b"one")], [Ref("s", 2, 5, b"two")])


def counted(kind: Kind = Kind.EVENT_COUNT, **changes: Any) -> Watched:
    correlation = Correlation(
        header=HEADER,
        key="digest",
        kind=kind,
        rules=("a", "b"),
        rules_place=Place(1, 1),
        group_by=("user",),
        span=3_600,
        bounds=(("gt", 10),),
    )
    correlation = replace(correlation, **changes)
    return watched_correlation(correlation, emits=True, parents=(), lateness=0)


def test_the_alert_carries_the_burst_and_what_the_rule_says_about_itself() -> None:
    found = alert(counted(), Severity.P2, "key", BURST)
    assert (found.key, found.rule_id, found.rule_title, found.rule_level) == ("key", "i", "T", "high")
    assert (found.severity, found.count, found.group) == (Severity.P2, 11, (("user", "Ada"),))
    assert (found.first_seen, found.last_seen, found.ends_at) == (instant(1), instant(5), None)
    assert [ref.raw for ref in found.evidence] == [b"one", b"two"]
    assert (found.tags, found.author, found.references) == (("attack.t1110",), "Tocsin", ("r",))
    assert (found.rule_hash, found.window_seconds, found.description) == ("digest", 3_600, "d")


def test_an_end_and_a_note_are_told() -> None:
    burst = Burst(("Ada",), 1, 5, 2, 5, 11, 11.0, [], [], ends=9, note="500 records, usual 5")
    found = alert(counted(), None, "key", burst)
    assert (found.ends_at, found.description) == (instant(9), "d\n500 records, usual 5")


@pytest.mark.parametrize(
    ("watched", "text"),
    [
        (counted(), "11 > 10 signals in 1h"),
        (counted(bounds=(("gte", 5.5), ("lte", 20))), "11 >= 5.5 and <= 20 signals in 1h"),
        (counted(Kind.VALUE_SUM, fields=("size", "bytes")), "11 > 10 in sum of size, bytes in 1h"),
        (
            counted(Kind.VALUE_PERCENTILE, fields=("ms",), percentile=95.0, span=90),
            "11 > 10 percentile 95 of ms in 90s",
        ),
        (counted(Kind.TEMPORAL, bounds=(), span=86_400), "11 rules together in 1d"),
        (
            counted(extensions=replace(PLAIN, ratio=Ratio(of=("a",), minimum=1, bounds=(("gt", 0.5),)))),
            "11 > 0.5 of the whole in 1h",
        ),
    ],
)
def test_what_was_measured_is_said_with_its_bounds(watched: Watched, text: str) -> None:
    assert measured(watched, BURST) == text


def test_a_plain_rule_measures_nothing(load_sound: Any) -> None:
    (rule,) = load_sound("title: x\nlogsource: {category: c}\ndetection: {s: {a: 1}, condition: s}\n").rules
    watched = watched_rule(rule, emits=True, parents=())
    assert measured(watched, BURST) == ""
    assert alert(watched, None, "k", BURST).group == ()


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1s"), (60, "1m"), (90, "90s"), (7_200, "2h"), (172_800, "2d")]
)
def test_a_duration_is_said_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert duration(seconds) == text
