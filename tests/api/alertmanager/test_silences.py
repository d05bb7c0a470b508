"""Silences by Alertmanager's rules: made, changed under the same or a new id, ended, listed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

SILENCE = {
    "matchers": [{"name": "alertname", "value": "A", "isRegex": False}],
    "startsAt": "2026-03-01T12:00:00.000Z",
    "endsAt": "2026-03-01T14:00:00.000Z",
    "createdBy": "ada",
    "comment": "new disk",
}


def made(local, **changed):
    answer = local.post("/api/v2/silences", json={**SILENCE, **changed})
    assert answer.status_code == 200, answer.text
    return answer.json()["silenceID"]


def test_a_silence_shows_and_mutes_at_once(local):
    local.post("/api/v2/alerts", json=[{"labels": {"alertname": "A"}}])
    number = made(local)
    shown = local.get(f"/api/v2/silence/{number}").json()
    assert shown["status"] == {"state": "active"}
    assert shown["matchers"] == [{"isEqual": True, "isRegex": False, "name": "alertname", "value": "A"}]
    (alert,) = local.get("/api/v2/alerts").json()
    assert alert["status"]["silencedBy"] == [number]
    assert local.get("/api/v2/alerts?silenced=false").json() == []


def test_an_alert_that_a_silence_fits_but_may_not_mute_is_shown_as_active(local, clock):
    broad = made(local, endsAt="2026-03-09T14:00:00.000Z")
    stolen = {"alertname": "A", "severity": "critical", "incident_type": "security"}
    down = {"alertname": "A", "severity": "critical"}
    ends = (clock.now() + timedelta(days=1)).isoformat()
    local.post("/api/v2/alerts", json=[{"labels": each, "endsAt": ends} for each in (stolen, down)])

    def silenced():
        found = local.get("/api/v2/alerts").json()
        return {each["labels"].get("incident_type"): each["status"] for each in found}

    assert silenced()["security"] | {"inhibitedBy": [], "mutedBy": []} == {
        "state": "active",
        "silencedBy": [],
        "inhibitedBy": [],
        "mutedBy": [],
    }
    assert silenced()[None]["silencedBy"] == [broad]
    clock.push(timedelta(hours=4))
    assert silenced()[None]["state"] == "active"


def test_an_end_that_moves_keeps_the_id_and_other_matchers_make_a_new_one(local):
    number = made(local)
    assert made(local, id=number, endsAt="2026-03-01T15:00:00.000Z") == number
    other = made(local, id=number, matchers=[{"name": "alertname", "value": "B.*", "isRegex": True}])
    assert other != number
    assert local.get(f"/api/v2/silence/{number}").json()["status"]["state"] == "expired"


def test_a_silence_ends_by_delete_and_a_second_time_too(local):
    number = made(local)
    assert local.delete(f"/api/v2/silence/{number}").status_code == 200
    assert local.delete(f"/api/v2/silence/{number}").status_code == 200
    assert local.get(f"/api/v2/silence/{number}").json()["status"]["state"] == "expired"


def test_what_is_unknown_is_not_found_and_what_is_no_id_is_refused(local):
    unknown = uuid4()
    assert local.get(f"/api/v2/silence/{unknown}").status_code == 404
    assert local.delete(f"/api/v2/silence/{unknown}").status_code == 404
    assert local.post("/api/v2/silences", json={**SILENCE, "id": str(unknown)}).status_code == 404
    assert local.get("/api/v2/silence/nonsense").status_code == 422
    assert local.delete("/api/v2/silence/nonsense").status_code == 422


def test_silences_are_listed_active_first_then_pending_then_expired(local, clock):
    over = made(local, comment="over")
    local.delete(f"/api/v2/silence/{over}")
    pending = made(local, startsAt="2026-03-01T13:00:00Z")
    late, soon = made(local), made(local, endsAt="2026-03-01T13:00:00Z")
    clock.push(timedelta(seconds=1))
    assert [each["id"] for each in local.get("/api/v2/silences").json()] == [soon, late, pending, over]


def test_a_filter_names_a_matcher_of_the_silence(local):
    number = made(local)
    made(local, matchers=[{"name": "alertname", "value": "A", "isRegex": True}])
    assert [each["id"] for each in local.get('/api/v2/silences?filter=alertname="A"').json()] == [number]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"endsAt": "2026-03-01T11:00:00Z"}, 400),
        ({"matchers": [{"name": "a", "value": "", "isRegex": False}]}, 400),
        ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, 400),
        ({"matchers": []}, 422),
        ({"matchers": [{"name": "a", "isRegex": False}]}, 422),
        ({"matchers": [{"name": "a", "value": "b", "isRegex": "no"}]}, 422),
        ({"comment": None}, 422),
        ({"comment": ""}, 400),
        ({"comment": " \n"}, 400),
        ({"comment": 7}, 422),
        ({"startsAt": "yesterday"}, 422),
        ({"id": "nonsense"}, 422),
    ],
)
def test_a_silence_that_is_none_is_refused_as_alertmanager_does(local, changed, status):
    assert local.post("/api/v2/silences", json={**SILENCE, **changed}).status_code == status
    assert local.get("/api/v2/silences").json() == []


def test_a_silence_without_a_comment_is_refused_with_a_text(local):
    answer = local.post("/api/v2/silences", json={**SILENCE, "comment": ""})
    assert "comment" in answer.json()


def test_a_body_of_another_kind_is_refused(local):
    json_type = {"Content-Type": "application/json"}
    assert local.post("/api/v2/silences", content=b"x=1").status_code == 415
    assert local.post("/api/v2/silences", content=b"{", headers=json_type).status_code == 400
    assert local.post("/api/v2/silences", content=b"[]", headers=json_type).status_code == 400
