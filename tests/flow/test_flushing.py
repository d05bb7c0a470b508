"""A group is flushed: on time, without what is muted, and each integration hears what it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_rig import ONE, TWO, Rig
from nouns import NOON, later
from tocsin.domain.job import JobState
from tocsin.domain.matchers import matcher
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.domain.silence import Silence
from tocsin.flow.flushing import Flush
from tocsin.oncall.alertmanager.file import parse_alertmanager

INHIBITING = (
    ONE
    + """
inhibit_rules:
  - {source_matchers: ["severity=critical"], target_matchers: ["severity=warning"], equal: [alertname]}
"""
)
NOON_MUTED = """
route:
  receiver: team
  routes:
    - receiver: team
      group_by: [alertname]
      group_wait: 10s
      group_interval: 60s
      mute_time_intervals: [noon]
time_intervals: [{name: noon, time_intervals: [{times: [{start_time: "12:00", end_time: "12:02"}]}]}]
receivers: [{name: team, webhook_configs: [{url: "http://a.example/"}]}]
"""
FIRING_ONLY = ONE.replace('"http://a.example/"', '"http://a.example/", send_resolved: false')
REFUSED = DeliveryFailed(FailureKind.REFUSED, "no", status=400)


@pytest.fixture
def rig(any_store):
    return Rig(any_store)


def silence(rig, *, second=None, lasts=3600):
    now = rig.clock.now()
    made = Silence(
        silence_id=uuid4(),
        matchers=(matcher("alertname", "=", "A"),),
        starts_at=now,
        ends_at=now + timedelta(seconds=lasts),
        updated_at=now,
        created_by="ada",
        owner="ada",
        comment="new disk",
        second=second,
    )
    with rig.store.transaction() as shelves:
        shelves.silences.add(made)
    return made


def test_ticks_come_after_the_wait_and_then_at_each_interval(rig):
    rig.configure(ONE)
    rig.hear(alertname="A", instance="1")
    rig.push(15)
    rig.hear(alertname="A", instance="2")
    rig.push(200)
    assert rig.told() == [(10.0, "webhook/0", ["1"], []), (70.0, "webhook/0", ["1", "2"], [])]


def test_an_unchanged_group_is_repeated_at_the_first_flush_once_its_interval_has_passed(rig):
    rig.configure(ONE)
    rig.hear(seconds=86_400, alertname="A")
    rig.push(3 * 3600)
    assert [seconds for seconds, *_ in rig.told()] == [10.0, 3610.0, 7210.0]


def test_an_end_is_told_once_and_the_group_ends(rig):
    rig.configure(ONE)
    rig.hear(alertname="A", instance="1")
    rig.hear(alertname="A", instance="2")
    rig.push(20)
    rig.hear(seconds=-1, alertname="A", instance="1")
    rig.push(60)
    rig.hear(alertname="A", instance="3")
    rig.hear(seconds=0, alertname="A", instance="2")
    rig.push(60)
    rig.hear(seconds=0, alertname="A", instance="3")
    rig.push(300)
    assert rig.told() == [
        (10.0, "webhook/0", ["1", "2"], []),
        (70.0, "webhook/0", ["2"], ["1"]),
        (130.0, "webhook/0", ["3"], ["2"]),
        (190.0, "webhook/0", [], ["3"]),
    ]
    assert rig.groups() == []
    assert rig.jobs() == ()


def test_a_lease_that_runs_out_is_an_end(rig):
    rig.configure(ONE)
    rig.hear(seconds=30, alertname="A")
    rig.push(200)
    assert rig.told()[1:] == [(70.0, "webhook/0", [], ["A"])]


def test_an_alert_shorter_than_the_wait_tells_nobody_and_its_story_says_so(rig):
    rig.configure(ONE)
    alert = rig.hear(seconds=2, alertname="A")
    rig.push(200)
    assert rig.told() == []
    assert rig.story(alert)[-1] == (
        "alert.recorded",
        "It ended before the receiver 'team' was told of it: the group's wait was longer.",
    )


def test_an_alert_that_fires_again_is_told_again(rig):
    rig.configure(ONE)
    rig.hear(alertname="A")
    rig.push(20)
    rig.hear(seconds=-1, alertname="A")
    rig.push(60)
    rig.hear(alertname="A")
    rig.push(60)
    assert [(fires, over) for _, _, fires, over in rig.told()] == [(["A"], []), ([], ["A"]), (["A"], [])]


def test_a_receiver_that_wants_no_ends_hears_none_and_hears_the_next_fire(rig):
    rig.configure(FIRING_ONLY)
    rig.hear(alertname="A")
    rig.push(20)
    rig.hear(seconds=-1, alertname="A")
    rig.push(120)
    rig.hear(alertname="A")
    rig.push(60)
    assert [(fires, over) for _, _, fires, over in rig.told()] == [(["A"], []), (["A"], [])]


def test_a_silence_keeps_quiet_from_the_next_flush_and_its_end_is_noticed(rig):
    rig.configure(ONE)
    made = silence(rig, lasts=100)
    alert = rig.hear(alertname="A")
    rig.push(200)
    assert [seconds for seconds, *_ in rig.told()] == [130.0]
    kinds = [kind for kind, _ in rig.story(alert)]
    assert kinds == ["alert.grouped", "alert.muted", "alert.unmuted", "alert.notified"]
    assert f"the silence {made.silence_id} of ada mutes it (new disk)" in rig.story(alert)[1][1]


def test_one_person_alone_silences_no_guarded_alert(rig):
    rig.configure(ONE)
    rig.is_guarded = lambda alert: True
    silence(rig)
    rig.hear(alertname="A")
    rig.push(20)
    assert len(rig.told()) == 1


def test_two_people_silence_a_guarded_alert(rig):
    rig.configure(ONE)
    rig.is_guarded = lambda alert: True
    silence(rig, second="dana")
    rig.hear(alertname="A")
    rig.push(20)
    assert rig.told() == []


def test_an_inhibiting_alert_keeps_others_quiet_until_it_ends(rig):
    rig.configure(INHIBITING)
    rig.hear(alertname="A", instance="source", severity="critical")
    target = rig.hear(alertname="A", instance="target", severity="warning")
    rig.push(20)
    rig.hear(seconds=-1, alertname="A", instance="source", severity="critical")
    rig.push(60)
    assert rig.told() == [
        (10.0, "webhook/0", ["source"], []),
        (70.0, "webhook/0", ["target"], ["source"]),
    ]
    assert "inhibits it" in rig.story(target)[1][1]


def test_a_muted_time_keeps_the_route_quiet(rig):
    rig.configure(NOON_MUTED)
    alert = rig.hear(alertname="A")
    rig.push(200)
    assert [seconds for seconds, *_ in rig.told()] == [130.0]
    assert "mute time interval noon" in rig.story(alert)[1][1]


def test_a_muted_alert_that_ends_is_recorded_with_the_reason(rig):
    rig.configure(NOON_MUTED)
    alert = rig.hear(seconds=5, alertname="A")
    rig.push(20)
    assert "mute time interval noon" in rig.story(alert)[-1][1]
    assert rig.groups() == []


def test_a_failing_integration_delays_no_other_and_is_tried_at_each_flush(rig):
    rig.configure(TWO)
    rig.answers["webhook/0"] = REFUSED
    rig.hear(alertname="A")
    rig.push(80)
    assert [(seconds, name) for seconds, name, *_ in rig.told()] == [
        (10.0, "webhook/0"),
        (10.0, "webhook/1"),
        (70.0, "webhook/0"),
    ]
    assert [job.kind for job in rig.jobs(JobState.DEAD)] == ["notify.webhook"]


def test_an_end_stays_in_the_group_until_every_integration_was_told(rig):
    rig.configure(TWO)
    rig.hear(alertname="A")
    rig.push(20)
    rig.answers["webhook/0"] = REFUSED
    rig.hear(seconds=-1, alertname="A")
    rig.push(60)
    del rig.answers["webhook/0"]
    rig.push(60)
    assert [(seconds, name, over) for seconds, name, _, over in rig.told()][2:] == [
        (70.0, "webhook/0", ["A"]),
        (70.0, "webhook/1", ["A"]),
        (130.0, "webhook/0", ["A"]),
    ]
    assert rig.jobs(JobState.DEAD) == ()


def test_a_flush_that_is_very_late_counts_from_now(rig):
    rig.configure(ONE)
    rig.hear(seconds=86_400, alertname="A", instance="1")
    rig.clock.push(timedelta(hours=1, seconds=5))
    rig.push(1)
    rig.hear(alertname="A", instance="2")
    rig.push(61)
    assert [seconds for seconds, *_ in rig.told()] == [3605.0, 3665.0]


def test_a_process_with_another_file_leaves_flushing_to_the_others(rig):
    rig.configure(ONE)
    rig.hear(alertname="A")
    other = Rig(rig.store, clock=rig.clock)
    other.routing.exchange(parse_alertmanager(TWO, "other.yml"), TWO)
    rig.clock.push(timedelta(seconds=10))
    other.turn()
    assert (other.told(), [job.run_at for job in rig.jobs()]) == ([], [later(12)])
    rig.push(5)
    assert rig.told() == [(12.0, "webhook/0", ["A"], [])]


def test_what_a_process_with_another_file_grouped_comes_home(rig):
    rig.configure(ONE)
    other = Rig(rig.store, clock=rig.clock)
    text = ONE.replace("team", "others")
    other.routing.exchange(parse_alertmanager(text, "other.yml"), text)
    other.hear(alertname="A")
    rig.push(30)
    assert rig.told() == [(20.0, "webhook/0", ["A"], [])]
    assert rig.sent[0][2].receiver == "team"


def test_many_groups_are_flushed_in_one_transaction(rig):
    rig.configure(ONE)
    for number in range(20):
        rig.hear(alertname=f"A{number}")
    rig.clock.push(timedelta(seconds=10))
    rig.turn()
    assert sum(job.kind == "notify.webhook" for job in rig.jobs()) == 19
    rig.push(1)
    assert len(rig.told()) == 20


def test_a_job_of_a_group_that_is_gone_does_nothing(rig):
    rig.configure(ONE)
    rig.hear(alertname="A")
    with rig.store.transaction() as shelves:
        shelves.groups.end([group.group_id for group in shelves.groups.all()])
    rig.push(30)
    assert rig.told() == []
    assert rig.jobs() == ()


def test_a_stumbling_flush_is_done_alone(rig):
    rig.configure(ONE)
    rig.hear(alertname="A")
    rig.hear(alertname="B")
    rig.clock.push(timedelta(seconds=10))
    with rig.store.transaction() as shelves:
        (job,) = shelves.jobs.claim(("notify.flush",), "worker-1", rig.clock.now(), 30.0, 1)
    with rig.store.transaction() as shelves:
        Flush(rig.routing, rig.clock).run(shelves, replace(job, attempts=2))
    assert len([each for each in rig.jobs() if each.kind == "notify.webhook"]) == 1
    assert rig.clock.now() - NOON == timedelta(seconds=10)


def keys_of_sends(rig) -> set[str]:
    states = (JobState.READY, JobState.DONE, JobState.DEAD)
    return {job.key for state in states for job in rig.jobs(state) if job.kind == "notify.webhook"}


def test_the_same_that_could_not_be_told_goes_again_under_its_key(rig):
    rig.configure(ONE)
    rig.answers["webhook/0"] = REFUSED
    rig.hear(alertname="A", instance="1")
    rig.push(80)
    assert len([told for told in rig.told() if told[1] == "webhook/0"]) == 2
    assert len(keys_of_sends(rig)) == 1
    rig.hear(alertname="A", instance="2")
    rig.push(60)
    assert len(keys_of_sends(rig)) == 2
