"""Signals and firings become hits: one a group, with a bit for each rule, or a diagnostic."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.detection.correlating.feeding import MISSING_GROUP_KEY, MISSING_VALUE, Feed, watched_rules
from tocsin.detection.correlating.window import Firing
from tocsin.detection.rules import load
from tocsin.detection.sigma.tables import read
from tocsin.detection.state import Held, Ref

BASE = [
    f"title: {word}\nname: {word}\nlogsource: {{category: test}}\n"
    f"detection: {{s: {{{word}: 1}}, condition: s}}\n"
    for word in "abc"
]


def correlation(name: str, kind: str, more: str, rules: str = "[a, b]", top: str = "") -> str:
    return (
        f"title: {name}\nname: {name}\n{top}\ncorrelation:\n  type: {kind}\n  rules: {rules}\n"
        f"  group-by: [user]\n  timespan: 1m\n{more}\n"
    )


COUNT = "  condition: {gte: 2}"
VALUE = "  condition: {field: v, gte: 2}"
TABLES = read(
    [
        ("a.yml", "name: services\nrows: [{value: web}]\n"),
        ("b.yml", "name: asn\nkey: network\nrows: [{network: 10.0.0.0/8, asn: AS1}]\n"),
    ],
    [],
)


@pytest.fixture
def watch() -> Any:
    def make(*texts: str) -> Any:
        rules = load([(f"{n}.yml", text) for n, text in enumerate((*BASE, *texts))], tables=TABLES)
        assert rules.problems == ()
        return watched_rules(rules.rules, rules.correlations, rules.by_reference(), TABLES.tables)

    return make


def test_who_feeds_others_is_silent_unless_they_generate(watch: Any) -> None:
    quiet = watch(correlation("x", "event_count", COUNT))
    assert [(each.header.title, each.emits) for each in quiet] == [
        ("a", False),
        ("b", False),
        ("c", True),
        ("x", True),
    ]
    loud = watch(correlation("x", "event_count", COUNT + "\n  generate: true"))
    assert all(each.emits for each in loud)
    both = watch(
        correlation("x", "event_count", COUNT, rules="[a]"),
        correlation("y", "event_count", COUNT + "\n  generate: true", rules="[a, x]"),
    )
    assert all(each.emits for each in both)
    ratio = watch(correlation("x", "event_count", COUNT, top="tocsin.ratio: {of: [c], min: 1, gt: 0.1}"))
    assert [each.emits for each in ratio] == [False, False, False, True]


def test_a_parent_knows_its_children_and_is_at_least_as_patient(watch: Any) -> None:
    child = correlation("x", "event_count", COUNT, top="tocsin.allowed_lateness: 5m")
    *_, x, y = watch(child, correlation("y", "temporal", "", rules="[x, c]"))
    assert (x.parents, y.lateness) == (((4, 1),), 300_000_000)


def test_an_inventory_is_read_from_its_table(watch: Any) -> None:
    beat = correlation(
        "x", "temporal", "  condition: a and not b", top="tocsin.heartbeat: {inventory: services}"
    )
    assert watch(beat)[-1].entities == {'["web"]': "web"}
    assert watch(correlation("x", "event_count", COUNT))[-1].entities == {}


def fed(watched: Any, record: dict[str, Any], slots: int, make_signal: Any) -> list[Any]:
    found = Feed(watched, watched.correlation, TABLES.tables).of_signal(make_signal(record), 7, slots)
    return [
        each if isinstance(each, str) else (each[0], each[1].slots, each[1].value, each[1].texts)
        for each in found
    ]


@pytest.mark.parametrize(
    ("kind", "more", "top", "record", "found"),
    [
        ("event_count", COUNT, "", {"user": "Ada"}, [('["ada"]', 3, None, ("Ada",))]),
        ("event_count", COUNT, "", {"user": None}, [MISSING_GROUP_KEY]),
        (
            "value_count",
            "  condition: {field: v, gte: 2}",
            "",
            {"user": "A", "v": "X"},
            [('["a"]', 3, "x", ("A",))],
        ),
        ("value_count", VALUE, "", {"user": "A"}, [MISSING_VALUE]),
        (
            "value_sum",
            "  condition: {field: v, gte: 2}",
            "",
            {"user": "A", "v": "2"},
            [('["a"]', 3, 2.0, ("A",))],
        ),
        ("value_sum", VALUE, "", {"user": "A", "v": "x"}, [MISSING_VALUE]),
        (
            "event_count",
            COUNT,
            "tocsin.ratio: {of: [a, b], min: 1, gt: 0.1, count_distinct: s}",
            {"user": "A", "s": "Q"},
            [('["a"]', 3, "q", ("A",))],
        ),
        (
            "value_count",
            "  condition: {field: ip, gte: 1}",
            "tocsin.new_value: {field: ip, history: 30d, warmup: 0s, by: asn}",
            {"user": "A", "ip": "10.1.2.3"},
            [('["a"]', 3, "as1", ("A",))],
        ),
        (
            "value_count",
            "  condition: {field: ip, gte: 1}",
            "tocsin.new_value: {field: ip, history: 30d, warmup: 0s}",
            {"user": "A"},
            [MISSING_VALUE],
        ),
        (
            "event_count",
            COUNT + "\n  aliases: {user: {a: user, b: owner}}",
            "",
            {"user": "A", "owner": "B"},
            [('["a"]', 1, None, ("A",)), ('["b"]', 2, None, ("B",))],
        ),
        (
            "event_count",
            COUNT + "\n  aliases: {user: {a: user, b: owner}}",
            "",
            {"user": "A", "owner": "a"},
            [('["a"]', 3, None, ("A",))],
        ),
        (
            "event_count",
            COUNT + "\n  aliases: {user: {a: user, b: owner}}",
            "",
            {"owner": "B"},
            [MISSING_GROUP_KEY, ('["b"]', 2, None, ("B",))],
        ),
    ],
)
def test_a_signal_is_one_hit_in_each_of_its_groups(
    watch: Any, make_signal: Any, kind: str, more: str, top: str, record: dict[str, Any], found: list[Any]
) -> None:
    assert fed(watch(correlation("x", kind, more, top=top))[-1], record, 3, make_signal) == found


def test_only_the_rules_that_matched_are_asked_for_their_group(watch: Any, make_signal: Any) -> None:
    aliased = watch(correlation("x", "event_count", COUNT + "\n  aliases: {user: {b: owner}}"))[-1]
    assert fed(aliased, {"owner": "B"}, 2, make_signal) == [('["b"]', 2, None, ("B",))]


def test_a_hit_says_who_its_peers_are(watch: Any, make_signal: Any) -> None:
    past = "tocsin.baseline: {history: 7d, season: none, method: tail, p: 1.0e-5, min: 2, warmup: 1d, "
    past += "peer: role}"
    watched = watch(correlation("x", "event_count", COUNT, top=past))[-1]
    feed = Feed(watched, watched.correlation, {})
    for record, peer in (({"user": "a", "role": "Bot"}, "bot"), ({"user": "a"}, "")):
        ((_, hit),) = feed.of_signal(make_signal(record), 1, 1)
        assert hit.peer == peer


def test_a_firing_is_a_hit_with_its_groups_values(watch: Any) -> None:
    summed = VALUE.replace("v,", "event_count,")
    summed = VALUE.replace("v,", "event_count,")
    x = correlation("x", "event_count", COUNT)
    child, parent = watch(x, correlation("y", "value_sum", summed, rules="[x]"))[-2:]
    feed = Feed(parent, parent.correlation, {})
    last = Held(9, "s", 4, 1, None, ("Ada",), b"raw")
    ((key, hit),) = feed.of_firing(child, '["ada"]', Firing(9, 3, last), 1)
    assert (key, hit.time, hit.source, hit.position, hit.value) == ('["ada"]', 9, "s", 4, 3.0)
    assert (hit.shown, hit.origin) == (Ref("s", 4, 9, b"raw"), f'{child.key}:["ada"]')
    # What was decided at a deadline has no place in its source's sequence.
    ((_, hit),) = feed.of_firing(child, '["ada"]', Firing(11, 3, last), 1)
    assert (hit.time, hit.source, hit.position, hit.shown) == (11, "", 0, Ref("s", 4, 9, b"raw"))
    elsewhere = correlation("y", "event_count", COUNT, rules="[x]").replace("[user]", "[host]")
    other = watch(x, elsewhere)[-1]
    found = Feed(other, other.correlation, {}).of_firing(child, "g", Firing(9, 3, last), 1)
    assert list(found) == [MISSING_GROUP_KEY]
