from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from nouns import later
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Status
from tocsin.domain.job import Job, JobState
from tocsin.domain.ports.delivery import Receipt
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.answers import answers_of, still_asking
from tocsin.flow.call import ESCALATE
from tocsin.oncall import links
from tocsin.oncall.links import LinkExpired, LinkUsed, LinkWrong


def _called(story) -> list[tuple[str, str, float]]:
    start = story.incident().opened_at
    return [(page.person, page.role, (page.requested_at - start).total_seconds()) for page in story.pages()]


def test_the_primary_is_called_at_once_on_every_contact_with_a_deadline(story, report) -> None:
    story.hear(report())
    (page,) = story.pages()
    assert (page.person, page.role, page.acknowledge_by) == ("ben", "primary", later(300))
    sent = [(one.channel, one.address) for one in story.deliveries() if one.page_id == page.page_id]
    assert sorted(sent) == [("slack", "@ben"), ("smtp", "ben@example.org")]


def test_a_first_step_that_leaves_time_calls_when_that_time_is_over(patient_story, report) -> None:
    patient_story.hear(report(3600))
    assert patient_story.pages() == ()
    patient_story.push(600)
    assert _called(patient_story) == [
        ("ben", "primary", 120),
        ("ben", "primary", 300),
        ("ada", "secondary", 600),
    ]


def test_an_acknowledgement_before_a_first_step_that_waits_means_no_call(patient_story, report) -> None:
    patient_story.hear(report(3600))
    patient_story.call.acknowledge(patient_story.incident().incident_id, "ada")
    patient_story.push(899)
    assert patient_story.pages() == ()


def test_what_ends_before_its_first_call_says_so(patient_story, report) -> None:
    patient_story.hear(report())
    patient_story.hear(report(0))
    said = [line.text for line in patient_story.timeline() if line.kind is Happening.NOBODY_TO_PAGE]
    assert said == [
        f"It ended before anybody was called; the first call was due at {later(120):%H:%M:%S} UTC."
    ]
    assert patient_story.pages() == ()


def test_nobody_answers_so_ben_is_called_again_after_five_minutes_and_ada_after_ten(story, report) -> None:
    story.hear(report(3600))
    story.push(899)
    assert _called(story) == [("ben", "primary", 0), ("ben", "primary", 300), ("ada", "secondary", 600)]


def test_after_the_last_step_it_is_said_that_nobody_answered_and_the_calls_begin_anew(story, report) -> None:
    story.hear(report(7200))
    story.push(1800)
    assert _called(story) == [
        (person, role, round_ * 900 + at)
        for round_ in range(2)
        for person, role, at in (("ben", "primary", 0), ("ben", "primary", 300), ("ada", "secondary", 600))
    ] + [("ben", "primary", 1800)]
    said = [entry for entry in story.timeline() if entry.text.startswith("Nobody answered INC-1")]
    assert [entry.at for entry in said] == [later(900), later(1800)]
    assert {(entry.kind, entry.actor) for entry in said} == {("page.escalated", "tocsin")}


def test_an_acknowledgement_in_a_later_round_ends_the_calls(story, report) -> None:
    story.hear(report(7200))
    story.push(901)
    story.call.acknowledge(story.incident().incident_id, "ada")
    story.push(5000)
    assert len(_called(story)) == 4
    assert all(page.acknowledged_at for page in story.pages())


def test_where_calls_do_not_repeat_the_end_is_said_once_and_told(story, report) -> None:
    roster = story.call.roster
    once = replace(roster.policies["default"], rounds=1)
    call = replace(story.call, roster=replace(roster, policies={"default": once}))
    story.call = call
    story.take = replace(story.take, call=call)
    story.hear(report(7200))
    story.push(5000)
    assert len(_called(story)) == 3
    assert [entry.text[:15] for entry in story.timeline()].count("Nobody answered") == 1
    subjects = [one.subject for one in story.deliveries()]
    assert (subjects.count("escalated of INC-1"), subjects.count("unanswered of INC-1")) == (2, 1)


