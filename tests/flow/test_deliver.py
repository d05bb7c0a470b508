from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import later
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Status
from tocsin.domain.job import JobState
from tocsin.domain.page import DeliveryState
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt
from tocsin.flow.bundles import NotNeeded
from tocsin.flow.call import ESCALATE
from tocsin.flow.dead_letters import DeadLetters
from tocsin.flow.deliver import ANSWER_AT_MOST, Tried
from tocsin.oncall import links

REFUSED = DeliveryFailed(FailureKind.REFUSED, "no such user")
LATER = DeliveryFailed(FailureKind.RETRY_LATER, "503")


def _page_jobs(story) -> dict[str, object]:
    """Claim the page's two messages, by channel."""
    jobs = story.claim("deliver.slack", "deliver.smtp")
    return {job.kind.partition(".")[2]: job for job in jobs if job.key.startswith("page-")}


TWO_MUST = """
people:
  ben: {name: Ben, contacts: [{channel: slack, address: "@ben"}]}
  ada: {name: Ada, contacts: [{channel: slack, address: "@ada"}]}
schedule: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2026-02-25, people: [ben, ada]}
escalation: {P1: [{after: 0m, page: [primary, secondary], needs: 2}]}
notices: [{channel: slack, address: "#incidents", severities: [P1]}]
"""


def _state(story, job) -> DeliveryState:
    with story.store.reading() as shelves:
        return shelves.pages.delivery(job.key).state


def _escalation_due(story):
    return next(job.run_at for job in story.jobs() if job.kind == ESCALATE)


def test_a_page_bears_the_link_that_acknowledges_and_a_notice_the_incidents_address(story, report) -> None:
    story.hear(report())
    jobs = story.claim("deliver.slack", "deliver.smtp")
    made = {job.key.partition("-")[0]: story.outgoing(job) for job in jobs}
    page = story.pages()[0]
    token = links.token(page, story.call.link_key)
    assert made["page"].message.link == f"https://tocsin.example/acknowledge/{page.page_id}/{token}"
    assert made["page"].message.is_page
    assert made["notice"].message.link == "https://tocsin.example/incidents/INC-1"
    assert made["notice"].address == "#incidents"


def test_a_notice_counts_who_has_acknowledged_where_several_must(told_story, report) -> None:
    story = told_story(TWO_MUST)
    story.hear(report())
    story.call.acknowledge(story.incident().incident_id, "ben")
    made = [story.outgoing(job) for job in story.claim("deliver.slack")]
    (told,) = [
        one.message for one in made if getattr(one, "message", None) and one.message.event == "acknowledged"
    ]
    assert (told.still_needed, told.subject[:22]) == (1, "[1 of 2 acknowledged] ")


def test_the_runbook_of_the_first_alert_that_names_one_is_sent_along(story, report) -> None:
    one = report()
    with_runbook = type(one)(
        **{
            name: getattr(one, name)
            for name in ("source", "labels", "starts_at", "ends_at", "generator_url", "count", "evidence")
        },
        annotations={"runbook_url": "https://runbooks.example/shop"},
    )
    story.hear(with_runbook)
    job = _page_jobs(story)["slack"]
    assert story.outgoing(job).message.runbook_url == "https://runbooks.example/shop"


def test_a_delivered_page_is_recorded_with_a_bounded_answer(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, Receipt("ok" * 1000))
    with story.store.reading() as shelves:
        delivery = shelves.pages.delivery(job.key)
        assert shelves.jobs.get(job.key).state is JobState.DONE
    assert (delivery.state, delivery.attempts, len(delivery.answer)) == (
        DeliveryState.DELIVERED,
        1,
        ANSWER_AT_MOST,
    )
    assert story.kinds()[-1] == "page.delivered"
    assert story.log()[-1].facts["key"] == job.key


