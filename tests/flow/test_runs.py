"""Runbooks are followed from the first alert to the last step, by people and by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from run_story import FAILED_LOGINS, RunStory, a_book, run_story, the_alert
from tocsin.domain.action import ActionState
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Status
from tocsin.domain.run import RunState
from tocsin.domain.severity import Severity
from tocsin.flow.runs_wake import wake
from tocsin.runbooks.hands import ApprovalRefused, RunOver, StepRefused
from tocsin.runbooks.reading import read

STEPS = "- {id: look, do: Look, within: 5m}\n- {id: tell, do: Tell, approve: [ciso, legal]}\n"


@pytest.fixture
def spike(story) -> RunStory:
    told = run_story(story, read(FAILED_LOGINS, "failed-login-spike.yml"))
    story.hear(the_alert(told))
    told.work()
    return told


@pytest.fixture
def plain(story) -> RunStory:
    told = run_story(story, a_book("plain", STEPS))
    story.hear(the_alert(told))
    told.runs.start(story.incident().incident_id, "plain", "ben")
    return told


def test_a_failed_login_spike_is_followed_to_its_end(spike) -> None:
    incident = spike.story.incident()
    assert incident.severity is Severity.P1
    assert spike.run().started_by == "tocsin"
    spike.end("pagerduty.acknowledge")
    spike.end("signals.top", src_ips=["192.0.2.1"])
    spike.runs.answer(1, "pattern", {"source": "single-ip", "target": "many-accounts"}, "ben")
    assert spike.states() == {"ack": "done", "pattern": "done", "block": "ready"}
    block = spike.actions()[-1]
    assert block.arguments == {"ips": ["192.0.2.1"]}
    assert (block.revert_after.total_seconds(), block.step) == (86_400, "block")
    spike.end("aws.waf.block")
    spike.end("aws.waf.rate_limit")
    spike.end("signals.sequence", accounts=["eve"])
    spike.end("page")
    (lock,) = [action for action in spike.actions() if action.name == "idp.disable_user"]
    assert (lock.approvers, lock.state) == (("security-lead",), ActionState.PROPOSED)
    spike.end("idp.disable_user")
    spike.runs.done(1, "notify", "dana")
    (comment,) = [action for action in spike.actions() if action.name == "jira.comment"]
    assert "Opened as P1" in comment.arguments["body"]
    spike.end("jira.comment")
    assert spike.run().state is RunState.DONE
    kinds = spike.story.kinds()
    assert kinds.count("step.done") == 8
    assert kinds.index("run.started") > kinds.index("page.requested")
    steps = [entry.facts["step"] for entry in spike.story.log() if entry.kind == "step.done"]
    assert steps == ["ack", "pattern", "block", "ratelimit", "breached", "lock", "notify", "record"]


def test_nobody_was_breached_so_nobody_is_locked(spike) -> None:
    spike.end("pagerduty.acknowledge")
    spike.end("signals.top")
    spike.runs.answer(1, "pattern", {"source": "distributed", "target": "one-account"}, "ben")
    spike.end("aws.waf.rate_limit")
    spike.end("signals.sequence", accounts=[])
    states = spike.states()
    assert [states[place] for place in ("block", "lock", "notify")] == ["not-applicable"] * 3
    assert states["record"] == "ready"


def test_a_late_step_pages_the_next_level_within_five_seconds_and_goes_on(spike) -> None:
    spike.story.call.acknowledge(spike.story.incident().incident_id, "ben")
    before = len(spike.story.pages())
    spike.push(305)
    assert "step.missed" in spike.story.kinds()
    record = spike.run().steps["ack"]
    assert (record.state.value, record.missed_at) == ("ready", record.due_at)
    late = spike.story.pages()[before:]
    assert len(late) == 1
    assert "is late" in late[0].reason


def test_a_runbook_begins_once_for_an_incident_however_many_alerts_join(spike) -> None:
    spike.story.hear(the_alert(spike, instance="b"))
    spike.work()
    assert len(spike.runs.listed()) == 1


def test_a_run_keeps_to_the_text_that_it_began_with(spike) -> None:
    changed = FAILED_LOGINS.replace("id: pattern", "id: other").replace("pattern.", "other.")
    spike.books["failed-login-spike"] = read(changed, "failed-login-spike.yml")
    spike.end("pagerduty.acknowledge")
    assert "pattern" in spike.run().steps
    first = len(spike.actions())
    ended, again = spike.runs.rerun([1], "ada", "Begun anew with the new text.", "cli:ada")
    assert [action.state for action in spike.actions()[:first] if action.state.is_open] == []
    assert (ended.state, ended.ended_by, again.started_by) == (RunState.ABORTED, "ada", "cli:ada")
    assert again.digest != spike.run().digest
    assert "other" in again.steps


def test_a_failed_step_is_tried_again_from_where_it_failed(spike) -> None:
    spike.end("pagerduty.acknowledge", ActionState.FAILED)
    assert spike.states() == {"ack": "failed"}
    spike.runs.retry(1, "ack", "ben")
    assert len(spike.actions()) == 2
    spike.end("pagerduty.acknowledge")
    assert spike.states()["pattern"] == "ready"


def test_a_step_of_a_called_runbook_is_resumed_too(story) -> None:
    told = run_story(
        story,
        a_book("outer", "- {id: sub, call: inner}\n- {id: end, do: End}\n", "trigger: {alert: A}\n"),
        a_book("inner", "- {id: page, do: Page, run: page}\n"),
    )
    story.hear(the_alert(told, "A"))
    told.work()
    told.books.clear()
    told.end("page", ActionState.FAILED)
    told.runs.retry(1, "sub.page", "ben")
    told.end("page")
    assert told.states() == {"sub": "done", "sub.page": "done", "end": "ready"}


def test_a_step_is_approved_by_different_people_and_then_done(plain) -> None:
    plain.runs.done(1, "look", "ben")
    with pytest.raises(StepRefused, match="the approval of ciso, legal"):
        plain.runs.done(1, "tell", "ben")
    plain.runs.approve(1, "tell", "dana")
    with pytest.raises(ApprovalRefused):
        plain.runs.approve(1, "tell", "dana")
    plain.runs.approve(1, "tell", "chidi")
    assert plain.runs.done(1, "tell", "ben").state is RunState.DONE


def test_other_people_may_stand_in(plain) -> None:
    plain.runs.hand_over(1, "look", ["chidi"], "ada")
    plain.runs.name_approvers(1, "tell", ["deputy", "legal"], "ada")
    plain.runs.skip(1, "look", "ben", "It was looked at before.")
    plain.runs.approve(1, "tell", "ada")
    plain.runs.approve(1, "tell", "chidi")
    assert plain.run().steps["look"].owners == ("chidi",)
    assert plain.run().steps["tell"].approvals == ("deputy:ada", "legal:chidi")


def test_runs_are_ended_many_at_once_and_then_stay_as_they_are(plain) -> None:
    incident = plain.story.incident().incident_id
    plain.runs.start(incident, "plain", "ben")
    ended = plain.runs.abort([2, 1, 2], "ada", "A false alarm.")
    assert [run.state for run in ended] == [RunState.ABORTED] * 2
    with pytest.raises(RunOver):
        plain.runs.done(1, "look", "ben")
    with pytest.raises(RunOver):
        plain.runs.abort([1], "ada", "Again.")
    assert [run.number for run in plain.runs.of_incident(incident)] == [1, 2]


def test_runs_are_begun_anew_many_at_once(plain) -> None:
    incident = plain.story.incident().incident_id
    plain.runs.start(incident, "plain", "ben")
    found = plain.runs.rerun([1, 2], "ada", "A false alarm.", "ada")
    assert [(run.number, run.state.value) for run in found] == [
        *((1, "aborted"), (2, "aborted")),
        *((3, "running"), (4, "running")),
    ]


def test_nothing_is_ended_where_nothing_can_begin_anew(plain) -> None:
    incident = plain.story.incident().incident_id
    before = plain.story.log()
    book = plain.books.pop("plain")
    with pytest.raises(NotFound):
        plain.runs.rerun([1], "ada", "Anew.", "ada")
    plain.books["plain"] = book
    plain.story.close.move(incident, Status.RESOLVED, "ada", "It is over.")
    with pytest.raises(StepRefused, match="is resolved"):
        plain.runs.rerun([1], "ada", "Anew.", "ada")
    assert plain.run().state is RunState.RUNNING
    assert "run.ended" not in [entry.kind for entry in plain.story.log()[len(before) :]]


def test_unknown_names_are_said_to_be_so(plain) -> None:
    incident = plain.story.incident().incident_id
    for attempt in (
        lambda: plain.runs.start(incident, "nowhere", "ben"),
        lambda: plain.runs.done(9, "look", "ben"),
        lambda: plain.runs.done(1, "nowhere", "ben"),
        lambda: plain.runs.followed(9),
        lambda: plain.runs.abort([9], "ada", "x"),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_nothing_begins_in_an_incident_that_is_over(plain) -> None:
    incident = plain.story.incident()
    plain.story.close.move(incident.incident_id, Status.RESOLVED, "ada", "It is over.")
    with pytest.raises(StepRefused, match="is resolved"):
        plain.runs.start(incident.incident_id, "plain", "ben")


def test_a_run_ends_with_its_incident(plain) -> None:
    incident = plain.story.incident().incident_id
    plain.story.close.move(incident, Status.RESOLVED, "ada", "It is over.")
    plain.story.close.move(incident, Status.CLOSED, "ada")
    plain.work()
    assert (plain.run().state, plain.run().reason) == (RunState.ABORTED, "The incident is closed.")


def test_a_runbook_that_is_gone_when_it_would_begin_is_said_to_be(story) -> None:
    told = run_story(story, a_book("gone", STEPS, "trigger: {alert: A}\n"))
    story.hear(the_alert(told, "A"))
    told.books.clear()
    told.work()
    assert any("The runbook gone was to begin" in line.text for line in story.timeline())


def test_an_incident_that_ended_meanwhile_begins_nothing(story) -> None:
    told = run_story(story, a_book("book", STEPS, "trigger: {alert: A}\n"))
    story.hear(the_alert(told, "A"))
    story.close.move(story.incident().incident_id, Status.RESOLVED, "ada", "It is over.")
    told.work()
    assert told.runs.listed() == ()


def test_a_run_is_shown_whole(plain) -> None:
    followed = plain.runs.followed(1)
    assert [spot.place for spot in followed.spots] == ["look", "tell"]
    assert (followed.run.number, followed.book.runbook_id) == (1, "plain")
    assert followed.incident == plain.story.incident()


def test_a_look_at_a_run_that_is_over_changes_nothing(plain) -> None:
    plain.runs.abort([1], "ada", "A false alarm.")
    before = plain.run()
    with plain.story.store.transaction() as shelves:
        wake(shelves, before.incident_id, before.run_id, plain.story.clock.now())
    plain.work()
    assert plain.run() == before


def test_the_documents_that_steps_link_to_are_quoted_when_a_run_begins(story) -> None:
    asked: list[tuple[str, ...]] = []
    steps = "- {id: look, do: Look, see: 'https://wiki.example/1'}\n- {id: end, do: End}\n"
    told = run_story(story, a_book("linked", steps))
    story.hear(the_alert(told))
    respond = replace(told.runs.going.respond, quotes=lambda urls: asked.append(tuple(urls)) or ())
    runs = replace(told.runs, going=replace(told.runs.going, respond=respond))
    runs.start(story.incident().incident_id, "linked", "ben")
    assert asked == [("https://wiki.example/1",)]
