"""The record of why: one shape, which others read."""

from __future__ import annotations

import json

from nouns import INCIDENT, NOON, a_delivery, a_page, an_alert, an_incident, later
from tocsin.app.why import Answer, Part, Section, Sent, Told, Why
from tocsin.app.why_record import iso, record_of
from tocsin.domain.attempt import Attempt
from tocsin.domain.page import DeliveryState
from tocsin.oncall.why import Basis, Fact

TRY = Attempt(key="k", number=1, at=NOON, took_ms=7, outcome="delivered", status=None, answer="ok")
SENT = Sent(
    delivery=a_delivery("k", state=DeliveryState.DELIVERED, finished_at=later(1), answer="ok", person="ben"),
    attempts=(TRY,),
)
FACT = Fact(text="It was heard.", at=NOON)


def answered(**given) -> Why:
    return Why(
        **{
            "alert": an_alert(number=7, incident_id=INCIDENT, muted_by="a silence"),
            "incident": an_incident(3),
            "sections": tuple(Section(part=part, facts=(FACT,)) for part in Part),
            "people": (
                Answer(
                    username="ben",
                    because=(Fact(text="By the file.", basis=Basis.PRESENT),),
                    pages=(Told(page=a_page(policy="web"), how="By slack at once.", sent=(SENT,)),),
                    notices=(SENT,),
                ),
                Answer(username="ada", because=(FACT,)),
            ),
            "told": (TRY,),
            **given,
        }
    )


def test_the_record_is_json_and_holds_every_part_in_order():
    record = json.loads(json.dumps(record_of(answered(), NOON)))
    assert list(record) == ["alert", "incident", "policy", "sections", "receivers", "people"]
    assert [each["name"] for each in record["sections"]] == [part.value for part in Part]
    assert record["sections"][0]["facts"] == [
        {"at": "2026-03-01T12:00:00Z", "text": "It was heard.", "basis": "recorded"}
    ]
    assert (record["alert"]["id"], record["alert"]["status"]) == ("ALR-7", "muted")
    assert (record["incident"], record["policy"]) == ("INC-3", "default")
    assert record["receivers"][0]["key"] == "k"


def test_a_person_has_pages_messages_and_tries():
    ben, ada = record_of(answered(), NOON)["people"]
    assert (ben["was_paged"], ada["was_paged"]) == (True, False)
    assert ben["because"] == [{"at": None, "text": "By the file.", "basis": "present"}]
    (page,) = ben["pages"]
    assert (page["step"], page["policy"], page["how"]) == (1, "web", "By slack at once.")
    (message,) = page["messages"]
    assert message == ben["notices"][0]
    assert (message["state"], message["finished_at"]) == ("delivered", "2026-03-01T12:00:01Z")
    assert message["attempts"] == [
        {
            "number": 1,
            "at": "2026-03-01T12:00:00Z",
            "took_ms": 7,
            "outcome": "delivered",
            "status": None,
            "answer": "ok",
        }
    ]


def test_an_address_that_is_a_secret_is_shown_by_its_host_alone():
    sent = Sent(delivery=a_delivery("k", address="https://hooks.example/T0/hunter2"), attempts=(TRY,))
    record = record_of(answered(people=(Answer(username="ben", because=(FACT,), notices=(sent,)),)), NOON)
    assert record["people"][0]["notices"][0]["address"] == "https://hooks.example/…"
    assert "hunter2" not in str(record)


def test_without_an_incident_there_is_no_policy():
    record = record_of(answered(incident=None), NOON)
    assert (record["incident"], record["policy"], record["alert"]["incident"]) == (None, None, None)
    assert iso(None) is None