def test_a_round_that_is_late_after_a_restart_calls_once(story, report) -> None:
    story.hear(report(7200))
    story.push(899)
    story.clock.push(timedelta(hours=3))
    job = next(job for job in story.jobs() if job.kind == ESCALATE)
    with story.store.transaction() as shelves:
        story.call.escalate(shelves, job)
    assert len(_called(story)) == 4
    assert story.pages()[-1].acknowledge_by == story.clock.now() + timedelta(minutes=5)


def test_a_person_can_always_call_on_while_nobody_answers(story, report) -> None:
    story.hear(report(7200))
    for _ in range(5):
        story.push(1)
        story.call.escalate_now(story.incident().incident_id, "ada")
        story.transitions()
    assert [page.step for page in story.pages()] == [0, 1, 2, 0, 1, 2]


def test_a_drill_reaches_nothing_but_inboxes(story, report, drilled) -> None:
    story.hear(drilled(report(7200)))
    story.push(1000)
    assert story.incident().drill
    assert [page.person for page in story.pages()] == ["ben", "ben", "ada", "ben"]
    assert {(one.channel, one.address) for one in story.deliveries()} == {("inbox", "ben"), ("inbox", "ada")}


def test_the_calls_stop_with_the_acknowledgement_and_every_page_is_answered(story, report) -> None:
    story.hear(report(3600))
    story.push(301)
    incident = story.call.acknowledge(story.incident().incident_id, "ben", "the console")
    story.push(3000)
    assert (incident.acknowledged_by, incident.status) == ("ben", Status.INVESTIGATING)
    assert len(_called(story)) == 2
    assert all(page.acknowledged_at == later(301) for page in story.pages())


def test_a_second_acknowledgement_changes_nothing(story, report) -> None:
    story.hear(report())
    first = story.call.acknowledge(story.incident().incident_id, "ben")
    lines = story.kinds()
    assert story.call.acknowledge(first.incident_id, "ada") == first
    assert story.kinds() == lines


def test_the_calls_stop_when_the_incident_ends(story, report) -> None:
    story.hear(report())
    story.hear(report(0))
    story.push(3600)
    assert len(_called(story)) == 1


def test_a_worse_severity_calls_anew_also_where_it_was_acknowledged_at_leisure(story, report) -> None:
    story.hear(report(3600, severity="high"))
    incident_id = story.incident().incident_id
    story.call.acknowledge(incident_id, "ben")
    story.close.change_severity(incident_id, Severity.P3, "ada", "smaller than it looked")
    story.close.change_severity(incident_id, Severity.P1, "ada", "it spreads")
    story.push(300)
    assert [page.step for page in story.pages()][:1] == [0]
    assert story.kinds().count("page.requested") == len(story.pages())


def test_a_lesser_severity_ends_the_calls(story, report) -> None:
    story.hear(report(3600))
    story.close.change_severity(story.incident().incident_id, Severity.P3, "ada", "only the canary")
    story.push(3600)
    assert len(_called(story)) == 1


def test_a_step_that_comes_late_does_not_fire_all_that_were_missed(story, report) -> None:
    story.hear(report(7200))
    story.clock.push(timedelta(minutes=30))
    story.transitions()
    story.transitions()
    assert len(_called(story)) == 2


def test_those_who_want_to_know_are_told_of_the_opening_each_escalation_and_the_end(story, report) -> None:
    story.hear(report(3600))
    story.push(700)
    story.hear(report(0))
    told = [one.subject for one in story.deliveries() if one.page_id is None]
    assert told == [
        "opened of INC-1",
        "escalated of INC-1",
        "escalated of INC-1",
        "resolved of INC-1",
    ]
    assert [entry.kind for entry in story.log()].count("notice.requested") == 4


def test_a_person_can_ask_for_the_next_step_now(story, report) -> None:
    story.hear(report(3600))
    story.push(10)
    story.call.escalate_now(story.incident().incident_id, "ada")
    story.transitions()
    assert _called(story)[-1] == ("ben", "primary", 10)
    assert story.timeline()[-2].actor == "ada"


