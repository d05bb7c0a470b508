from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from nouns import NOON, later
from tocsin.domain.arrival import Arrival
from tocsin.domain.detected import DetectedAlert, SignalRef
from tocsin.domain.errors import Overloaded
from tocsin.domain.incident import Status
from tocsin.domain.severity import Severity
from tocsin.flow.respond import COLLECT
from tocsin.flow.take import LAPSE, Unreadable


def test_an_alert_opens_an_incident_that_is_recorded_called_and_collected(story, report) -> None:
    taken = story.hear(report())
    incident = story.incident()
    assert (taken.accepted, taken.quarantined, taken.incidents) == (1, (), ("INC-1",))
    assert (incident.severity, incident.type, incident.status) == (Severity.P1, "unknown", Status.OPEN)
    assert story.alert().incident_id == incident.incident_id
    assert story.kinds() == ["incident.opened", "page.requested"]
    assert [job.kind for job in story.jobs()].count(COLLECT) == 1


def test_the_record_comes_before_the_call(story, report) -> None:
    story.hear(report())
    kinds = [entry.kind for entry in story.log()]
    assert kinds.index("incident.opened") < kinds.index("page.requested")


def test_a_resend_moves_the_lease_and_nothing_else(story, report) -> None:
    story.hear(report())
    before = (story.kinds(), story.deliveries(), len(story.log()))
    story.push(60)
    taken = story.hear(report())
    assert (taken.accepted, taken.incidents) == (1, ())
    assert (story.kinds(), story.deliveries(), len(story.log())) == before
    assert story.alert().ends_at == later(300)


def test_a_resent_body_is_kept_once_and_only_when_it_changed_something(story, report) -> None:
    story.hear(report(), body=b"first")
    story.hear(report(), body=b"second")
    story.hear(report(service="basket"), body=b"third")
    assert [each.body for each in story.store._tables.arrivals.values()] == [b"first", b"third"]


def test_a_lease_that_runs_out_resolves_and_the_incident_goes_quiet(story, report) -> None:
    story.hear(report())
    story.push(239)
    assert story.incident().status is Status.OPEN
    story.push(1)
    assert story.incident().status is Status.RESOLVED
    assert story.kinds().count("alert.resolved") == 1


def test_a_lease_that_moved_is_waited_for_anew(story, report) -> None:
    story.hear(report())
    story.push(200)
    story.hear(report())
    story.push(239)
    assert story.incident().status is Status.OPEN
    story.push(1)
    assert story.incident().status is Status.RESOLVED


def test_an_assumed_end_gives_way_to_an_earlier_one_that_is_named(story, report) -> None:
    story.hear(report(None))
    story.hear(report(60))
    story.push(60)
    assert story.incident().status is Status.RESOLVED


def test_an_end_is_told_once_however_often_the_sender_repeats_it(story, report) -> None:
    story.hear(report(team="security"), report(team="security", instance="b"))
    story.push(30)
    for _ in range(3):
        story.hear(report(0, team="security"))
        story.push(60)
    assert story.kinds().count("alert.resolved") == 1
    assert story.incident().status is Status.OPEN


def test_an_end_that_is_told_while_its_lapse_is_overdue_still_ends_the_incident(story, report) -> None:
    story.hear(report())
    story.clock.push(timedelta(seconds=250))
    story.hear(report(-5))
    story.transitions()
    assert story.incident().status is Status.RESOLVED
    assert story.kinds().count("alert.resolved") == 1


def test_an_incident_stays_open_while_one_of_its_alerts_fires(story, report) -> None:
    story.hear(report(), report(instance="b"))
    story.hear(report(0))
    assert story.incident().status is Status.OPEN
    story.hear(report(0, instance="b"))
    assert story.incident().status is Status.RESOLVED


def test_an_end_without_undoing_the_harm_leaves_the_incident_open(story, report) -> None:
    story.hear(report(team="security"))
    story.hear(report(0, team="security"))
    assert (story.incident().type, story.incident().status) == ("security", Status.OPEN)


