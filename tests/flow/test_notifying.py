"""What a flush decided is told once, tried again in time, and written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_rig import ONE, TWO, Rig
from tocsin.domain.job import JobState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind
from tocsin.flow.notifying import NothingToTell

LATER = DeliveryFailed(FailureKind.RETRY_LATER, "busy", status=503)
TOO_MANY = DeliveryFailed(FailureKind.RETRY_LATER, "slow down", status=429, retry_after_s=20)
REFUSED = DeliveryFailed(FailureKind.REFUSED, "no", status=400)


@pytest.fixture
def rig(any_store):
    return Rig(any_store).configure(ONE)


def seconds(rig):
    return [at for at, *_ in rig.told()]


def test_a_notification_says_who_it_is_for_and_keeps_its_key_over_retries(rig):
    rig.answers["webhook/0"] = LATER
    rig.hear(alertname="A")
    rig.push(14)
    del rig.answers["webhook/0"]
    rig.push(30)
    assert seconds(rig) == [10.0, 10.5, 11.5, 13.5, 17.5]
    sent = [notification for *_, notification in rig.sent]
    assert len({each.key for each in sent}) == 1
    assert (sent[0].receiver, sent[0].group_key) == ("team", '{}:{alertname="A"}')
    assert (sent[0].external_url, sent[0].group_labels) == ("https://tocsin.example", {"alertname": "A"})
    with rig.store.reading() as shelves:
        attempts = shelves.pages.attempts([sent[0].key])
    assert [each.outcome for each in attempts] == ["retry later"] * 4 + ["delivered"]


def test_the_next_flush_ends_what_still_fails_and_tells_what_is_true_then(rig):
    rig.answers["webhook/0"] = LATER
    rig.hear(alertname="A", instance="1")
    rig.push(60)
    rig.hear(alertname="A", instance="2")
    del rig.answers["webhook/0"]
    rig.push(15)
    assert rig.told()[-1] == (70.0, "webhook/0", ["1", "2"], [])
    assert rig.jobs(JobState.DEAD) == ()


def test_429_is_tried_again_after_the_wait_that_was_asked_for(rig):
    rig.answers["webhook/0"] = TOO_MANY
    rig.hear(alertname="A")
    rig.push(25)
    del rig.answers["webhook/0"]
    rig.push(10)
    assert seconds(rig) == [10.0, 30.0]


def test_as_upstream_429_waits_for_the_next_flush(rig):
    rig.as_upstream = True
    rig.answers["webhook/0"] = TOO_MANY
    rig.hear(alertname="A")
    rig.push(75)
    assert seconds(rig) == [10.0, 70.0]


def test_a_failure_is_told_once_however_often_it_is_repeated(rig):
    rig.answers["webhook/0"] = REFUSED
    alert = rig.hear(alertname="A")
    rig.push(200)
    del rig.answers["webhook/0"]
    rig.push(60)
    told = [text for kind, text in rig.story(alert) if kind == "alert.notified"]
    assert len(told) == 2
    assert "could not be told" in told[0]
    assert "refused: no" in told[0]
    assert told[1].startswith("It was told to the receiver 'team' by webhook/0: 200 (message notify:")


def test_a_repeat_adds_nothing_to_the_story_and_an_end_does(rig):
    alert = rig.hear(seconds=86_400, alertname="A")
    rig.push(2 * 3600)
    rig.hear(seconds=-1, alertname="A")
    rig.push(120)
    told = [text for kind, text in rig.story(alert) if kind == "alert.notified"]
    assert len(rig.sent) == 3
    assert [text.partition(" (message ")[0] for text in told] == [
        "It was told to the receiver 'team' by webhook/0: 200",
        "Its end was told to the receiver 'team' by webhook/0: 200",
    ]


def test_the_story_names_the_message_under_which_each_try_is_kept(rig):
    alert = rig.hear(alertname="A")
    rig.push(60)
    told = next(text for kind, text in rig.story(alert) if kind == "alert.notified")
    key = told.partition(" (message ")[2].rstrip(").")
    with rig.store.reading() as shelves:
        assert [each.outcome for each in shelves.pages.attempts([key])] == ["delivered"]


def test_max_alerts_leaves_the_rest_out_and_says_how_many(rig):
    rig.configure(ONE.replace('"http://a.example/"', '"http://a.example/", max_alerts: 2'))
    for number in range(5):
        rig.hear(alertname="A", instance=str(number))
    rig.push(20)
    ((_, _, sent),) = rig.sent
    assert ([each.labels["instance"] for each in sent.alerts], sent.truncated) == (["0", "1"], 3)


def test_what_is_told_is_what_was_true_at_the_flush(rig):
    rig.answers["webhook/0"] = LATER
    rig.hear(alertname="A", instance="1")
    rig.push(11)
    rig.hear(seconds=-1, alertname="A", instance="1")
    del rig.answers["webhook/0"]
    rig.push(10)
    assert rig.told()[-1] == (11.5, "webhook/0", ["1"], [])


@pytest.mark.parametrize("what", ["group", "integration", "tick", "configuration"])
def test_a_notification_without_use_is_not_sent(rig, what):
    rig.hear(alertname="A")
    rig.clock.push(timedelta(seconds=10))
    rig.answers["webhook/0"] = LATER
    rig.turn()
    (job,) = [each for each in rig.jobs() if each.kind == "notify.webhook"]
    args = dict(job.args)
    if what == "integration":
        args["integration"] = "webhook/7"
    elif what == "tick":
        args["tick"] = "2026-01-01T00:00:00+00:00"
    elif what == "group":
        args["group"] = "0" * 64
    else:
        rig.routing.exchange(None)
    with rig.store.reading() as shelves:
        came = rig.notifying.telling(shelves, replace(job, args=args))
    assert isinstance(came, NothingToTell)
    with rig.store.transaction() as shelves:
        (held,) = shelves.jobs.claim(("notify.webhook",), "w", rig.clock.now() + timedelta(9), 30.0, 1)
        rig.notifying.settle(shelves, held, came)
    assert [each for each in rig.jobs() if each.kind == "notify.webhook"] == []


def test_a_notification_that_cannot_be_made_is_written_into_the_log(rig):
    rig.hear(alertname="A")
    rig.clock.push(timedelta(seconds=10))
    rig.answers["webhook/0"] = LATER
    rig.turn()
    (job,) = [each for each in rig.jobs() if each.kind == "notify.webhook"]
    with rig.store.transaction() as shelves:
        before = shelves.log.waiting()
        rig.notifying.give_up(shelves, job, "TypeError: no")
        assert shelves.log.waiting() == before + 1


def test_each_delivery_is_in_the_log(any_store):
    rig = Rig(any_store).configure(TWO)
    rig.answers["webhook/1"] = REFUSED
    rig.hear(alertname="A")
    rig.push(20)
    with any_store.reading() as shelves:
        contents = b"".join(shelves.log.waiting_contents())
    assert b"notification.delivered" in contents
    assert b"notification.failed" in contents


MAILED = """
route: {receiver: team, group_by: [alertname], group_wait: 10s}
receivers:
- name: team
  email_configs:
  - {to: 'ops@team.example', from: 'a@b.example', smarthost: 'mail:25', html: '{{ template "mine" . }}'}
"""


def test_what_people_wrote_is_rendered_over_the_notification_and_nothing_of_ours_is_left_in_it(any_store):
    rig = Rig(any_store).configure(
        MAILED, '{{ define "mine" }}{{ .Status }} {{ .GroupLabels.alertname }}{{ end }}'
    )
    rig.hear(alertname="A<b>")
    rig.push(15)
    assert [settings["html"] for settings in rig.settings] == ["firing A&lt;b&gt;"]
    rig.configure(MAILED, '{{ define "mine" }}anew{{ end }}')
    rig.hear(alertname="B")
    rig.push(15)
    assert rig.settings[-1]["html"] == "anew"


def test_a_template_that_fails_costs_the_nicer_text_and_is_told_in_the_alerts_story(any_store):
    rig = Rig(any_store).configure(MAILED, '{{ define "mine" }}{{ slice "abc" 9 }}{{ end }}')
    alert = rig.hear(alertname="A")
    rig.push(15)
    assert "<html" in rig.settings[0]["html"]
    told = [text for kind, text in rig.story(alert) if kind == "alert.notified"]
    assert "The shipped text was sent where a template failed: mine:" in told[0]
