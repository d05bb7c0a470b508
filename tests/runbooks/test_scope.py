"""Expressions see their own runbook's steps, of repeated ones the last round, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from nouns import NOON, an_alert, an_incident
from tocsin.domain.run import StepRecord, StepState
from tocsin.runbooks.reading import read
from tocsin.runbooks.scope import Facts, Scope, names_for

BOOK = read("runbook: book\ntitle: A book\nforbid: [a.b]\nsteps: [{id: a, do: A}]\n", "book.yml")
INNER = replace(BOOK, forbid=("c.d",))


def _record(place: str, **answers: str) -> StepRecord:
    return StepRecord(
        place=place, state=StepState.DONE, answers=answers, output={"n": place, "from": "output"}
    )


def test_answers_stand_before_outputs_and_the_last_round_before_others() -> None:
    places = ("look", "watch#10/look2", "watch#2/look2", "sub.look")
    records = {place: _record(place, n=f"answer {place}") for place in places}
    scope = Scope(book=BOOK, forbid=())
    names = names_for(scope, records, Facts(incident=an_incident(), alerts=()), NOON)
    assert names["look"] == {"n": "answer look", "from": "output"}
    assert names["look2"]["n"] == "answer watch#10/look2"
    inner = scope.in_round("watch", 3).called("watch#3/sub", INNER)
    assert "look" not in names_for(inner, records, Facts(incident=an_incident()), NOON)
    assert (inner.prefix, inner.base, inner.depth) == ("watch#3/sub.", "watch#3/sub.", 1)


def test_a_called_runbook_is_bound_by_what_its_caller_forbids() -> None:
    assert Scope(book=BOOK, forbid=BOOK.forbid).called("sub", INNER).forbid == ("a.b", "c.d")


def test_the_incident_has_an_age_and_the_alert_its_labels() -> None:
    facts = Facts(incident=an_incident(opened_at=NOON), alerts=(an_alert(count=2), an_alert(count=3)))
    names = names_for(Scope(book=BOOK, forbid=()), {}, facts, NOON + timedelta(minutes=4))
    assert names["incident"]["age"] == timedelta(minutes=4)
    assert (names["alert"]["name"], names["alert"]["zone"], names["alert"]["count"]) == ("DiskFull", "a", 5)
    assert names_for(Scope(book=BOOK, forbid=()), {}, Facts(incident=an_incident()), NOON)["alert"] == {}