def test_the_end_of_an_alert_whose_incident_is_over_changes_nothing(story, report) -> None:
    story.hear(report())
    story.close.move(story.incident().incident_id, Status.RESOLVED, "ada", "it was a test")
    before = story.kinds()
    story.hear(report(0))
    assert story.kinds() == before


def test_a_p1_that_was_over_before_it_was_heard_still_calls_and_stays_open(story, report) -> None:
    story.hear(report(-5))
    assert (story.incident().status, len(story.pages())) == (Status.OPEN, 1)
    story.push(60)
    assert story.incident().status is Status.OPEN


def test_a_lesser_alert_that_was_over_before_it_was_heard_is_only_recorded(story, report) -> None:
    story.hear(report(-5, severity="medium"))
    assert story.incidents() == ()
    (entry,) = story.log()
    assert (entry.kind, entry.subject) == ("alert.recorded", "ALR-1")
    assert "over before it was reported" in entry.facts["reason"]


def test_an_informational_alert_opens_nothing_and_the_log_says_why_once(story, report) -> None:
    story.hear(report(severity="debug"))
    changed = replace(report(severity="debug"), annotations={"summary": "the value changes each time"})
    story.hear(changed)
    assert story.incidents() == ()
    assert [entry.kind for entry in story.log()] == ["alert.recorded"]


def test_an_alert_of_the_same_group_joins_and_raises_the_severity_once(story, report) -> None:
    story.hear(report(severity="medium"))
    assert story.pages() == ()
    story.hear(report(instance="b"))
    assert (story.incident().severity, len(story.pages())) == (Severity.P1, 1)
    story.hear(report(instance="c"))
    assert len(story.pages()) == 1
    assert story.kinds().count("alert.joined") == 2


def test_a_joining_alert_is_collected_a_minute_later_and_once_for_many(story, report) -> None:
    story.hear(report())
    story.collect()
    story.hear(report(instance="b"))
    story.hear(report(instance="c"))
    (job,) = [job for job in story.jobs() if job.kind == COLLECT]
    assert job.run_at == later(60)


def test_a_rating_by_a_person_outlives_the_next_update_of_the_same_alert(story, report) -> None:
    story.hear(report())
    story.close.change_severity(story.incident().incident_id, Severity.P3, "ada", "only the canary")
    story.hear(replace(report(), annotations={"summary": "Still nobody can buy"}))
    assert story.incident().severity is Severity.P3


def test_an_alert_that_fires_again_after_its_end_is_a_new_episode(story, report) -> None:
    story.hear(report())
    story.push(240)
    story.hear(report())
    assert (story.alert(2).incident_id, story.alert(2).number) == (story.incident(2).incident_id, 2)


def test_practice_and_the_real_thing_never_share_an_incident(story, report, drilled) -> None:
    story.hear(drilled(report()))
    story.hear(report(instance="b"))
    assert [incident.drill for incident in story.incidents()] == [False, True]


def test_a_report_that_can_be_no_alert_is_quarantined_and_the_others_go_on(story, report) -> None:
    broken = replace(report(), labels={"alertname": ""})
    taken = story.hear(broken, report(), unreadable=[Unreadable(b"{", "not JSON")])
    assert (taken.accepted, [part.short_name for part in taken.quarantined]) == (1, ["Q-1", "Q-2"])
    assert [entry.kind for entry in story.log()].count("intake.quarantined") == 2


