"""Runs over REST: everything but consent, which no token gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.domain.person import Role

URL = "/api/v1/runs"
BOOK = """
runbook: shop-down
title: The shop is down
trigger: {alert: Other}
steps:
- {id: look, do: Look, ask: {what: [data, logs]}}
- {id: block, if: look.what == 'data', do: Block, run: aws.waf.block, with: {ips: '198.51.100.7'}}
- {id: tell, do: Tell}
"""


@pytest.fixture
def book(app) -> None:
    folder = Path(app.settings.home) / "packs" / "team" / "runbooks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop-down.yml").write_text(BOOK)


@pytest.fixture
def headers(book, bearer, opened):
    return bearer(Role.RESPONDER, "robot")


@pytest.fixture
def name(client, headers) -> str:
    begun = client.post(URL, json={"incident": "INC-1", "runbook": "shop-down"}, headers=headers)
    assert begun.status_code == 200, begun.text
    return str(begun.json()["id"])


def test_a_run_is_begun_followed_and_listed(client, headers, name) -> None:
    shown = client.get(f"{URL}/{name}", headers=headers).json()
    assert (shown["next"]["place"], shown["started_by"]) == ("look", "token:robot")
    steps = f"{URL}/{name}/steps"
    assert (
        client.post(f"{steps}/look/answer", json={"answers": {"what": "x"}}, headers=headers).status_code
        == 422
    )
    client.post(f"{steps}/look/answer", json={"answers": {"what": "logs"}}, headers=headers)
    assert client.post(f"{steps}/look/retry", headers=headers).status_code == 409
    ended = client.post(f"{steps}/tell/done", json={}, headers=headers).json()
    assert (ended["state"], ended["incident"]) == ("done", "INC-1")
    assert client.get(f"{URL}?state=done", headers=headers).json() == {"runs": [ended]}


def test_a_step_is_skipped_and_handed_over(client, headers, name, bearer) -> None:
    steps = f"{URL}/{name}/steps"
    assert client.post(f"{steps}/look/skip", json={"reason": ""}, headers=headers).status_code == 422
    handed = {"owners": ["dana"]}
    assert client.post(f"{steps}/look/owners", json=handed, headers=headers).status_code == 403
    client.post(f"{steps}/look/owners", json=handed, headers=bearer(Role.COMMANDER, "c"))
    assert client.get(f"{URL}/{name}", headers=headers).json()["steps"][0]["owners"] == ["dana"]
    client.post(f"{steps}/look/skip", json={"reason": "Known."}, headers=headers)
    assert client.get(f"{URL}/{name}", headers=headers).json()["steps"][0]["state"] == "not-applicable"


def test_runs_are_ended_and_begun_anew(client, headers, name) -> None:
    wanted = {"runs": [name], "reason": "A false alarm.", "rerun": True}
    found = client.post(f"{URL}/abort", json=wanted, headers=headers).json()["runs"]
    assert [each["state"] for each in found] == ["aborted", "running"]


def test_no_address_takes_consent(client, headers, name) -> None:
    assert client.post(f"{URL}/{name}/steps/look/approve", json={}, headers=headers).status_code == 404


def test_a_viewer_begins_nothing_and_unknown_names_are_404(client, headers, bearer) -> None:
    wanted = {"incident": "INC-1", "runbook": "shop-down"}
    assert client.post(URL, json=wanted, headers=bearer(Role.VIEWER, "v")).status_code == 403
    assert client.get(f"{URL}/RUN-77", headers=headers).status_code == 404
    assert client.get(f"{URL}/nonsense", headers=headers).status_code == 404


def test_runbooks_are_listed_and_rehearsed(client, headers) -> None:
    found = client.get("/api/v1/runbooks", headers=headers).json()["runbooks"]
    mine = next(each for each in found if each["runbook"] == "shop-down")
    assert mine["trigger"] == {"alert": ["Other"]}
    url = "/api/v1/runbooks/shop-down/plan"
    planned = client.post(url, json={"answers": {"look.what": "data"}}, headers=headers).json()
    assert planned["steps"][1]["actions"][0]["calls"]
    given = client.post(f"{url}?incident=INC-1", json={"answers": {}}, headers=headers).json()
    assert given["incident"] == "INC-1"
