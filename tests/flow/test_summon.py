"""A runbook calls people by name, once for one key, and the timeline says whom and why."""

from __future__ import annotations

import pytest

from tocsin.flow.summon import NOTIFY, PAGE, Summon, target_of
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


def test_nobody_behind_a_name_is_said(story, report) -> None:
    story.hear(report(3600))
    assert called(story, "nobody-at-all") == ()
    incident = story.incident()
    with story.store.transaction() as shelves:
        lines = shelves.timeline.of_incident(incident.incident_id)
    assert any("nobody, because no name leads to anybody" in each.text for each in lines)


def test_a_notice_is_told_once(story, report) -> None:
    story.hear(report(3600))
    assert called(story, "ada", "ben", how="notify") == ("ada", "ben")
    assert called(story, "ada", how="notify") == ()


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