def test_there_is_no_step_to_hasten_once_it_was_acknowledged(story, report) -> None:
    story.hear(report())
    incident_id = story.incident().incident_id
    story.call.acknowledge(incident_id, "ben")
    with pytest.raises(NotFound, match="no further step"):
        story.call.escalate_now(incident_id, "ada")


def test_a_step_with_nobody_to_call_is_shouted_and_the_next_comes_at_once(story, report) -> None:
    story.clock.push(timedelta(days=-30))
    story.hear(replace(report(3600), starts_at=None))
    story.transitions()
    story.transitions()
    assert story.pages() == ()
    assert story.kinds().count("page.nobody") == 3


def test_an_unknown_incident_cannot_be_acknowledged_or_escalated(story) -> None:
    with pytest.raises(NotFound):
        story.call.acknowledge(uuid4(), "ben")
    job = Job(
        kind=ESCALATE,
        key="escalate:x",
        run_at=later(0),
        args={"incident": str(UUID(int=5)), "step": "1", "started_at": later(0).isoformat()},
    )
    with story.store.transaction() as shelves, pytest.raises(NotFound):
        story.call.escalate(shelves, job)


def _token(story) -> tuple[UUID, str]:
    page = story.pages()[0]
    return page.page_id, links.token(page, story.call.link_key)


def test_reading_a_link_changes_nothing(story, report) -> None:
    story.hear(report())
    before = story.store._tables
    linked = story.call.read_link(*_token(story))
    assert (linked.page, linked.incident) == (story.pages()[0], story.incident())
    assert story.store._tables == before


def test_the_link_acknowledges_once_in_the_name_of_who_was_called(story, report) -> None:
    story.hear(report())
    page_id, token = _token(story)
    incident = story.call.acknowledge_by_link(page_id, token)
    assert (incident.acknowledged_by, story.pages()[0].link_used_at) == ("ben", later(0))
    assert "through the link in the page" in [entry.text for entry in story.timeline()][-2]
    with pytest.raises(LinkUsed):
        story.call.acknowledge_by_link(page_id, token)


def test_a_link_that_is_wrong_or_old_acknowledges_nothing(story, report) -> None:
    story.hear(report())
    page_id, token = _token(story)
    with pytest.raises(LinkWrong):
        story.call.acknowledge_by_link(page_id, token[:-1])
    with pytest.raises(NotFound):
        story.call.acknowledge_by_link(uuid4(), token)
    story.clock.push(links.LINK_LIFETIME)
    with pytest.raises(LinkExpired):
        story.call.acknowledge_by_link(page_id, token)
    assert story.incident().acknowledged_at is None


def test_the_escalation_job_is_over_after_the_acknowledgement(story, report) -> None:
    story.hear(report())
    story.call.acknowledge(story.incident().incident_id, "ben")
    assert [job.kind for job in story.jobs(JobState.DONE)] == [ESCALATE]


def test_one_link_pressed_twice_at_once_works_once(postgres_story, report) -> None:
    story = postgres_story
    story.hear(report())
    page_id, token = _token(story)
    came: list[object] = []
    both = threading.Barrier(2)

    def press() -> None:
        both.wait()
        try:
            came.append(story.call.acknowledge_by_link(page_id, token))
        except LinkUsed as used:
            came.append(used)
        finally:
            story.store.hang_up()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(each).__name__ for each in came) == ["Incident", "LinkUsed"]


