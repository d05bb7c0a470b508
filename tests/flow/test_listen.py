"""Sources that fall silent raise an alert through the same intake, and end it when they speak again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.domain.errors import NotFound
from tocsin.domain.severity import Severity
from tocsin.flow.listen import Listen
from tocsin.intake.heartbeat import Expectation, State

TICK = timedelta(seconds=60)


@pytest.fixture
def listen(story) -> Listen:
    told = (
        Expectation(pattern="audit", severity=Severity.P1, every=timedelta(minutes=10)),
        Expectation(pattern="cam*", every=timedelta(minutes=10)),
    )
    return Listen(story.store, story.clock, story.take, told)


def live(story, listen: Listen, minutes: int, *speaking: str) -> None:
    """Let minutes pass in which some sources are heard."""
    for _ in range(minutes):
        story.push(TICK.total_seconds())
        listen.look({source: story.clock.now() for source in speaking})


def test_a_silent_source_opens_an_incident_and_is_heard_again(story, listen) -> None:
    live(story, listen, 30, "idp", "vpn")
    assert story.incidents() == ()
    live(story, listen, 10, "vpn")
    assert (story.alert().labels["source"], story.incident().severity) == ("idp", Severity.P3)
    live(story, listen, 60, "vpn")
    assert [each.source for each in listen.seen() if each.state is State.SILENT] == ["idp"]
    assert story.kinds().count("incident.opened") == 1
    live(story, listen, 1, "idp", "vpn")
    assert "alert.resolved" in story.kinds()
    assert story.alert().is_resolved(story.clock.now())


def test_the_silence_of_the_audit_source_is_p1(story, listen) -> None:
    live(story, listen, 3, "audit")
    live(story, listen, 12)
    assert story.incident().severity is Severity.P1
    assert story.pages()


def test_a_restart_that_took_long_is_written_down_and_alerts_of_nobody(story, listen) -> None:
    live(story, listen, 30, "idp")
    story.push(7200)
    again = Listen(story.store, story.clock, story.take, listen.expectations)
    again.look({})
    assert story.incidents() == ()
    (entry,) = [each for each in story.log() if each.kind == "sources.not_listening"]
    assert entry.facts == {"seconds": "7200"}


def test_an_alert_of_silence_outlives_our_own_downtime(story, listen) -> None:
    live(story, listen, 30, "idp")
    live(story, listen, 10)
    story.push(3 * 86400)
    assert not story.alert().is_resolved(story.clock.now())
    live(story, listen, 1)
    assert len(story.incidents()) == 1
    assert story.alert().ends_at - story.clock.now() == timedelta(days=7)


def test_sources_are_listed_with_those_a_pack_names_and_that_never_spoke(story, listen) -> None:
    live(story, listen, 2, "idp")
    audit, idp = listen.seen()
    assert (audit.source, audit.state, audit.expected) == ("audit", State.WAITING, timedelta(minutes=10))
    assert (idp.source, idp.state, idp.expected, idp.last) == (
        "idp",
        State.LEARNING,
        None,
        NOON + 2 * TICK,
    )
    assert listen.habits() == {"audit": timedelta(minutes=10)}


def test_a_source_that_is_forgotten_ends_its_alert(story, listen) -> None:
    live(story, listen, 30, "idp")
    live(story, listen, 10)
    listen.forget("idp", "ada")
    assert story.alert().is_resolved(story.clock.now())
    live(story, listen, 60)
    assert len(story.incidents()) == 1
    assert "sources.forgotten" in [entry.kind for entry in story.log()]
    with pytest.raises(NotFound):
        listen.forget("nobody", "ada")
