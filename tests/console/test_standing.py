"""Consent in advance is given by people who may, seen by all, and ends at once when it is revoked."""

from __future__ import annotations

import pytest

from acting_world import PERFORMERS
from tocsin.app import acting
from tocsin.response.declaring import loaded

FORM = {
    "action": "fake.scale",
    "bounds": "count = 0\ncount = 1",
    "trigger": "security",
    "per_hour": "2",
    "days": "7",
}


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    monkeypatch.setattr(acting, "performers_in", lambda *args: loaded(PERFORMERS))


def test_it_is_given_seen_and_revoked(ada, chidi):
    assert "a person looks at every action" in chidi.get("/actions/standing").content.decode()
    assert ada.post("/actions/standing", FORM).status_code == 302
    page = chidi.get("/actions/standing").content.decode()
    assert "fake.scale" in page
    assert "at most 2 an hour" in page
    assert "Revoke" not in page
    assert chidi.post("/actions/standing/1/revoke").status_code == 403
    assert ada.post("/actions/standing/1/revoke").status_code == 302
    assert "revoked by" in ada.get("/actions/standing").content.decode()


def test_only_who_may_consent_gives_one(ben, chidi):
    assert ben.post("/actions/standing", FORM).status_code == 403
    assert chidi.post("/actions/standing", FORM).status_code == 403


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"bounds": "count"}, 422),
        ({"per_hour": "many"}, 422),
        ({"days": ""}, 422),
        ({"days": "400"}, 409),
        ({"action": "fake.redeploy", "bounds": ""}, 409),
        ({"action": "fake.nothing"}, 404),
    ],
)
def test_one_that_goes_too_far_is_refused(ada, changed, status):
    assert ada.post("/actions/standing", FORM | changed).status_code == status
