from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from nouns import later
from tocsin.domain.incident import ClockKind, Status
from tocsin.domain.job import Job
from tocsin.domain.severity import Severity
from tocsin.flow.record import CLOCK
from tocsin.incidents.lifecycle import MoveRefused, OnlyPeopleClose, ReasonMissing, UnknownCommander
from tocsin.triage.policy import TypePolicy


def test_a_note_is_a_line_and_an_entry(story, report) -> None:
    story.hear(report())
    story.close.note(story.incident().incident_id, "ada", "The certificate ran out")
    assert (story.timeline()[-1].actor, story.timeline()[-1].text) == ("ada", "The certificate ran out")
    assert story.log()[-1].kind == "incident.note"


def test_the_command_is_handed_over(story, report) -> None:
    story.hear(report())
    assert story.close.assign(story.incident().incident_id, "ada", "ben").commander == "ada"
    assert story.incident().commander == "ada"


@pytest.mark.parametrize("to", ["eve", "", "x" * 100_000, "ada\n"])
def test_the_command_is_given_only_to_somebody_with_an_account(story, report, to: str) -> None:
    story.hear(report())
    close = replace(story.close, may_command=lambda username: username == "ada")
    with pytest.raises(UnknownCommander):
        close.assign(story.incident().incident_id, to, "ben")
    assert story.incident().commander is None
    assert close.assign(story.incident().incident_id, "ada", "ben").commander == "ada"


def test_a_person_who_resolves_has_acknowledged_and_the_review_clock_starts(story, report) -> None:
    story.hear(report())
    incident = story.close.move(story.incident().incident_id, Status.RESOLVED, "ben", "restarted it")
    assert (incident.status, incident.acknowledged_by, incident.resolved_at) == (
        Status.RESOLVED,
        "ben",
        later(0),
    )
    assert [clock.kind for clock in incident.clocks if clock.is_running] == [ClockKind.REVIEW]
    assert all(page.acknowledged_at for page in story.pages())


def test_a_refused_move_changes_nothing(story, report) -> None:
    story.hear(report())
    before = story.store._tables
    incident_id = story.incident().incident_id
    with pytest.raises(MoveRefused):
        story.close.move(incident_id, Status.CLOSED, "ada")
    with pytest.raises(ReasonMissing):
        story.close.change_severity(incident_id, Severity.P4, "ada")
    assert story.store._tables == before


def test_a_deadline_that_nobody_met_is_missed_exactly_once(story, report) -> None:
    story.hear(report(7200))
    story.push(7000)
    assert story.kinds().count("clock.missed") == 2
    missed = {clock.kind: clock.missed_at for clock in story.incident().clocks}
    assert missed == {ClockKind.ACKNOWLEDGE: later(300), ClockKind.ENGAGE: later(900)}


def test_a_deadline_that_was_met_is_not_missed(story, report) -> None:
    story.hear(report(7200))
    story.call.acknowledge(story.incident().incident_id, "ben")
    story.close.note(story.incident().incident_id, "ben", "On it")
    story.push(7000)
    assert "clock.missed" not in story.kinds()


def test_an_incident_of_a_type_that_may_not_end_by_itself_waits_for_a_person(story, report) -> None:
    story.hear(report(team="security"))
    incident = story.incident()
    with story.store.transaction() as shelves:
        assert story.close.quiet(shelves, incident, later(9)).status is Status.OPEN


def test_a_missed_clock_and_an_acknowledgement_at_once_do_not_undo_each_other(postgres_story, report) -> None:
    story = postgres_story
    story.hear(report(7200))
    incident_id = story.incident().incident_id
    story.clock.push(later(300) - later(0))
    job = Job(kind=CLOCK, key="clock:x", run_at=later(300), args={"incident": str(incident_id)})
    acknowledging = threading.Event()

    def acknowledge() -> None:
        acknowledging.set()
        story.call.acknowledge(incident_id, "ben")
        story.store.hang_up()

    thread = threading.Thread(target=acknowledge)
    with story.store.transaction() as shelves:
        story.close.look_at_clock(shelves, job)
        thread.start()
        acknowledging.wait()
        thread.join(timeout=0.2)
        assert thread.is_alive()
    thread.join()
    clock = next(one for one in story.incident().clocks if one.kind is ClockKind.ACKNOWLEDGE)
    assert (clock.missed_at, clock.met_at) == (later(300), later(300))
    assert story.incident().acknowledged_by == "ben"
    assert story.kinds().count("clock.missed") == 1


@pytest.mark.parametrize("actor", ["token:ci", "ada by token:ci", "tocsin", "slack:U1", "run:RUN-1"])
@pytest.mark.parametrize("to", [Status.RESOLVED, Status.CLOSED])
def test_what_only_people_close_is_ended_by_no_token_and_not_by_us(
    story, report, actor: str, to: Status
) -> None:
    story.hear(report())
    incident = story.incident()
    types = {incident.type: TypePolicy(name=incident.type, resolve_when_quiet=False, only_people_close=True)}
    close = replace(story.close, triage=replace(story.close.triage, types=types))
    if to is Status.CLOSED:
        close.move(incident.incident_id, Status.RESOLVED, "ben", "looked into it")
    with pytest.raises(OnlyPeopleClose):
        close.move(incident.incident_id, to, actor, "over")
    assert story.close.move(incident.incident_id, to, actor, "over").status is to, "other types may be ended"


@pytest.mark.parametrize("actor", ["ben", "cli:ada"])
def test_a_person_ends_what_only_people_close_and_a_token_works_on_it(story, report, actor: str) -> None:
    story.hear(report())
    incident = story.incident()
    types = {incident.type: TypePolicy(name=incident.type, resolve_when_quiet=False, only_people_close=True)}
    close = replace(story.close, triage=replace(story.close.triage, types=types))
    assert close.move(incident.incident_id, Status.INVESTIGATING, "token:ci").status is Status.INVESTIGATING
    assert (
        close.move(incident.incident_id, Status.RESOLVED, actor, "looked into it").status is Status.RESOLVED
    )