PLACES = """
people:
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}]}
  ada: {name: Ada, contacts: [{channel: slack, address: "@ada"}]}
  dana: {name: Dana, contacts: [{channel: slack, address: "@dana"}]}
calendars: {office: {zone: UTC, opens: "09:00", closes: "17:00"}}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
policies:
  default:
    calendar: office
    steps:
      P1: [{after: 0m, page: primary}, {after: 20s, page: secondary}, {after: 40s, page: dana}]
      P3: [{after: next business day, page: primary}]
  grave:
    steps: {P1: [{after: 0m, page: [primary, secondary], needs: 2}, {after: 5m, page: dana}]}
  brief:
    repeat: never
    hand_over: default
    steps: {P1: [{after: 1m, page: dana}], P2: [{after: 0m, page: dana}]}
routes:
  - {name: grave things, when: ['team = vault'], policy: grave}
  - {name: brief things, when: ['team = web'], policy: brief}
  - {name: lesser things, when: ['severity = P2'], policy: brief}
"""


NOTICES = """
notices:
  - {channel: slack, address: "#incidents", severities: [P1], events: [opened, escalated]}
"""


@pytest.fixture
def places(told_story):
    return told_story(PLACES)


def test_a_route_gives_the_policy_and_both_timeline_and_alert_say_why(places, report) -> None:
    places.hear(report(7200, team="vault"))
    assert places.incident().policy == "grave"
    why = [entry.text for entry in places.timeline() if entry.kind == "alert.routed"]
    assert why == ["Policy grave: by route “grave things” (line 21) of oncall.yml."]
    with places.store.reading() as shelves:
        assert why[0] in [line.text for line in shelves.alerts.story(1)]
    assert [page.policy for page in places.pages()] == ["grave", "grave"]


def test_where_two_must_acknowledge_the_calls_go_on_until_the_second_has(places, report) -> None:
    places.hear(report(7200, team="vault"))
    incident_id = places.incident().incident_id
    first = places.call.acknowledge(incident_id, "ben")
    assert first.acknowledged_by == "ben"
    assert [page.acknowledged_at is None for page in places.pages()] == [False, True]
    assert "1 of 2 needed have acknowledged: ben." in [entry.text for entry in places.timeline()]
    places.push(300)
    assert [page.person for page in places.pages()] == ["ben", "ada", "dana"]
    places.call.acknowledge(incident_id, "ben")
    places.call.acknowledge(incident_id, "ada")
    places.push(3600)
    assert len(places.pages()) == 3
    assert all(page.acknowledged_at for page in places.pages())
    assert places.kinds().count("incident.acknowledged") == 2
    lines = places.kinds()
    places.call.acknowledge(incident_id, "dana")
    assert places.kinds() == lines


def test_the_calls_go_on_round_after_round_while_fewer_have_acknowledged_than_must(places, report) -> None:
    places.hear(report(7200, team="vault"))
    incident_id = places.incident().incident_id
    places.call.acknowledge(incident_id, "ben")
    places.push(601)
    assert [page.person for page in places.pages()] == ["ben", "ada", "dana", "ada"]
    assert any(
        entry.text.startswith("Only 1 of 2 needed have acknowledged INC-1 (P1 Critical): all 2 steps")
        for entry in places.timeline()
    )
    places.push(300)
    assert [page.person for page in places.pages()][4:] == ["dana"]
    places.call.acknowledge(incident_id, "dana")
    places.push(7200)
    assert len(places.pages()) == 5


def test_who_acknowledges_after_the_last_call_is_counted_as_before(told_story, report) -> None:
    places = told_story(PLACES.replace("  grave:\n", "  grave:\n    repeat: never\n"))
    places.hear(report(7200, team="vault"))
    places.push(900)
    incident_id = places.incident().incident_id
    places.call.acknowledge(incident_id, "ben")
    assert "1 of 2 needed have acknowledged: ben." in [entry.text for entry in places.timeline()]
    places.call.acknowledge(incident_id, "ada")
    assert all(page.acknowledged_at for page in places.pages())


def test_after_the_last_call_the_last_notice_says_that_nobody_is_called_any_more(told_story, report) -> None:
    places = told_story(PLACES.replace("  grave:\n", "  grave:\n    repeat: never\n") + NOTICES)
    places.hear(report(7200, team="vault"))
    places.push(900)
    subjects = [one.subject for one in places.deliveries() if one.address == "#incidents"]
    assert subjects == ["opened of INC-1", "escalated of INC-1", "unanswered of INC-1"]


