"""Runbooks begin after the alert was recorded and called, and give a severity where nobody did."""

from __future__ import annotations

import pytest

from run_story import a_book, run_story, the_alert
from tocsin.domain.severity import Severity
from tocsin.flow.runs_triggers import START

STEPS = "- {id: look, do: Look}\n"


def _books(*severities: str):
    return [
        a_book(f"b{number}", STEPS, f"trigger: {{alert: A}}\n{f'severity: {one}' if one else ''}\n")
        for number, one in enumerate(severities)
    ]


@pytest.mark.parametrize(
    ("labels", "given", "expected"),
    [
        ({}, ("P2", "P1", ""), Severity.P1),
        ({}, ("",), Severity.P3),
        ({"severity": "high"}, ("P1",), Severity.P2),
    ],
)
def test_the_worst_severity_is_given_where_nobody_gave_one(story, labels, given, expected) -> None:
    told = run_story(story, *_books(*given))
    story.hear(the_alert(told, "A", **labels))
    assert story.incident().severity is expected


def test_the_reason_stands_in_the_first_line(story) -> None:
    told = run_story(story, *_books("P2"))
    story.hear(the_alert(told, "A"))
    assert "Severity P2: the runbook b0 gives it." in story.timeline()[0].text


def test_each_runbook_that_fits_begins_once(story) -> None:
    told = run_story(story, *_books("", ""), a_book("other", STEPS, "trigger: {alert: B}\n"))
    story.hear(the_alert(told, "A"))
    story.hear(the_alert(told, "A", instance="2"))
    begins = [job.args["runbook"] for job in story.jobs() if job.kind == START]
    assert sorted(begins) == ["b0", "b1"]


def test_an_alert_that_joins_begins_its_own_runbook(story) -> None:
    told = run_story(story, *_books(""), a_book("other", STEPS, "trigger: {alert: B}\n"))
    story.hear(the_alert(told, "A"))
    story.hear(the_alert(told, "B"))
    assert sorted(job.args["runbook"] for job in story.jobs() if job.kind == START) == ["b0", "other"]
