"""Every leaf says what it asked and what the record has; the leaves that decide are named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.explain import RuleReason, explain, holds
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import load
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tables import read as read_tables


def _rule(detection: str, logsource: str = "{category: web}") -> Rule:
    text = f"title: T\nname: t\nlogsource: {logsource}\nlevel: low\ndetection:\n{detection}\n"
    found = load([("r.yml", text)])
    assert found.problems == ()
    return found.rules[0]


def _explained(detection: str, **record: Any) -> RuleReason:
    return explain(_rule(detection), {"category": "web", **record})


TWO = "  first: {a: 1}\n  other:\n    b|contains: [x, y]\n    c: z\n  condition: first and not other"


def test_a_hit_names_the_leaves_that_made_it() -> None:
    reason = _explained(TWO, a=1, b="none")
    assert reason.holds
    assert reason.rule_hash == _rule(TWO).key
    assert [leaf.said for leaf in reason.leaves()] == [
        "a equals 1",
        "b contains 'x'",
        "b contains 'y'",
        "c equals 'z'",
    ]
    assert reason.summary() == (
        "Holds by: a equals 1 [is '1']; b contains 'x' [is 'none']; b contains 'y' [is 'none'] and 1 more."
    )


def test_a_miss_names_the_leaf_that_failed_and_what_was_there() -> None:
    reason = _explained(TWO, a=2)
    assert not reason.holds
    assert reason.summary() == "Fails by: a equals 1 [is '2']."
    assert _explained(TWO).summary() == "Fails by: a equals 1 [the field is absent]."


def test_the_tree_is_printed_with_the_names_of_the_selections() -> None:
    assert list(_explained(TWO, a=1, b="xy", c="no").tree.lines()) == [
        "+ all of",
        "  + first: all of",
        "    + a equals 1  [is '1']",
        "  + not",
        "    - other: all of",
        "      + at least one of",
        "        + b contains 'x'  [is 'xy']",
        "        + b contains 'y'  [is 'xy']",
        "      - c equals 'z'  [is 'no']",
    ]


def test_a_log_source_that_does_not_fit_is_the_reason() -> None:
    reason = explain(_rule(TWO, "{product: aws, service: cloudtrail}"), {"category": "web", "a": 1})
    assert not reason.holds
    assert reason.tree.holds
    assert reason.summary() == (
        "The log source does not fit: the rule asks for product aws, service cloudtrail, "
        "the record is of category web."
    )
    nothing = explain(_rule(TWO), {"a": 1})
    assert "the record is of no log source that is known" in nothing.source


@pytest.mark.parametrize(
    ("detection", "said"),
    [
        ("a|startswith: x", "a begins with 'x'"),
        ("a|endswith: x", "a ends with 'x'"),
        ("a: x*y", "a is like "),
        ("a|re: x+", "a matches 'x+'"),
        ("a|cidr: 10.0.0.0/8", "a lies in '10.0.0.0/8'"),
        ("a|gte: 5", "a is at least 5"),
        ("a|cased: X", "a equals 'X' (case matters)"),
        ("a: null", "a is null or absent"),
        ("a|exists: true", "a exists"),
        ("a|exists: false", "a does not exist"),
        ("a|fieldref: b", "a equals the field b"),
        ("a|fieldref|endswith: b", "a endswith the field b"),
    ],
)
def test_each_kind_of_question_is_said_in_words(detection: str, said: str) -> None:
    (leaf,) = _explained(f"  s: {{{detection!r}}}".replace("'", "") + "\n  condition: s").leaves()
    assert leaf.said.startswith(said)


def test_parts_of_a_date_are_said() -> None:
    (leaf,) = _explained("  s: {at|hour: 5}\n  condition: s", at="2026-01-05T05:00:00Z").leaves()
    assert "hour" in leaf.said
    assert leaf.holds


def test_keywords_ask_every_value() -> None:
    (leaf,) = _explained("  s: [secret]\n  condition: s", a="a Secret", b=1).leaves()
    assert (leaf.holds, leaf.field) == (True, "")
    assert leaf.said == "any value contains 'secret'"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([], "is an empty list"),
        (None, "is null"),
        ([1, None], "is '1' | null"),
        (["a", "b", "c", "d", "e"], "is 'a' | 'b' | 'c' | and 2 more"),
        ("x" * 500, "is '" + "x" * 199 + "..."),
    ],
)
def test_values_are_shown_short(value: object, found: str) -> None:
    (leaf,) = _explained("  s: {a: 1}\n  condition: s", a=value).leaves()
    assert leaf.found == found


def test_two_fields_that_are_compared_are_both_shown() -> None:
    (leaf,) = _explained("  s: {a|fieldref: b}\n  condition: s", a="x", b="y").leaves()
    assert leaf.found == "is 'x'; b: is 'y'"


def test_members_of_lists_are_told_as_one_question() -> None:
    rule = _rule("  s: {'a[any]': {b: 1}}\n  condition: s")
    reason = explain(rule, {"category": "web", "a": [{"b": 2}, {"b": 1}]})
    assert list(reason.tree.lines()) == [
        "+ s: all of",
        "  + of the members of a, any  [is '{\"b\":2}' | '{\"b\":1}']",
        "    - b equals 1  [is '2']",
        "    + b equals 1  [is '1']",
    ]
    (leaf,) = reason.leaves()
    assert (leaf.field, leaf.found) == ("b", "is '1'")


def test_a_position_is_said_and_a_list_without_members_decides_itself() -> None:
    rule = _rule("  s: {'a[0]': {b: 1}}\n  condition: s")
    (leaf,) = explain(rule, {"category": "web", "a": []}).leaves()
    assert (leaf.said, leaf.holds) == ("of the members of a, at 0", False)


CALENDAR = "name: work\nzone: UTC\nweekly: {monday-friday: '09:00-17:00'}\n"


def test_a_question_about_the_time_says_when_it_was() -> None:
    text = (
        "title: T\nlogsource: {category: web}\nlevel: low\n"
        "detection: {s: {a: 1}, condition: s}\ntocsin.lookup: {outside: work}\n"
    )
    found = load([("r", text)], read_tables([], [("c", CALENDAR)]))
    assert found.problems == ()
    rule = found.rules[0]
    record = {"category": "web", "a": 1}
    night, day = 1767571200000000, 1767571200000000 + 10 * 3_600_000_000
    assert explain(rule, record, night).holds
    assert holds(rule)(record, night)
    assert not explain(rule, record, day).holds
    assert any("it is 2026-01-05T10:00:00+00:00" in line for line in explain(rule, record, day).tree.lines())
    assert any("the time is not known" in line for line in explain(rule, record).tree.lines())


def test_the_plain_form_is_json_and_complete() -> None:
    record = _explained(TWO, a=1).record()
    assert json.loads(json.dumps(record)) == record
    assert record["log_source"]["fits"]
    assert record["tree"]["branches"][0]["name"] == "first"
    assert record["leaves"][0] == {"said": "a equals 1", "holds": True, "field": "a", "found": "is '1'"}


VALUES = st.one_of(
    st.none(), st.integers(0, 2), st.sampled_from(["x", "y", "z", "1"]), st.lists(st.integers(0, 2))
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "category"]), VALUES | st.just("web")))
def test_the_explanation_agrees_with_the_matcher(record: dict[str, Any]) -> None:
    rule = _rule(TWO)
    judged = explain(rule, record)
    assert judged.holds is (Matcher([rule]).hits(record) == (0,))
    assert holds(rule)(record, None) is judged.holds
