"""A runbook begins for the incidents that its trigger names, and for no other."""

from __future__ import annotations

import pytest

from nouns import an_alert, an_incident
from tocsin.runbooks.fitting import fits, fitting
from tocsin.runbooks.reading import read

INCIDENT = an_incident(services=("shop", "db"))


def _book(name: str, trigger: str) -> str:
    head = f"trigger: {trigger}\n" if trigger else ""
    return f"runbook: {name}\ntitle: A book\n{head}steps: [{{id: a, do: A}}]\n"


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ("{alert: DiskFull}", True),
        ("{alert: [Other, DiskFull]}", True),
        ("{alert: Other}", False),
        ("{type: service-degradation, severity: P2}", True),
        ("{type: service-degradation, severity: [P1]}", False),
        ("{service: db}", True),
        ("{alert: DiskFull, service: web}", False),
        ("", False),
    ],
)
def test_every_key_of_a_trigger_must_fit(trigger: str, expected: bool) -> None:
    book = read(_book("book", trigger), "book.yml")
    assert fits(book, INCIDENT, (an_alert(),)) is expected


def test_those_that_fit_come_by_their_ids() -> None:
    triggers = (("b", "{alert: DiskFull}"), ("a", "{service: db}"), ("c", ""))
    books = [read(_book(name, trigger), "x.yml") for name, trigger in triggers]
    assert [book.runbook_id for book in fitting(books, INCIDENT, (an_alert(),))] == ["a", "b"]
