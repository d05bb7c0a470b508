from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from nouns import NOON
from tocsin.domain.errors import NotFound
from tocsin.domain.exhibit import CustodyAct
from tocsin.domain.job import Job, JobState
from tocsin.evidence.custody import ExhibitChanged
from tocsin.evidence.exhibits import Deposit, EvidenceEmpty, LabelMissing, label
from tocsin.evidence.opening import Start
from tocsin.flow.admitting import Stored
from tocsin.flow.respond import ALERT_CONTEXT, COLLECT


def _exhibits(story):
    with story.store.reading() as shelves:
        return shelves.exhibits.all()


def _custody(story, number: int = 1):
    with story.store.reading() as shelves:
        return [(event.act, event.actor) for event in shelves.exhibits.custody_of(number)]


def _kept(story, **given):
    return story.respond.keep(
        story.incident().incident_id,
        **{
            "name": "auth.log",
            "media_type": "text/plain",
            "content": io.BytesIO(b"Eve was here"),
            "description": "The auth log",
            "exported_by": "Ben",
            "actor": "ben",
            **given,
        },
    )


def test_what_is_known_is_kept_as_soon_as_the_incident_opens(story, report) -> None:
    story.hear(report())
    story.collect()
    (exhibit,) = _exhibits(story)
    (line,) = story.locker.kept[exhibit.digest].splitlines()
    assert (exhibit.collector, exhibit.covers, exhibit.label.incident_date) == (
        ALERT_CONTEXT,
        ALERT_CONTEXT,
        NOON.date(),
    )
    assert json.loads(line)["labels"] == dict(story.alert().labels)
    assert story.kinds()[-1] == "exhibit.kept"
    assert story.log()[-1].facts["digest"] == exhibit.digest
    assert _custody(story) == [(CustodyAct.COLLECTED, "tocsin")]


def test_the_same_bytes_are_kept_once(story, report) -> None:
    story.hear(report())
    story.collect()
    incident = story.incident()
    with story.store.transaction() as shelves:
        story.respond.begin(shelves, incident, NOON)
    story.collect()
    assert len(_exhibits(story)) == 1


def test_later_alerts_are_kept_as_a_second_exhibit(story, report) -> None:
    story.hear(report())
    story.collect()
    story.hear(report(instance="b"))
    story.push(60)
    story.collect()
    assert [exhibit.short_name for exhibit in _exhibits(story)] == ["EX-1", "EX-2"]
    assert len(story.locker.kept[_exhibits(story)[1].digest].splitlines()) == 2


def test_there_is_nothing_to_collect_for_an_unknown_incident(story) -> None:
    job = Job(kind=COLLECT, key="c", run_at=NOON, args={"incident": str(uuid4())})
    with story.store.reading() as shelves:
        assert story.respond.collect(shelves, job) is None


def test_a_collector_that_was_given_up_is_said_in_the_incident(story, report) -> None:
    story.hear(report())
    (job,) = [job for job in story.jobs(JobState.READY) if job.kind == COLLECT]
    with story.store.transaction() as shelves:
        story.respond.collection_failed(shelves, job, "OSError: no disk")
    assert (story.kinds()[-1], story.log()[-1].kind) == ("exhibit.collection_failed",) * 2
    assert "OSError: no disk" in story.timeline()[-1].text


def test_an_exhibit_kept_by_hand_bears_its_label(story, report) -> None:
    story.hear(report())
    exhibit = _kept(story)
    assert (exhibit.label.description, exhibit.label.exported_by, exhibit.collector) == (
        "The auth log",
        "Ben",
        None,
    )
    assert story.timeline()[-1].exhibit == exhibit.number
    assert _custody(story) == [(CustodyAct.COLLECTED, "ben")]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({"description": " "}, LabelMissing), ({"content": io.BytesIO(b"")}, EvidenceEmpty)],
)
def test_without_a_label_or_bytes_nothing_is_kept(story, report, given, refusal) -> None:
    story.hear(report())
    with pytest.raises(refusal):
        _kept(story, **given)
    assert _exhibits(story) == ()


