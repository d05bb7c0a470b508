"""The list: its filters live in the address, and three kinds of quiet look different."""

from __future__ import annotations

import re

import pytest

from tocsin.console.incidents import ROWS, Filter, facets_of, filter_of
from tocsin.domain.incident import Status
from tocsin.domain.severity import Severity


def _rows(client, query=""):
    return re.findall(r'data-row="(INC-\d+)"', client.get(f"/incidents{query}").content.decode())


def test_the_newest_come_first_and_filters_narrow(ada, open_incident):
    worst = open_incident("worst", "critical")
    medium = open_incident("medium", "warning")
    ada.post(f"/incidents/{worst.short_name}/acknowledge")
    assert _rows(ada) == [medium.short_name, worst.short_name]
    assert _rows(ada, f"?severity={worst.severity}") == [worst.short_name]
    assert _rows(ada, "?status=open") == [medium.short_name]
    assert _rows(ada, "?status=active") == [medium.short_name, worst.short_name]


def test_no_incident_and_no_match_are_told_apart(ada, open_incident):
    assert "No incident yet" in ada.get("/incidents").content.decode()
    open_incident()
    page = ada.get("/incidents?status=closed&severity=P4").content.decode()
    assert "Nothing matches “closed” and “P4 Low”." in page
    assert "1 incident without this filter." in page


def test_a_page_has_fifty_rows_and_the_total(ada, app, open_incident):
    for _ in range(ROWS + 2):
        open_incident()
    first = ada.get("/incidents").content.decode()
    assert (first.count("<tr role"), f"1–{ROWS} of {ROWS + 2}" in first) == (ROWS + 1, True)
    assert f'href="?start={ROWS}"' in first
    assert _rows(ada, f"?start={ROWS}") == ["INC-2", "INC-1"]


@pytest.mark.parametrize(
    "query", ["status=mine", "severity=P9", "start=-1", "start=9999999999999", "start=x"]
)
def test_an_address_that_makes_no_sense_is_no_filter(query, rf):
    assert filter_of(rf.get(f"/incidents?{query}")) == Filter()


def test_a_chosen_value_is_marked_and_all_others_lead_to_the_first_row():
    chosen = Filter(status="open", severity="P1", start=50)
    assert (chosen.statuses, chosen.severities) == ((Status.OPEN,), (Severity.P1,))
    status, severity = facets_of(chosen)
    assert [choice.words for choice in (*status.choices, *severity.choices) if choice.is_on] == [
        "Open",
        "P1 Critical",
    ]
    assert status.choices[0].query == "severity=P1"
    assert chosen.query(start=100) == "status=open&severity=P1&start=100"