def test_each_try_is_kept_with_what_the_partner_answered(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, Tried(DeliveryFailed(FailureKind.RETRY_LATER, "busy", status=503), 120, "d1"))
    with story.store.reading() as shelves:
        assert shelves.pages.delivery(job.key).status == 503
    story.clock.push(later(2) - later(0))
    again = _page_jobs(story)["slack"]
    assert story.outgoing(again).message.attempt == 2
    story.settle(again, Tried(Receipt("ok", "C1:1.2"), 80, "d2"))
    with story.store.reading() as shelves:
        delivery, tries = shelves.pages.delivery(job.key), shelves.pages.attempts([job.key])
    assert (delivery.reference, delivery.status) == ("C1:1.2", None)
    told = [(one.number, one.outcome, one.status, one.answer, one.took_ms, one.digest) for one in tries]
    assert told == [
        (1, "retry later", 503, "busy", 120, "d1"),
        (2, "delivered", None, "ok", 80, "d2"),
    ]


def test_a_try_that_came_too_late_to_matter_is_kept_all_the_same(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, NotNeeded("it was acknowledged before it was sent"))
    story.settle(job, Tried(Receipt("ok"), 10, "d"))
    with story.store.reading() as shelves:
        assert len(shelves.pages.attempts([job.key])) == 1
    assert _state(story, job) is DeliveryState.NOT_NEEDED


def test_what_is_sent_has_one_digest_and_another_address_another(story, report) -> None:
    story.hear(report())
    jobs = _page_jobs(story)
    first, again, other = (story.outgoing(jobs[name]).digest for name in ("slack", "slack", "smtp"))
    assert first == again
    assert first != other


def test_a_failed_one_is_tried_again_under_the_same_key_after_a_pause_that_grows(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, LATER)
    with story.store.reading() as shelves:
        assert shelves.jobs.get(job.key).run_at == later(2)
    story.clock.push(later(2) - later(0))
    again = _page_jobs(story)["slack"]
    assert (again.key, again.attempts) == (job.key, 2)
    story.settle(again, LATER)
    with story.store.reading() as shelves:
        assert shelves.jobs.get(job.key).run_at == later(6)
    assert _state(story, job) is DeliveryState.WAITING


def test_the_partners_own_wish_is_followed(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, DeliveryFailed(FailureKind.RETRY_LATER, "429", retry_after_s=120))
    with story.store.reading() as shelves:
        assert shelves.jobs.get(job.key).run_at == later(120)


def test_a_refused_one_is_dead_at_once_and_said_in_the_incident(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, REFUSED)
    assert _state(story, job) is DeliveryState.DEAD
    assert [dead.key for dead in story.jobs(JobState.DEAD)] == [job.key]
    assert "refused: no such user" in story.timeline()[-1].text


def test_a_dead_message_hastens_nobody_while_another_may_still_arrive(story, report) -> None:
    story.hear(report())
    story.settle(_page_jobs(story)["slack"], REFUSED)
    assert _escalation_due(story) == later(300)


def test_when_no_way_is_left_to_arrive_the_next_step_is_due_at_once(story, report) -> None:
    story.hear(report())
    jobs = _page_jobs(story)
    story.push(7)
    story.settle(jobs["slack"], REFUSED)
    story.settle(jobs["smtp"], REFUSED)
    assert _escalation_due(story) == later(7)
    story.transitions()
    assert len(story.pages()) == 2


def test_when_no_way_is_left_to_arrive_the_administrators_are_told_in_their_inbox(story, report) -> None:
    story.hear(report())
    jobs = _page_jobs(story)
    story.settle(jobs["slack"], REFUSED)
    assert [one for one in story.deliveries() if one.channel == "inbox"] == []
    story.settle(jobs["smtp"], REFUSED)
    (told,) = [one for one in story.deliveries() if one.channel == "inbox"]
    assert (told.address, told.page_id, told.subject) == ("administrators", None, "unreached of INC-1")
    (job,) = story.claim("deliver.inbox")
    assert "every channel of that page failed" in story.outgoing(job).message.text


