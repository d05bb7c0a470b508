"""Alerts over REST: the list, one of them, and why people were paged for it."""

from __future__ import annotations

import pytest

from tocsin.domain.person import Role

URL = "/api/v1/alerts"


def test_alerts_are_listed_with_their_incident(client, bearer, opened) -> None:
    listed = client.get(URL, headers=bearer(Role.VIEWER)).json()
    assert listed["total"] == 1
    (row,) = listed["alerts"]
    assert (row["id"], row["title"], row["status"], row["incident"]) == (
        "ALR-1",
        "ShopDown",
        "firing",
        opened,
    )


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("status=firing", 1),
        ("status=resolved", 0),
        ("status=muted", 0),
        ("text=shopd", 1),
        ("text=nothing", 0),
        ("source=nobody", 0),
        ("limit=0&offset=-1", 1),
        ("offset=99999999999999", 1),
    ],
)
def test_a_list_holds_what_was_asked_for(client, bearer, opened, query, total) -> None:
    assert client.get(f"{URL}?{query}", headers=bearer(Role.VIEWER)).json()["total"] == total


def test_an_alert_without_an_incident_is_listed(client, bearer, opened) -> None:
    client.post("/api/v2/alerts", json=[{"labels": {"alertname": "W", "severity": "none"}}], headers=bearer())
    rows = client.get(URL, headers=bearer(Role.VIEWER)).json()["alerts"]
    assert [each["incident"] for each in rows] == [None, "INC-1"]


def test_one_alert_has_its_labels_and_its_story(client, bearer, opened) -> None:
    shown = client.get(f"{URL}/alr-1", headers=bearer(Role.VIEWER)).json()
    assert shown["labels"]["alertname"] == "ShopDown"
    assert shown["story"][0]["kind"] == "alert.heard"
    assert shown["evidence"] == []


def test_why_answers_for_one_person_or_for_everybody(client, bearer, opened) -> None:
    everybody = client.get(f"{URL}/ALR-1/why", headers=bearer(Role.VIEWER)).json()
    assert everybody["schema"] == "tocsin.why/2"
    assert len(everybody["people"]) >= 1
    name = everybody["people"][0]["person"]
    one = client.get(f"{URL}/ALR-1/why?person={name}", headers=bearer(Role.VIEWER)).json()
    assert one["people"] == everybody["people"][:1]


@pytest.mark.parametrize("path", ["/ALR-9", "/ALR-9/why", "/ALR-1/why?person=nobody"])
def test_what_is_not_there_is_refused(client, bearer, opened, path) -> None:
    refused = client.get(f"{URL}{path}", headers=bearer(Role.VIEWER))
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_who_may_only_send_alerts_reads_none(client, bearer, opened) -> None:
    assert client.get(URL, headers=bearer(Role.INGEST)).status_code == 403
    assert client.get(f"{URL}?status=loud", headers=bearer(Role.VIEWER)).status_code == 422
