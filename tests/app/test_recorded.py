"""What was recorded is read as it happened: heard, ended, acted on, silenced; nothing of practice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from nouns import an_arrival
from recorded_month import END, OLD, START, House, house
from tocsin.app.hushing import Asked, ask
from tocsin.app.recorded import recorded
from tocsin.domain.alert import AlertReport
from tocsin.domain.timeline import Happening

MINUTE = timedelta(minutes=1)


def say(lived: House, name: str, source: str = "prometheus", **given) -> None:
    labels = {"alertname": name, "severity": "critical", "service": "shop"}
    report = AlertReport(source=source, labels=labels, **given)
    lived.app.take.alerts(an_arrival(key=f"{name}{given}"), [report])


def read(lived: House, start=START, most: int = 50_000):
    with lived.app.store.reading() as shelves:
        return recorded(shelves, start, lived.clock.now(), most)


def test_an_alert_is_heard_acted_on_and_ends_when_it_really_did(sqlite_store, tmp_path):
    lived = house(tmp_path, OLD)
    say(lived, "A")
    lived.work(START + MINUTE)
    with lived.app.store.reading() as shelves:
        (incident,) = shelves.incidents.listed()
    lived.app.call.acknowledge(incident.incident_id, "ada")
    lived.work(START + 3 * MINUTE)
    say(lived, "A", ends_at=START + 2 * MINUTE)
    told = read(lived)
    (heard,) = told.alerts
    assert (heard.heard_at, heard.ended_at) == (START, START + 3 * MINUTE)
    acts = [(act.kind, act.actor, act.at, act.alerts) for act in told.acts]
    assert acts == [(Happening.ACKNOWLEDGED, "ada", START + MINUTE, (1,))]
    assert told.pages == {"ben": 1} or told.pages == {"ada": 1}


def test_a_silence_that_is_kept_no_longer_is_known_from_what_it_muted(sqlite_store, tmp_path):
    lived = house(tmp_path, OLD)
    ask(lived.app, Asked(matchers=("service = shop",), reason="we know", lasts="1h"), "ada")
    say(lived, "A", ends_at=START + 30 * MINUTE)
    lived.work(END)
    with lived.app.store.transaction() as shelves:
        shelves.silences.drop_ended(END)
    (silence,) = read(lived).silences
    assert (silence.owner, silence.comment, silence.starts_at) == ("ada", "we know", START)
    assert silence.fits({"alertname": "A", "severity": "critical", "service": "shop"})


def test_an_incident_that_went_on_is_played_from_its_beginning_and_practice_is_not(sqlite_store, tmp_path):
    lived = house(tmp_path, OLD)
    say(lived, "A", ends_at=START + 10 * MINUTE)
    lived.work(START + 5 * MINUTE)
    say(lived, "B", source="detection:drill")
    told = read(lived, start=START + 20 * MINUTE)
    assert [each.alert.labels["alertname"] for each in told.alerts] in (["A"], [])
    assert not read(lived, start=START).left_out
    say(lived, "C")
    short = read(lived, most=1)
    assert short.left_out
    assert replace(short.alerts[-1].alert, evidence=()).labels["alertname"] == "C"
