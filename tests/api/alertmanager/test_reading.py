"""What clients of Alertmanager see: alerts as they stand when asked, groups, receivers, the server."""

from __future__ import annotations

import json

from nouns import NOON

RED = {"alertname": "A", "severity": "critical"}
AMBER = {"alertname": "A", "severity": "warning"}
OTHER = {"alertname": "B", "severity": "warning"}


def post(local, *labels, **more):
    sent = [{"labels": each, "annotations": {"summary": "s"}, **more} for each in labels]
    assert local.post("/api/v2/alerts", json=sent).status_code == 200


def names(answer):
    return [(each["labels"]["alertname"], each["labels"]["severity"]) for each in answer.json()]


def test_without_alerts_the_answer_is_an_empty_list(local):
    assert local.get("/api/v2/alerts").text == "[]"
    assert local.get("/api/v2/alerts/groups").text == "[]"


def test_an_alert_has_every_field_that_the_clients_require(local, shared):
    post(local, AMBER, generatorURL="http://prometheus/g")
    (shown,) = local.get("/api/v2/alerts").json()
    seen = json.loads((shared / "captures" / "alertmanager_api_v2_alerts_response.json").read_text())
    assert shown.keys() == seen["response"][0].keys()
    assert shown["status"] == {"inhibitedBy": [], "silencedBy": [], "state": "active"}
    assert shown["startsAt"] == "2026-03-01T12:00:00.000Z"
    assert shown["receivers"] == [{"name": "team"}]


def test_what_mutes_an_alert_shows_at_the_next_question(local):
    post(local, AMBER)
    post(local, RED)
    amber, red = sorted(local.get("/api/v2/alerts").json(), key=lambda each: each["labels"]["severity"] < "w")
    assert amber["status"] == {"inhibitedBy": [red["fingerprint"]], "silencedBy": [], "state": "suppressed"}
    assert red["receivers"] == [{"name": "pager"}, {"name": "team"}]


def test_alerts_are_asked_for_by_state_matchers_and_receiver(local):
    post(local, RED, AMBER, OTHER)
    assert len(local.get("/api/v2/alerts").json()) == 3
    assert names(local.get("/api/v2/alerts?inhibited=false&receiver=pager")) == [("A", "critical")]
    assert names(local.get("/api/v2/alerts?active=false")) == [("A", "warning")]
    assert names(local.get('/api/v2/alerts?filter=alertname="B"&filter=severity%3D~"w.*"')) == [
        ("B", "warning")
    ]
    assert local.get("/api/v2/alerts?receiver=pag").json() == []


def test_a_question_that_cannot_be_read_is_answered_with_a_json_text(local):
    for query in ("filter=%7B", "receiver=(", *("&".join(["filter=a=b"] * 65),)):
        answer = local.get(f"/api/v2/alerts?{query}")
        assert answer.status_code == 400
        assert isinstance(answer.json(), str)


def test_groups_hold_their_alerts_by_label_and_receiver(local):
    post(local, RED, OTHER)
    shown = local.get("/api/v2/alerts/groups").json()
    assert [(each["labels"], each["receiver"]["name"], len(each["alerts"])) for each in shown] == [
        ({"alertname": "A"}, "pager", 1),
        ({"alertname": "A"}, "team", 1),
        ({"alertname": "B"}, "team", 1),
    ]
    assert len(local.get("/api/v2/alerts/groups?receiver=pager").json()) == 1


def test_an_alert_that_is_over_is_not_shown(local, clock):
    post(local, RED, startsAt="2026-03-01T11:00:00Z", endsAt="2026-03-01T11:30:00Z")
    assert local.get("/api/v2/alerts").json() == []
    assert clock.now() == NOON


def test_receivers_and_status_tell_the_file_without_its_secrets(local):
    assert local.get("/api/v2/receivers").json() == [{"name": "team"}, {"name": "pager"}]
    status = local.get("/api/v2/status").json()
    assert "hooks.example" in status["config"]["original"]
    assert "secret" not in status["config"]["original"].replace("<secret>", "")
    assert status["cluster"]["status"] == "ready"
    assert [peer["address"] for peer in status["cluster"]["peers"]] == ["10.0.0.1:9094"]
    assert status["versionInfo"].keys() == {
        *("version", "revision", "branch", "buildUser", "buildDate", "goVersion")
    }
