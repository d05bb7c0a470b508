"""Whoever comes next is called, though somebody has acknowledged and is late."""

from __future__ import annotations

import pytest

from tocsin.domain.incident import Status
from tocsin.flow.next_level import NextLevel


def _page(story, why: str = "A step is late.") -> None:
    incident = story.incident()
    with story.store.transaction() as shelves:
        NextLevel(story.call).page(shelves, incident, why, story.clock.now())
    story.transitions()


def test_while_nobody_has_answered_the_next_step_is_due_now(story, report) -> None:
    story.hear(report(3600))
    _page(story)
    assert [page.step for page in story.pages()] == [0, 1]


def test_after_an_acknowledgement_the_next_level_is_called_with_the_reason(story, report) -> None:
    story.hear(report(3600))
    story.call.acknowledge(story.incident().incident_id, "ben")
    _page(story)
    _page(story)
    _page(story)
    called = [(page.step, page.person) for page in story.pages()]
    assert called == [(0, "ben"), (1, "ben"), (2, "ada"), (2, "ada")]
    assert story.pages()[-1].reason.startswith("A step is late. INC-1 is P1")


def test_where_no_level_calls_anybody_it_is_said(story, report) -> None:
    story.hear(report(3600, severity="low"))
    _page(story)
    assert story.pages() == ()
    assert "page.nobody" in story.kinds()


@pytest.mark.parametrize("status", [Status.RESOLVED])
def test_an_incident_that_is_over_calls_nobody(story, report, status) -> None:
    story.hear(report(3600))
    story.call.acknowledge(story.incident().incident_id, "ben")
    story.close.move(story.incident().incident_id, status, "ada", "It is over.")
    _page(story)
    assert len(story.pages()) == 1
