"""Actions over REST: a token asks, and never consents."""

from __future__ import annotations

import pytest

from acting_world import PERFORMERS
from tocsin.api.rest import actions
from tocsin.app import acting
from tocsin.app.tokens import make_token
from tocsin.domain.action import Door
from tocsin.domain.person import Role
from tocsin.response.approving import ApprovalRefused, approved
from tocsin.response.declaring import loaded

URL = "/api/v1/actions"
WANTED = {"incident": "INC-1", "arguments": {"count": 0, "token": "hunter2"}, "reason": "It is attacked."}


@pytest.fixture(autouse=True)
def fakes(monkeypatch) -> None:
    for place in (acting, actions):
        monkeypatch.setattr(place, "performers_in", lambda *args: loaded(PERFORMERS))


def test_what_lacks_evidence_is_proposed_and_the_answer_lists_what_is_missing(client, bearer, opened) -> None:
    headers = bearer(Role.RESPONDER, "robot")
    answer = client.post(f"{URL}/fake.scale", json=WANTED, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["code"] == "evidence_missing"
    assert answer.json()["missing"] == [{"collector": "audit.snapshot", "of": "", "lack": "not kept"}]
    assert client.post(f"{URL}/fake.scale", json=WANTED, headers=headers).status_code == 409
    (listed,) = client.get(URL, headers=headers).json()["actions"]
    assert (listed["id"], listed["state"], listed["proposed_by"]) == ("ACT-1", "proposed", "token:robot")
    assert listed["arguments"] == {"count": 0, "token": "***"}
    shown = client.get(f"{URL}/ACT-1", headers=headers).json()
    assert any("audit.snapshot" in each for each in shown["waits_for"])
    assert client.get(f"{URL}?incident=INC-1", headers=headers).json()["actions"] == [listed]


def test_what_a_token_asks_for_its_person_asks_for(app, client, opened) -> None:
    made = make_token(
        app.store, app.clock, name="robot", role=Role.RESPONDER, lives=None, actor="cli:eve", person="ada"
    )
    headers = {"Authorization": f"Bearer {made.text}"}
    client.post(f"{URL}/fake.scale", json=WANTED, headers=headers)
    (listed,) = client.get(URL, headers=headers).json()["actions"]
    assert (listed["proposed_by"], listed["approvers"]) == ("ada by token:robot", ["approver"])
    with app.store.reading() as shelves:
        kept = shelves.actions.get(1)
    assert kept is not None
    with pytest.raises(ApprovalRefused, match="ada proposed"):
        approved(kept, "ada", Door.CONSOLE, lambda person, role: True, app.clock.now())


def test_a_token_of_nobody_needs_the_consent_of_one_more(client, bearer, opened) -> None:
    headers = bearer(Role.RESPONDER, "robot")
    client.post(f"{URL}/fake.scale", json=WANTED, headers=headers)
    (listed,) = client.get(URL, headers=headers).json()["actions"]
    assert listed["approvers"] == ["approver", "approver"]
    planned = client.post(f"{URL}/plan/fake.scale", json={"arguments": {"count": 0}}, headers=headers)
    assert planned.json()["approvers"] == ["approver", "approver"]


@pytest.mark.parametrize("role", [Role.RESPONDER, Role.COMMANDER, Role.ADMIN])
def test_a_token_never_consents_whatever_its_role(client, bearer, opened, role) -> None:
    client.post(
        f"{URL}/fake.post", json=WANTED | {"arguments": {"text": "x"}}, headers=bearer(Role.RESPONDER)
    )
    client.post(f"{URL}/fake.scale", json=WANTED, headers=bearer(Role.RESPONDER))
    answer = client.post(f"{URL}/ACT-2/approve", headers=bearer(role, "other"))
    assert answer.status_code == 409
    assert answer.json()["code"] in ("approval_refused", "action_refused")


def test_a_viewer_only_reads(client, bearer, opened) -> None:
    headers = bearer(Role.VIEWER)
    assert client.get(URL, headers=headers).json() == {"actions": [], "stopped": []}
    assert client.get(f"{URL}/standing", headers=headers).json() == {"standing": []}
    names = [each["action"] for each in client.get(f"{URL}/catalogue", headers=headers).json()["catalogue"]]
    assert "fake.scale" in names
    for path in ("fake.scale", "ACT-1/withdraw", "ACT-1/undo", "ACT-1/approve", "plan/fake.scale", "stop"):
        assert client.post(f"{URL}/{path}", json=_body(path), headers=headers).status_code == 403


def _body(path: str) -> dict:
    return WANTED if path == "fake.scale" else {}


def test_a_dry_run_lists_calls_evidence_and_consent(client, bearer, opened) -> None:
    asked = {"arguments": {"count": 0, "for": "24h"}}
    plan = client.post(f"{URL}/plan/fake.scale", json=asked, headers=bearer(Role.RESPONDER)).json()
    assert [each["operation"] for each in plan["calls"]] == ["set_count", "get_count"]
    assert (plan["approvers"], plan["undo"]) == (["approver"] * 2, "Puts the count back.")
    assert {"collector": "audit.snapshot", "of": ""} in plan["evidence"]


def test_a_proposal_is_withdrawn_and_what_was_not_done_is_not_undone(client, bearer, opened) -> None:
    headers = bearer(Role.RESPONDER)
    client.post(f"{URL}/fake.scale", json=WANTED, headers=headers)
    assert client.post(f"{URL}/ACT-1/undo", json={}, headers=headers).json()["code"] == "action_refused"
    gone = client.post(f"{URL}/ACT-1/withdraw", json={"reason": "Over."}, headers=headers).json()
    assert gone["state"] == "withdrawn"
    assert client.post(f"{URL}/ACT-1/withdraw", json={}, headers=headers).json()["code"] == "action_move"


def test_commanders_stop_and_administrators_start_again(client, bearer, opened) -> None:
    stop = {"scope": "everything", "reason": "Wild."}
    assert client.post(f"{URL}/stop", json=stop, headers=bearer(Role.RESPONDER)).status_code == 403
    assert client.post(f"{URL}/stop", json=stop, headers=bearer(Role.COMMANDER)).status_code == 200
    assert client.get(URL, headers=bearer(Role.VIEWER)).json()["stopped"][0]["scope"] == "everything"
    assert client.post(f"{URL}/start", json={}, headers=bearer(Role.COMMANDER)).status_code == 403
    assert client.post(f"{URL}/start", json={}, headers=bearer(Role.ADMIN)).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("fake.scale", WANTED | {"incident": "INC-99"}, "not_found"),
        ("fake.nothing", WANTED, "not_found"),
        ("fake.scale", WANTED | {"arguments": {}}, "action_arguments"),
        ("fake.scale", WANTED | {"arguments": {"count": 0, "for": "soon"}}, "action_arguments"),
        ("fake.logs.delete", WANTED | {"arguments": {}}, "action_never"),
        ("ACT-x/withdraw", {}, "not_found"),
        ("stop", {"scope": "all", "reason": "x"}, "stop_refused"),
    ],
)
def test_what_makes_no_sense_is_refused(client, bearer, opened, path, body, code) -> None:
    answer = client.post(f"{URL}/{path}", json=body, headers=bearer(Role.ADMIN))
    assert answer.json()["code"] == code
