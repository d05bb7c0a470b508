"""A run goes on by itself: actions, collectors, clocks, and people only where they are needed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from run_story import RunStory, a_book, run_story, the_alert
from tocsin.domain.errors import Overloaded
from tocsin.domain.job import JobState
from tocsin.domain.run import RunState
from tocsin.flow.runs_wake import run_key


def _begun(story, steps: str, *more) -> RunStory:
    told = run_story(story, a_book("book", steps, "trigger: {alert: A}\n"), *more)
    story.hear(the_alert(told, "A", zone="a", severity="critical"))
    return told


def test_a_refused_action_fails_its_step_with_the_reason(story) -> None:
    told = _begun(story, "- {id: block, do: Block, run: aws.waf.block}\n- {id: end, do: End}\n")
    told.world.refuses["aws.waf.block"] = "The hour's limit is reached."
    told.work()
    assert told.states() == {"block": "failed"}
    assert told.run().steps["block"].reason == "aws.waf.block: The hour's limit is reached."
    assert any("limit is reached" in line.text for line in story.timeline())


def test_a_busy_store_refuses_nothing(story, monkeypatch) -> None:
    told = _begun(story, "- {id: block, do: Block, run: aws.waf.block}\n")

    def busy(*_: object) -> None:
        raise Overloaded("Busy.", means="Later.", next_step="Try again.")

    monkeypatch.setattr(told.world, "propose", busy)
    with pytest.raises(Overloaded):
        told.work()
    assert told.runs.listed() == ()


def test_a_step_waits_for_its_collectors(story) -> None:
    told = _begun(story, "- {id: keep, do: Keep, keep: [audit.export]}\n")
    told.work()
    (job,) = [job for job in story.jobs() if job.args.get("collector") == "audit.export"]
    assert told.states() == {"keep": "ready"}
    told.push(20)
    assert told.run().state is RunState.RUNNING
    with story.store.transaction() as shelves:
        shelves.jobs.drop(job.key)
    told.push(6)
    assert told.run().state is RunState.DONE


def test_a_lost_word_of_an_action_is_found_out(story) -> None:
    told = _begun(story, "- {id: page, do: Page, run: page}\n")
    told.work()
    key = run_key(told.run().run_id)
    with story.store.reading() as shelves:
        job = shelves.jobs.get(key)
    assert job is not None
    assert job.run_at - story.clock.now() == timedelta(minutes=1)


def test_a_run_that_waits_for_people_alone_has_no_job(story) -> None:
    told = _begun(story, "- {id: look, do: Look}\n")
    told.work()
    key = run_key(told.run().run_id)
    with story.store.reading() as shelves:
        job = shelves.jobs.get(key)
    assert job is None or job.state is JobState.DONE


def test_a_step_within_a_repeat_can_be_late_too(story) -> None:
    told = _begun(
        story,
        "- {id: watch, repeat: {every: 15m, until: look.ok == 'yes'}, steps: ["
        "{id: look, do: Look, within: 2m, ask: {ok: [yes, no]}}]}\n",
    )
    told.work()
    told.push(125)
    assert told.run().steps["watch#1/look"].missed_at is not None
    told.runs.answer(1, "watch#1/look", {"ok": "no"}, "ben")
    told.push(900)
    told.runs.answer(1, "watch#2/look", {"ok": "yes"}, "ben")
    assert told.run().state is RunState.DONE


def test_a_late_step_of_several_owners_names_them(story) -> None:
    told = _begun(story, "- {id: look, do: Look, owner: [oncall, security-lead], within: 1m}\n")
    told.work()
    story.call.acknowledge(story.incident().incident_id, "ben")
    told.push(65)
    assert "of oncall, security-lead" in story.pages()[-1].reason


def test_a_condition_of_the_clock_wakes_the_run(story) -> None:
    told = _begun(story, "- {id: up, do: Go up, if: incident.age > 30m and incident.status != 'resolved'}\n")
    told.work()
    told.push(1799)
    assert told.states() == {}
    told.push(2)
    assert told.states() == {"up": "ready"}


def test_labels_of_alerts_are_arguments_of_collectors(story) -> None:
    told = _begun(story, "- {id: keep, do: Keep, keep: app.log}\n")
    told.work()
    (job,) = [job for job in story.jobs() if job.args.get("collector") == "app.log"]
    assert job.args["arguments"] == "{}"


def test_an_open_action_of_an_ended_run_is_taken_back(story) -> None:
    told = _begun(story, "- {id: page, do: Page, run: page}\n")
    told.work()
    told.runs.abort([1], "ada", "A false alarm.")
    assert [action.state.value for action in told.actions()] == ["withdrawn"]
