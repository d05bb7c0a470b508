from __future__ import annotations

import jsonschema
import pytest

from tocsin.domain.person import Role
from tocsin.incidents.record import r1_schema
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

URL = "/api/v1/incidents"


def test_incidents_are_listed_filtered_and_counted(client, bearer, opened) -> None:
    headers = bearer(Role.VIEWER)
    found = client.get(URL, headers=headers).json()
    assert (found["total"], found["incidents"][0]["id"]) == (1, "INC-1")
    assert found["incidents"][0]["next_clock"] == "acknowledge"
    assert client.get(f"{URL}?status=closed&severity=P1", headers=headers).json()["total"] == 0
    assert client.get(f"{URL}?status=open&status=closed", headers=headers).json()["total"] == 1


@pytest.mark.parametrize("page", ["limit=-5", "limit=999999", "offset=-1", "offset=1" + "0" * 40])
def test_odd_pages_of_the_list_do_no_harm(client, bearer, opened, page) -> None:
    assert client.get(f"{URL}?{page}", headers=bearer(Role.VIEWER)).status_code == 200


@pytest.mark.parametrize("query", ["status=gone", "severity=P9", "limit=many"])
def test_a_filter_that_means_nothing_is_refused(client, bearer, query) -> None:
    assert client.get(f"{URL}?{query}", headers=bearer(Role.VIEWER)).status_code == 422


@pytest.mark.parametrize("name", ["INC-1", "inc-1", "1"])
def test_an_incident_is_found_by_its_short_name(client, bearer, opened, name) -> None:
    assert client.get(f"{URL}/{name}", headers=bearer(Role.VIEWER)).json()["id"] == "INC-1"


@pytest.mark.parametrize("name", ["INC-2", "INC-", "INC-1e9", "9" * 40, "-1", "%00", "INC-²", "x" * 999])
def test_a_name_that_names_nothing_is_not_found(client, bearer, opened, name) -> None:
    response = client.get(f"{URL}/{name}", headers=bearer(Role.VIEWER))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_record_is_r1s(client, bearer, opened) -> None:
    record = client.get(f"{URL}/{opened}/record", headers=bearer(Role.AUDITOR)).json()
    jsonschema.validate(record, r1_schema())
    assert (record["severity"], record["status"]) == ("P1", "open")


def test_a_responder_carries_an_incident_to_its_end_and_a_commander_closes_it(client, bearer, opened) -> None:
    ben, ada = bearer(Role.RESPONDER, name="ben"), bearer(Role.COMMANDER, name="ada")
    Accounts(DjangoStore()).create("ada", "Ada", Role.COMMANDER)
    acts = [
        (ben, "acknowledge", None),
        (ben, "notes", {"text": "The certificate ran out \0 \U0001f600"}),
        (ada, "severity", {"severity": "P2", "reason": "only the shop"}),
        (ada, "assign", {"to": "ada"}),
        (ben, "move", {"to": "mitigated"}),
        (ben, "move", {"to": "resolved"}),
    ]
    for who, act, body in acts:
        assert client.post(f"{URL}/{opened}/{act}", json=body, headers=who).status_code == 200, act
    closing = {"to": "closed"}
    assert client.post(f"{URL}/{opened}/move", json=closing, headers=ben).status_code == 403
    assert client.post(f"{URL}/{opened}/move", json=closing, headers=ada).json()["status"] == "closed"
    lines = client.get(f"{URL}/{opened}/timeline", headers=ben).json()["timeline"]
    assert [line["kind"] for line in lines[-2:]] == ["incident.moved", "incident.moved"]
    assert {line["actor"] for line in lines} == {"tocsin", "token:ben", "token:ada"}


@pytest.mark.parametrize(
    ("act", "body", "role"),
    [
        ("acknowledge", None, Role.VIEWER),
        ("escalate", None, Role.AUDITOR),
        ("notes", {"text": "x"}, Role.APPROVER),
        ("move", {"to": "mitigated"}, Role.VIEWER),
        ("severity", {"severity": "P4", "reason": "x"}, Role.RESPONDER),
        ("assign", {"to": "eve"}, Role.RESPONDER),
    ],
)
def test_who_may_not_changes_nothing(client, bearer, opened, app, act, body, role) -> None:
    with app.store.reading() as shelves:
        before = shelves.incidents.by_number(1)
    response = client.post(f"{URL}/{opened}/{act}", json=body, headers=bearer(role))
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    with app.store.reading() as shelves:
        assert shelves.incidents.by_number(1) == before


@pytest.mark.parametrize("to", ["", "eve", "x" * 100_000, "ada\u0000"])
def test_the_command_is_given_to_nobody_without_an_account(client, bearer, opened, to) -> None:
    response = client.post(f"{URL}/{opened}/assign", json={"to": to}, headers=bearer(Role.COMMANDER))
    assert (response.status_code, response.json()["code"]) == (400, "unknown_commander")
    assert client.get(f"{URL}/{opened}", headers=bearer(Role.VIEWER)).json()["commander"] is None


def test_a_refused_move_is_a_conflict_and_says_what_is_possible(client, bearer, opened) -> None:
    response = client.post(f"{URL}/{opened}/move", json={"to": "closed"}, headers=bearer(Role.COMMANDER))
    assert (response.status_code, response.json()["code"]) == (409, "move_refused")
    assert "investigating" in response.json()["next_step"]


def test_the_next_step_of_the_calls_can_be_asked_for(client, bearer, opened) -> None:
    headers = bearer(Role.RESPONDER)
    assert client.post(f"{URL}/{opened}/escalate", headers=headers).status_code == 200
    client.post(f"{URL}/{opened}/acknowledge", headers=headers)
    assert client.post(f"{URL}/{opened}/escalate", headers=headers).status_code == 404