def test_a_failure_in_the_middle_leaves_nothing(story, report, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(type(story.respond), "begin", broken)
    before = story.store._tables
    with pytest.raises(RuntimeError):
        story.hear(report())
    assert story.store._tables == before


def test_every_line_of_the_timeline_has_exactly_one_log_entry(story, report) -> None:
    story.hear(report(900))
    story.push(301)
    story.call.acknowledge(story.incident().incident_id, "ben")
    story.hear(report(instance="b"))
    story.close.note(story.incident().incident_id, "ben", "Found it")
    story.close.move(story.incident().incident_id, Status.RESOLVED, "ben")
    lines = [(entry.kind.value, entry.at, entry.text) for entry in story.timeline()]
    told = [(entry.kind, entry.at, entry.facts["text"]) for entry in story.log() if "text" in entry.facts]
    assert told == lines
    assert {entry.subject for entry in story.log()} == {"INC-1"}


def _burst(count: int = 12) -> DetectedAlert:
    return DetectedAlert(
        key="rule|ben|1",
        rule_id="r1",
        rule_title="Failed logins",
        rule_level="critical",
        severity=Severity.P1,
        first_seen=NOON,
        last_seen=NOON + timedelta(seconds=count),
        count=count,
        group=(("user", "ben"),),
        evidence=(SignalRef(source="idp", position=0, time=NOON, raw=b'{"a":1}'),),
    )


def test_what_detection_finds_is_taken_like_any_alert_and_grows(story) -> None:
    for count in (12, 40):
        with story.store.transaction() as shelves:
            story.take.detected(shelves, (_burst(count),))
    assert (story.alert().count, story.alert().evidence) == (40, ('{"a":1}',))
    assert len(story.incidents()) == 1


def test_a_lapse_of_an_older_episode_does_nothing(story, report) -> None:
    story.hear(report())
    (job,) = [job for job in story.jobs() if job.kind == LAPSE]
    story.push(240)
    story.hear(report())
    with story.store.transaction() as shelves:
        story.take.lapse(shelves, job)
    assert story.incident(2).status is Status.OPEN


def test_the_end_of_a_resolved_alert_is_looked_at_no_second_time(story, report) -> None:
    story.hear(report())
    story.hear(report(0))
    told = [entry.text for entry in story.timeline()]
    story.push(7200)
    assert [text for text in (entry.text for entry in story.timeline()) if "ended at" in text] == [
        text for text in told if "ended at" in text
    ]
    assert [job.kind for job in story.jobs() if job.kind == LAPSE] == []


def test_two_bodies_with_the_same_alerts_in_other_orders_do_not_block_each_other(
    postgres_story, report
) -> None:
    alerts = [report(service=f"s{n}") for n in range(12)]
    faults: list[Exception] = []

    def hear(order: list, body: bytes) -> None:
        try:
            for number in range(4):
                turned = [replace(each, annotations={"n": f"{body!r}{number}"}) for each in order]
                postgres_story.hear(*turned, body=body + bytes([number]))
        except Overloaded as fault:
            faults.append(fault)
        finally:
            postgres_story.store.hang_up()

    threads = [
        threading.Thread(target=hear, args=(alerts, b"a")),
        threading.Thread(target=hear, args=(alerts[::-1], b"b")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(postgres_story.incidents()) == 12


@dataclass(frozen=True)
class Listening:
    """A chapter of notifications that remembers what it heard."""

    heard_of: list[int]

    def heard(self, shelves, alerts, now) -> None:
        self.heard_of.extend(alert.number for alert in alerts)


def test_receivers_hear_no_old_end_after_a_new_beginning(story, report) -> None:
    heard: list[int] = []
    take = replace(story.take, notify=Listening(heard))
    story = replace(story, take=take)
    story.hear(report(4))
    story.clock.push(timedelta(seconds=5))
    story.hear(report(90))
    story.push(1)
    assert heard == [1, 2]
    assert [alert.over for alert in (story.alert(1), story.alert(2))] == [True, False]


def test_an_alert_without_a_time_began_when_it_arrived_and_not_when_its_turn_came(story, report) -> None:
    arrived = story.clock.now()
    arrival = Arrival(
        arrival_id=uuid4(),
        connector="alertmanager.api",
        source="prometheus",
        key="k",
        received_at=arrived,
        body=b"[]",
    )
    story.clock.push(timedelta(seconds=2))
    story.take.alerts(arrival, [replace(report(), starts_at=None, ends_at=None)])
    assert story.alert().starts_at == arrived
