"""A runbook calls people by name, once for one key, and the timeline says whom and why."""

from __future__ import annotations

import pytest

from tocsin.domain.job import Job
from tocsin.flow.summon import NOTIFY, PAGE, NobodyMeant, Summon, target_of
from tocsin.oncall.policies import TargetKind


def called(story, *names: str, how: str = "page", key: str = "k1", text: str = "Lock it.") -> tuple[str, ...]:
    summon = Summon(story.call)
    act = summon.page if how == "page" else summon.notify
    incident = story.incident()
    with story.store.transaction() as shelves:
        return act(shelves, incident, names, text, key, story.clock.now())


def was_called(story, how: str, text: str, key: str) -> bool:
    incident = story.incident()
    with story.store.transaction() as shelves:
        return Summon(story.call).was_called(shelves, incident, how, text, key)


def told_jobs(story) -> list[Job]:
    incident = story.incident()
    with story.store.transaction() as shelves:
        deliveries = shelves.pages.deliveries_of(incident.incident_id)
        jobs = [shelves.jobs.get(each.key) for each in deliveries]
    return [job for job in jobs if job is not None and job.args.get("event") == "told"]


def test_a_person_is_paged_once_for_one_key(story, report) -> None:
    story.hear(report(3600))
    before = len(story.pages())
    assert called(story, "ada", "ada") == ("ada",)
    assert called(story, "ada") == ()
    page = story.pages()[-1]
    assert (len(story.pages()), page.person, page.role) == (before + 1, "ada", "ada")
    assert "a runbook calls ada" in page.reason
    assert called(story, "ada", key="k2") == ("ada",)


def test_a_look_finds_it_by_key_or_by_what_was_said(story, report) -> None:
    story.hear(report(3600))
    assert not was_called(story, PAGE, "Lock it.", "k1")
    called(story, "ada")
    assert was_called(story, PAGE, "", "k1")
    assert was_called(story, PAGE, "Lock it.", "")
    assert not was_called(story, PAGE, "", "k2")
    assert not was_called(story, NOTIFY, "Lock it.", "")


@pytest.mark.parametrize("how", ["page", "notify"])
def test_nobody_behind_any_name_is_a_failure(story, report, how: str) -> None:
    story.hear(report(3600))
    with pytest.raises(NobodyMeant, match="nobody-at-all"):
        called(story, "nobody-at-all", how=how)
    assert not was_called(story, how, "", "k1")
    assert called(story, "nobody-at-all", "ada", how=how) == ("ada",)


def test_a_notice_is_told_once_and_says_what_it_was_given(story, report) -> None:
    story.hear(report(3600))
    assert called(story, "ada", "ben", "ada", how="notify") == ("ada", "ben")
    assert called(story, "ada", how="notify") == ()
    jobs = told_jobs(story)
    assert [job.args for job in jobs] == [{"event": "told", "reason": "Lock it."}] * 2
    messages = [story.outgoing(job).message for job in jobs]
    assert all("\nLock it." in each.text and "has a word for you" in each.text for each in messages)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("oncall", TargetKind.PRIMARY),
        ("ada", TargetKind.PERSON),
        ("nobody", TargetKind.PERSON),
        ("nobody-lead", TargetKind.PERSON),
    ],
)
def test_a_name_means_one_thing(story, name: str, kind: TargetKind) -> None:
    assert target_of(story.call.roster, name).kind is kind
