"""Alerts that are muted call nobody, are looked at again when the muting ends, and their story says why."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from nouns import NOON, later
from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Silence
from tocsin.domain.timeline import Happening
from tocsin.flow.mute import LOOK_AGAIN, Mute
from tocsin.triage.noise_policy import NoisePolicy

LONG = 86_400 * 2


def silence(**given) -> Silence:
    return Silence(
        **{
            "silence_id": uuid4(),
            "matchers": (matcher("service", "=", "shop"),),
            "starts_at": NOON,
            "ends_at": later(600),
            "updated_at": NOON,
            "created_by": "ben",
            "owner": "ben",
            "comment": "the shop is being moved",
            **given,
        }
    )


@pytest.fixture
def muted(story):
    """Return the story with a silence for the shop in force."""
    with story.store.transaction() as shelves:
        shelves.silences.add(silence())
    return story


def with_rule(story):
    rule = InhibitRule(
        name="the site is down",
        place="noise.yml, line 1",
        source=(matcher("alertname", "=", "SiteDown"),),
        target=(matcher("severity", "=", "medium"),),
        equal=("service",),
    )
    return replace(story, take=replace(story.take, mute=Mute(NoisePolicy(inhibit=(rule,)))))


def told(story, number: int) -> list[Happening]:
    with story.store.reading() as shelves:
        return [line.kind for line in shelves.alerts.story(number)]


def test_a_silenced_alert_opens_nothing_and_says_why(muted, report) -> None:
    muted.hear(report(LONG, severity="medium"))
    assert muted.incidents() == ()
    assert "the shop is being moved" in muted.alert().muted_by
    assert told(muted, 1) == [Happening.ALERT_HEARD, Happening.ALERT_MUTED]
    assert [entry.kind for entry in muted.log()] == [Happening.ALERT_MUTED]


def test_an_alert_that_still_fires_when_its_silence_ends_is_heard_then(muted, report) -> None:
    muted.hear(report(LONG, severity="high"))
    muted.push(599)
    assert muted.incidents() == ()
    muted.push(2)
    assert [page.person for page in muted.pages()] == ["ben"]
    assert muted.alert().muted_by == ""
    assert told(muted, 1) == [
        Happening.ALERT_HEARD,
        Happening.ALERT_MUTED,
        Happening.ALERT_HEARD,
        Happening.ALERT_UNMUTED,
    ]


def test_a_muted_alert_that_ends_meanwhile_calls_nobody(muted, report) -> None:
    muted.hear(report(300, severity="high"))
    muted.push(1200)
    assert muted.incidents() == ()


def test_a_p1_of_security_is_not_muted_by_one_person(muted, report) -> None:
    muted.hear(report(LONG, severity="critical", team="security"))
    assert [page.person for page in muted.pages()] == ["ben"]
    assert told(muted, 1) == [Happening.ALERT_HEARD, Happening.ALERT_UNMUTED]


def test_an_alert_that_follows_from_another_waits_for_its_end(story, report) -> None:
    story = with_rule(story)
    story.hear(report(LONG, alertname="SiteDown", severity="high"), report(LONG, severity="medium"))
    assert len(story.incidents()) == 1
    assert "it follows from ALR-1, which fires" in story.alert(2).muted_by
    story.hear(report(0, alertname="SiteDown", severity="high"))
    story.push(1)
    assert story.alert(2).muted_by == ""
    assert story.alert(2).incident_id is not None


def test_an_alert_that_comes_again_and_again_is_told_once_and_then_held(story, report) -> None:
    for _ in range(6):
        story.hear(report(LONG))
        story.push(10)
        story.hear(report(0))
        story.push(10)
    assert len(story.incidents()) < 6
    assert any("flaps" in story.alert(number).muted_by for number in (5, 6))


def test_many_muted_alerts_are_looked_at_page_by_page(muted, report) -> None:
    muted.hear(*(report(LONG, severity="medium", instance=f"i{n}") for n in range(1100)))
    muted.push(601)
    with muted.store.reading() as shelves:
        assert shelves.alerts.muted() == ()
    assert len(muted.incidents()) == 1
    assert [job for job in muted.jobs() if job.kind == LOOK_AGAIN] == []