def test_dead_channels_do_not_call_round_after_round_without_a_pause(story, report) -> None:
    story.hear(report(7200))
    for _ in range(9):
        for job in story.claim("deliver.slack", "deliver.smtp"):
            story.settle(job, REFUSED)
        story.transitions()
    assert [page.step for page in story.pages()] == [0, 1, 2]
    assert _escalation_due(story) == later(900)
    story.push(900)
    assert [page.step for page in story.pages()] == [0, 1, 2, 0]


def test_an_old_page_that_dies_late_does_not_hasten_the_step_after_the_next(story, report) -> None:
    story.hear(report(3600))
    jobs = _page_jobs(story)
    story.push(301)
    story.settle(jobs["slack"], REFUSED)
    story.settle(jobs["smtp"], REFUSED)
    assert _escalation_due(story) == later(600)


def test_a_dead_notice_is_said_and_calls_nobody(story, report) -> None:
    story.hear(report(severity="medium"))
    (job,) = story.claim("deliver.slack")
    story.settle(job, REFUSED)
    assert story.kinds()[-1] == "notice.failed"
    assert story.pages() == ()


@pytest.mark.parametrize("end", [Receipt("ok"), REFUSED], ids=["delivered", "dead"])
def test_the_timeline_shows_no_address_that_lets_anybody_post(story, report, end) -> None:
    story.hear(report(severity="medium"))
    (job,) = story.claim("deliver.slack")
    with story.store.transaction() as shelves:
        told = shelves.pages.delivery(job.key)
        shelves.pages.save_delivery(replace(told, address="https://hooks.example/T0/hunter2"))
    story.settle(job, end)
    assert "slack (https://hooks.example/…)" in story.timeline()[-1].text


def test_the_last_of_the_allowed_tries_is_the_end(story, report) -> None:
    story.hear(report(severity="medium"))
    for _ in range(3):
        (job,) = story.claim("deliver.slack")
        story.settle(job, LATER)
        story.clock.push(later(3600) - later(0))
    assert _state(story, job) is DeliveryState.DEAD
    assert "after 3 tries" in story.timeline()[-1].text


@pytest.mark.parametrize("end", ["acknowledged", "resolved"])
def test_a_page_that_has_no_use_any_more_is_not_sent(story, report, end: str) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    if end == "acknowledged":
        story.call.acknowledge(story.incident().incident_id, "ada")
    else:
        story.hear(report(0))
        assert story.incident().status is Status.RESOLVED
    unneeded = story.outgoing(job)
    assert isinstance(unneeded, NotNeeded)
    assert end in unneeded.reason
    story.settle(job, unneeded)
    assert _state(story, job) is DeliveryState.NOT_NEEDED


def test_what_was_delivered_already_is_not_sent_again(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, Receipt("ok"))
    assert story.outgoing(job) == NotNeeded("it is delivered already")


def test_a_job_without_a_delivery_is_simply_over(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    with story.store.transaction() as shelves:
        del shelves.pages._tables.deliveries[job.key]
    assert story.outgoing(job) == NotNeeded("its delivery is unknown")
    story.settle(job, NotNeeded("unknown"))
    with story.store.reading() as shelves:
        assert shelves.jobs.get(job.key).state is JobState.DONE


def test_a_dead_message_can_be_tried_again_and_is_then_really_sent(story, report) -> None:
    story.hear(report())
    job = _page_jobs(story)["slack"]
    story.settle(job, REFUSED)
    DeadLetters(story.store, story.clock, story.take).revive([job.key], "ada")
    again = _page_jobs(story)["slack"]
    assert again.key == job.key
    assert story.outgoing(again).message.key == job.key
    assert (story.log()[-1].kind, story.log()[-1].actor) == ("intake.replayed", "ada")


def test_what_is_not_dead_cannot_be_revived(story) -> None:
    with pytest.raises(NotFound):
        DeadLetters(story.store, story.clock, story.take).revive(["page-unknown"], "ada")
