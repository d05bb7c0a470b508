"""What one batch does to its incidents is decided alert by alert and written once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import an_alert
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Happening
from tocsin.flow.gather import named


def kinds(story) -> list[Happening]:
    return [entry.kind for entry in story.timeline()]


def alerts_of(story):
    with story.store.reading() as shelves:
        return tuple(reversed(shelves.alerts.recent()))


def test_a_burst_opens_one_incident_and_calls_once_at_its_worst(story, report) -> None:
    taken = story.hear(
        *(report(alertname=f"A{n}", severity="medium" if n < 7 else "critical") for n in range(10))
    )
    assert taken.incidents == ("INC-1",)
    assert story.incident().severity is Severity.P1
    assert [page.person for page in story.pages()] == ["ben"]
    assert kinds(story)[:3] == [Happening.OPENED, Happening.ALERT_JOINED, Happening.SEVERITY_CHANGED]
    assert "9 alerts joined at once, ALR-2 to ALR-10." in story.timeline()[1].text


def test_a_few_alerts_have_a_line_each(story, report) -> None:
    story.hear(*(report(alertname=f"A{n}") for n in range(3)))
    assert kinds(story).count(Happening.ALERT_JOINED) == 2


def test_one_batch_joins_and_ends_alerts_of_the_same_incident(story, report) -> None:
    story.hear(report(alertname="A"))
    story.hear(report(0, alertname="A"), report(alertname="B"))
    assert kinds(story)[-2:] == [Happening.ALERT_JOINED, Happening.ALERT_RESOLVED]
    assert story.incident().status.is_active


def test_the_same_alert_twice_in_a_batch_is_taken_in_order(story, report) -> None:
    story.hear(report(), report(0))
    assert [alert.over for alert in alerts_of(story)] == [True]
    assert Happening.ALERT_RESOLVED in kinds(story)


def test_alerts_without_an_incident_have_the_reason_in_their_story_and_one_log_entry(story, report) -> None:
    story.hear(*(report(alertname=f"A{n}", severity="debug") for n in range(5)))
    alerts = alerts_of(story)
    with story.store.reading() as shelves:
        stories = [shelves.alerts.story(alert.number) for alert in alerts]
    assert [[line.kind for line in lines] for lines in stories] == [
        [Happening.ALERT_HEARD, Happening.ALERT_RECORDED]
    ] * 5
    (entry,) = [entry for entry in story.log() if entry.kind == Happening.ALERT_RECORDED]
    assert entry.facts["alerts"] == "ALR-1 to ALR-5"
    assert entry.facts["count"] == "5"


@pytest.mark.parametrize("count", [pytest.param(1, id="one"), pytest.param(2, id="several")])
def test_a_log_entry_names_the_alerts_it_is_about(count: int) -> None:
    alerts = [replace(an_alert(fingerprint=f"{n:016x}"), number=n) for n in range(1, count + 1)]
    facts = named(alerts)
    if count == 1:
        assert facts == {"alert": "ALR-1", "fingerprint": f"{1:016x}"}
    else:
        assert facts["count"] == "2"
        assert len(facts["fingerprints"]) == 64
        assert facts != named([alerts[0], replace(alerts[1], fingerprint="f" * 16)])


def test_the_story_tells_what_was_heard_how_it_was_classified_and_where_it_went(story, report) -> None:
    story.hear(report(alertname="A"), report(alertname="A", instance="web-2"))
    with story.store.reading() as shelves:
        opened, joined = (shelves.alerts.story(number)[0].text.splitlines() for number in (1, 2))
    assert [line.split()[0] for line in opened] == ["It", "Type", "Severity", "Group", "It"]
    assert opened[0].startswith("It was heard from ")
    assert opened[-1].startswith("It opened INC-1: ")
    assert joined[-1].startswith("It joined INC-1: ")
