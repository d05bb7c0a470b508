"""The route tree and the inhibition rules are read with old keys and new, inheritance filled in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager.document import read_document
from tocsin.oncall.alertmanager.matcher_texts import braced
from tocsin.oncall.alertmanager.route_texts import MAX_DEPTH, Known, read_rule, read_tree
from tocsin.oncall.alertmanager.routes import Route, walk

KNOWN = Known(receivers=frozenset("ab"), intervals=frozenset(("nights",)))


def written(text: str) -> Located:
    return read_document(text, "f")


def tree(text: str) -> Route:
    return read_tree(written(text), KNOWN)


def test_children_inherit_all_but_time_intervals() -> None:
    root = tree("""
receiver: a
group_by: [x]
group_wait: 0s
repeat_interval: 1ms
routes:
- match: {team: one}
  match_re: {env: "p.*"}
  matchers: ["zone!=z", '{app="y"}']
  mute_time_intervals: [nights]
  active_time_intervals: [nights]
  continue: true
  routes: [{receiver: b, group_by: ['...'], group_interval: 1h}]
- group_by: []
  group_wait:
""")
    paths = {route.path: route for route in walk(root)}
    assert list(paths) == ["0", "0/0", "0/0/0", "0/1"]
    first, below, second = paths["0/0"], paths["0/0/0"], paths["0/1"]
    assert braced(first.matchers) == '{app="y",env=~"^(?:p.*)$",team="one",zone!="z"}'
    assert (first.receiver, first.group_by, first.group_wait) == ("a", ("x",), timedelta(0))
    assert (first.mute_intervals, first.active_intervals, first.continues) == (("nights",), ("nights",), True)
    assert (below.receiver, below.group_by, below.group_interval) == ("b", None, timedelta(hours=1))
    assert (below.mute_intervals, below.continues) == ((), False)
    assert (below.repeat_interval, below.place) == (timedelta(milliseconds=1), "f:13:12")
    assert (second.group_by, second.group_wait) == (("x",), timedelta(0))


def test_defaults_are_upstreams() -> None:
    root = tree("receiver: a")
    assert (root.group_wait, root.group_interval) == (timedelta(seconds=30), timedelta(minutes=5))
    assert (root.repeat_interval, root.group_by) == (timedelta(hours=4), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("group_wait: 1s", "no receiver"),
        ("receiver: ''", "no receiver"),
        ("receiver: c", "not defined"),
        ("{receiver: a, matchers: [a=b]}", "every alert"),
        ("{receiver: a, match: {a: b}}", "every alert"),
        ("{receiver: a, mute_time_intervals: [nights]}", "every alert"),
        ("{receiver: a, active_time_intervals: [nights]}", "every alert"),
        ("{receiver: a, continue: true}", "no sibling"),
        ("{receiver: a, group_by: [x, x]}", "twice"),
        ("{receiver: a, group_by: ['...', x]}", "stands alone"),
        ("{receiver: a, group_interval: 0s}", "is zero"),
        ("{receiver: a, repeat_interval: 0s}", "is zero"),
        ("{receiver: a, routes: [{mute_time_intervals: [days]}]}", "not defined"),
        ("{receiver: a, routes: [{receiver: c}]}", "not defined"),
        ("{receiver: a, routes: [{match_re: {x: }}]}", "no pattern"),
        ("{receiver: a, routes: [{match_re: {x: '('}}]}", "RE2"),
        ("{receiver: a, routes: [~]}", "a mapping is expected"),
        ("{receiver: a, colour: red}", "not known"),
    ],
)
def test_what_upstream_refuses_is_refused(text: str, words: str) -> None:
    with pytest.raises(PackProblem, match=words):
        tree(text)


def test_empty_conditions_of_the_root_are_none() -> None:
    assert tree("{receiver: a, match: {}, match_re: , matchers: ['{}'], continue: false}").matchers == ()


def test_a_tree_is_not_endlessly_deep() -> None:
    deep = "{receiver: a, routes: [" * (MAX_DEPTH + 2) + "]}" * (MAX_DEPTH + 2)
    with pytest.raises(PackProblem, match="deeper than"):
        tree(deep)


def test_inhibition_rules_take_old_keys_and_new() -> None:
    rule = read_rule(
        written(
            "{source_match: {a: b}, source_match_re: {c: d}, source_matchers: ['e!=f'], target_match: {g: h},"
            " target_match_re: {i: j}, target_matchers: [k=l], equal: [x, y]}"
        ),
        3,
    )
    assert braced(rule.source) == '{a="b",c=~"^(?:d)$",e!="f"}'
    assert braced(rule.target) == '{g="h",i=~"^(?:j)$",k="l"}'
    assert (rule.equal, rule.name, rule.place) == (("x", "y"), "inhibit rule 3", "f:1:1")
    assert read_rule(written("{target_match: {a: b}}"), 1).source == ()