def test_a_severity_that_needs_fewer_is_content_with_whoever_has_acknowledged(places, report) -> None:
    places.hear(report(7200, team="vault"))
    incident_id = places.incident().incident_id
    places.call.acknowledge(incident_id, "ben")
    places.close.change_severity(incident_id, Severity.P2, "ada", "it was less")
    places.push(7200)
    incident = places.incident()
    with places.store.reading() as shelves:
        assert answers_of(shelves, incident).are_enough
    assert [page.person for page in places.pages()] == ["ben", "ada"]


def test_what_was_counted_is_forgotten_with_the_end_of_the_incident(places, report) -> None:
    places.hear(report(7200, team="vault"))
    incident_id = places.incident().incident_id
    places.call.acknowledge(incident_id, "ben")
    with places.store.reading() as shelves:
        assert list(still_asking(shelves)) == [incident_id]
    places.close.move(incident_id, Status.RESOLVED, "ben", "it is over")
    with places.store.reading() as shelves:
        assert still_asking(shelves) == {}


def test_a_policy_that_is_over_hands_over_to_the_next_and_says_so(places, report) -> None:
    places.hear(report(7200, team="web"))
    places.push(361)
    assert [(page.person, page.policy) for page in places.pages()][:2] == [
        ("dana", "brief"),
        ("ben", "default"),
    ]
    assert any(entry.text.endswith("Policy default goes on.") for entry in places.timeline())


def test_another_severity_is_routed_anew(places, report) -> None:
    places.hear(report(7200, severity="medium"))
    assert places.incident().policy == "default"
    places.close.change_severity(places.incident().incident_id, Severity.P2, "ada", "it spreads")
    assert places.incident().policy == "brief"
    assert [page.person for page in places.pages()] == ["dana"]


def test_a_lesser_incident_calls_when_the_next_business_day_begins(places, report) -> None:
    places.hear(report(7 * 86400, severity="medium"))
    places.push(86400)
    assert [page.requested_at for page in places.pages()] == [later(21 * 3600)]


def test_after_a_kill_in_mid_escalation_the_next_step_comes_once_in_order_with_its_clock(
    places, report
) -> None:
    places.hear(report(7200))
    places.push(10)
    places.clock.push(timedelta(seconds=30))
    places.transitions()
    places.transitions()
    assert [page.person for page in places.pages()] == ["ben", "ada"]
    assert places.pages()[1].requested_at == later(40)
    places.push(20)
    assert [(page.person, page.requested_at) for page in places.pages()][2:] == [("dana", later(60))]


def test_an_acknowledgement_while_the_next_step_is_sent_calls_nobody_beyond_it(places, report) -> None:
    places.hear(report(7200))
    places.push(20)
    leaving = [job for job in places.claim("deliver.slack") if job.key.startswith("page-")]
    made = {job.key: places.outgoing(job) for job in leaving}
    places.call.acknowledge(places.incident().incident_id, "ben")
    for job in leaving:
        places.settle(job, Receipt(f"sent {made[job.key].address}"))
    places.push(3600)
    assert [page.person for page in places.pages()] == ["ben", "ada"]
    written = [entry.kind for entry in places.log()]
    assert (written.count("page.requested"), written.count("page.delivered")) == (2, 2)
    assert written.count("incident.acknowledged") == 1
    assert [one.subject for one in places.deliveries() if one.person == "ada"][-1] == "acknowledged of INC-1"


def test_a_step_that_is_due_in_the_moment_of_the_acknowledgement_calls_nobody(places, report) -> None:
    places.hear(report(7200))
    places.clock.push(timedelta(seconds=20))
    (job,) = places.claim(ESCALATE)
    places.call.acknowledge(places.incident().incident_id, "ben")
    with places.store.transaction() as shelves:
        places.call.escalate(shelves, job)
    assert [page.person for page in places.pages()] == ["ben"]
