"""Settings are read as rendered text, and what was not rendered is never sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from group_notifications import captured, captured_group, firing, resolved
from tocsin.connectors.rendered import (
    group_digest,
    mapping_in,
    rows_in,
    shortened,
    subject_of,
    text_in,
    texts_in,
)


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"title": "hello"}, "hello"),
        ({"title": ""}, "instead"),
        ({"title": None}, "instead"),
        ({}, "instead"),
        ({"title": '{{ template "slack.default.title" . }}'}, "instead"),
        ({"title": 7}, "instead"),
    ],
)
def test_a_text_is_taken_only_if_it_was_rendered(settings: dict[str, object], shown: str) -> None:
    assert text_in(settings, "title", "instead") == shown


def test_words_may_stand_in_a_text_or_a_list() -> None:
    settings = {"tags": "a, b,,{{ .x }}", "labels": ["c", " ", "d"], "none": None}
    assert [texts_in(settings, name) for name in ("tags", "labels", "none", "absent")] == [
        ("a", "b"),
        ("c", "d"),
        (),
        (),
    ]


def test_rows_lose_what_is_empty_in_them() -> None:
    assert rows_in({"links": ({"href": "https://x", "text": "", "alt": None},)}, "links") == (
        {"href": "https://x"},
    )


def test_nothing_in_rows_and_mappings_is_still_a_template() -> None:
    settings = {
        "fields": ({"title": "a", "value": "{{ .x }}"},),
        "details": {"a": "{{ .x }}", "b": "", "c": 7},
    }
    assert rows_in(settings, "fields") == ({"title": "a"},)
    assert mapping_in(settings, "details") == {"b": "", "c": 7}
    assert mapping_in({}, "details") == {}


def test_the_subject_is_alertmanagers_own(shared: Path) -> None:
    told = captured(shared, "alertmanager_pagerduty_v2_trigger")["body"]
    assert subject_of(captured_group(shared)) == told["payload"]["summary"]
    over = captured(shared, "alertmanager_pagerduty_v2_resolve")["body"]
    assert subject_of(resolved(captured_group(shared))) == over["payload"]["summary"]
    assert group_digest(captured_group(shared)) == told["dedup_key"] == over["dedup_key"]


def test_the_subject_of_a_group_that_shares_nothing_more_has_no_brackets() -> None:
    assert subject_of(firing()) == "[FIRING:2] AuthFailureSpike lab (critical)"
    assert subject_of(resolved(firing())) == "[RESOLVED] AuthFailureSpike lab (critical)"


def test_the_alerts_name_comes_first_in_the_subject() -> None:
    group = replace(firing(), group_labels={"aa": "1", "alertname": "AuthFailureSpike", "cluster": "lab"})
    assert subject_of(group) == "[FIRING:2] AuthFailureSpike 1 lab (critical)"


def test_a_text_is_cut_at_its_limit() -> None:
    assert [shortened("abcd", 4), shortened("abcde", 4)] == ["abcd", "abc…"]