def test_nothing_is_kept_for_an_unknown_incident(story) -> None:
    with pytest.raises(NotFound):
        story.respond.keep(
            uuid4(),
            name="a",
            media_type="",
            content=io.BytesIO(b"a"),
            description="a",
            exported_by="b",
            actor="b",
        )
    assert story.locker.kept == {}


def test_a_read_is_verified_and_recorded(story, report) -> None:
    story.hear(report())
    _kept(story)
    exhibit, content = story.respond.read(1, "chidi", "for the review")
    assert (exhibit.number, content.read()) == (1, b"Eve was here")
    assert _custody(story)[1:] == [(CustodyAct.VERIFIED, "chidi"), (CustodyAct.READ, "chidi")]
    entry = story.log()[-1]
    assert (entry.kind, entry.subject, entry.facts["reason"]) == ("exhibit.read", "EX-1", "for the review")


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_bytes_that_are_not_what_was_kept_are_refused_and_the_attempt_is_logged(story, report, how) -> None:
    story.hear(report())
    exhibit = _kept(story)
    if how == "changed":
        story.locker.kept[exhibit.digest] = b"Eve was never here"
    else:
        del story.locker.kept[exhibit.digest]
    with pytest.raises(ExhibitChanged, match=how) as refused:
        story.respond.read(1, "chidi")
    assert (refused.value.code, refused.value.status) == (
        ("exhibit_changed", 409) if how == "changed" else ("exhibit_gone", 410)
    )
    assert how in story.log()[-1].facts["fault"]
    assert _custody(story) == [(CustodyAct.COLLECTED, "ben")]
    checked, faults = story.respond.verify()
    assert (checked, [fault.exhibit.number for fault in faults]) == (1, [1])


def test_an_unknown_exhibit_cannot_be_read(story) -> None:
    with pytest.raises(NotFound, match="EX-9"):
        story.respond.read(9, "chidi")


def test_the_exhibits_of_one_incident_can_be_verified_alone(story, report) -> None:
    story.hear(report())
    _kept(story)
    assert story.respond.verify(story.incident().incident_id) == (1, ())
    assert story.respond.verify(uuid4()) == (0, ())


def test_a_burst_that_goes_on_is_collected_again_but_not_for_every_signal(story, report) -> None:
    story.hear(report())
    story.collect()
    for minute in range(12):
        story.push(60)
        story.hear(replace(report(), annotations={"summary": f"still going on, {minute}"}))
    waiting = [job for job in story.jobs() if job.kind == COLLECT]
    assert 1 <= len(waiting) <= 3
    story.collect()
    with story.store.reading() as shelves:
        assert len(shelves.exhibits.all()) == 2


def test_the_runbooks_of_an_incidents_alerts_are_quoted_when_it_opens(story, report) -> None:
    asked: list[tuple[str, ...]] = []
    story.hear(report())
    respond = replace(story.respond, quotes=lambda urls: asked.append(tuple(urls)) or ())
    incident = story.incident()
    with story.store.transaction() as shelves:
        alert = shelves.alerts.of_incident(incident.incident_id)[0]
        shelves.alerts.save(replace(alert, annotations={"runbook_url": "https://wiki.example/1"}))
        respond.begin(shelves, incident, NOON)
    assert asked == [("https://wiki.example/1",)]


def test_a_page_is_quoted_once_in_an_incident_unless_it_could_not_be_read(story, report) -> None:
    story.hear(report())
    urls = ("https://wiki.example/1", "https://wiki.example/2")
    starts = tuple(Start(collector="runbook.quote", arguments={"url": url}, of=url) for url in urls)
    respond = replace(story.respond, quotes=lambda asked: starts)
    incident = story.incident()
    deposit = Deposit(
        incident_id=incident.incident_id,
        name="quote.txt",
        label=label(NOON.date(), "A page", "tocsin"),
        collector="runbook.quote",
        covers="runbook.quote",
        of=urls[0],
    )
    digest, size = story.locker.keep(io.BytesIO(b"quoted"))
    with story.store.transaction() as shelves:
        respond.settle(shelves, [Stored(deposit, digest, size)])
        respond.quote(shelves, incident, urls)
    story.clock.push(timedelta(seconds=1))
    told = [job.args["of"] for job in story.claim(COLLECT) if job.args.get("collector") == "runbook.quote"]
    assert told == [urls[1]]
