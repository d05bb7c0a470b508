"""Schedules over REST: shown is what is paged, changes need a role, calendars a token or their link."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest

from tocsin.app.calendar_feeds import CalendarFeeds, Subscription
from tocsin.app.drills import ONCALL
from tocsin.app.schedules import duty_of
from tocsin.domain.person import Role

ADDRESS = "/api/v1/schedules"


@pytest.fixture(autouse=True)
def oncall(tmp_path):
    """Ben is on call by the schedule `default`, Ada next."""
    file = tmp_path / "home" / "packs" / "team" / "oncall.yml"
    file.parent.mkdir(parents=True)
    file.write_text(ONCALL.replace("STARTS", "2020-01-06"))


@pytest.fixture
def soon(clock):
    return {
        "starts_at": clock.now().isoformat(),
        "ends_at": (clock.now() + timedelta(hours=8)).isoformat(),
    }


def test_a_schedule_shows_who_is_on_call_and_why(client, bearer) -> None:
    headers = bearer(Role.VIEWER)
    (schedule,) = client.get(ADDRESS, headers=headers).json()["schedules"]
    assert schedule["name"] == "default"
    assert {schedule["primary"]["person"], schedule["secondary"]["person"]} == {"ben", "ada"}
    assert "rotation" in schedule["primary"]["why"]
    assert client.get(f"{ADDRESS}/default", headers=headers).json() == schedule
    shifts = client.get(f"{ADDRESS}/default/shifts?days=30", headers=headers).json()["shifts"]
    assert shifts[0]["person"] == schedule["primary"]["person"]
    assert client.get(f"{ADDRESS}/default/gaps", headers=headers).json() == {"gaps": []}
    load = client.get(f"{ADDRESS}/default/fairness?days=28", headers=headers).json()["load"]
    assert sum(one["hours"] for one in load) == 28 * 24
    assert client.get(f"{ADDRESS}/unreachable", headers=headers).json() == {"unreachable": []}


def test_who_may_command_puts_others_on_call(app, client, bearer, soon) -> None:
    commander, responder = bearer(Role.COMMANDER), bearer(Role.RESPONDER)
    before = duty_of(app).now("default").primary
    other = "ada" if before.person == "ben" else "ben"
    refused = client.post(f"{ADDRESS}/default/overrides", json={**soon, "person": other}, headers=responder)
    assert (refused.status_code, refused.json()["code"]) == (400, "override_refused")
    viewer = client.post(f"{ADDRESS}/default/overrides", json=soon, headers=bearer(Role.VIEWER))
    assert viewer.status_code == 403
    made = client.post(f"{ADDRESS}/default/overrides", json={**soon, "person": other}, headers=commander)
    assert made.json()["asked_by"] == "token:commander-token"
    assert duty_of(app).now("default").primary.person == other
    listed = client.get(f"{ADDRESS}/default/overrides", headers=responder).json()["overrides"]
    assert listed == [made.json()]
    gone = client.delete(f"{ADDRESS}/default/overrides/{made.json()['id']}", headers=commander)
    assert gone.json()["overrides"][0]["state"] == "withdrawn"
    assert duty_of(app).now("default").primary == before


def test_cover_is_asked_for_and_taken(app, client, bearer, soon) -> None:
    commander = bearer(Role.COMMANDER)
    on = duty_of(app).now("default").primary.person
    other = "ada" if on == "ben" else "ben"
    asked = client.post(
        f"{ADDRESS}/default/covers", json={**soon, "instead_of": on}, headers=commander
    ).json()
    assert (asked["state"], asked["person"]) == ("asked", None)
    address = f"{ADDRESS}/default/covers/{asked['id']}/take"
    taken = client.post(address, json={"person": other}, headers=commander).json()
    assert (taken["state"], taken["person"]) == ("taken", other)
    assert duty_of(app).now("default").primary.person == other


def test_times_without_a_zone_are_local_to_the_schedule(client, bearer) -> None:
    wanted = {"starts_at": "2099-11-20T18:00", "ends_at": "2099-11-20T20:00", "person": "ada"}
    headers = bearer(Role.COMMANDER)
    zone = client.get(f"{ADDRESS}/default", headers=headers).json()["zone"]
    made = client.post(f"{ADDRESS}/default/overrides", json=wanted, headers=headers).json()
    assert zone == "UTC"
    assert made["starts_at"] == "2099-11-20T18:00:00Z"
    wrong = client.post(f"{ADDRESS}/default/overrides", json={**wanted, "ends_at": "soon"}, headers=headers)
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "asked",
    ["shifts?start=9999-12-30T00:00:00Z", "shifts?start=0001-01-01T00:00:00Z", "shifts?start=1200-01-01"],
)
def test_a_time_that_no_schedule_reaches_is_refused(client, bearer, asked) -> None:
    answer = client.get(f"{ADDRESS}/default/{asked}", headers=bearer(Role.VIEWER))
    assert (answer.status_code, answer.json()["code"]) == (400, "override_refused")


@pytest.mark.parametrize("days", ["99999999999", "-99999999999", "0"])
def test_any_number_of_days_is_brought_into_bounds(client, bearer, days) -> None:
    for place in ("shifts", "overrides", "fairness"):
        answer = client.get(f"{ADDRESS}/default/{place}?days={days}", headers=bearer(Role.VIEWER))
        assert answer.status_code == 200, answer.text


def test_a_calendar_of_nobody_is_not_found(client, bearer) -> None:
    headers = bearer(Role.VIEWER)
    assert client.get(f"{ADDRESS}/default.ics?person=zzz", headers=headers).status_code == 404
    assert client.get(f"{ADDRESS}/default.ics?person=ada", headers=headers).status_code == 200


def test_a_key_that_means_nothing_is_refused_by_name(client, bearer, soon) -> None:
    sent = {**soon, "person": "ada", "instead": "ben"}
    answer = client.post(f"{ADDRESS}/default/overrides", json=sent, headers=bearer(Role.COMMANDER))
    assert answer.status_code == 422
    assert "instead" in answer.json()["happened"]


@pytest.mark.parametrize("place", ["nights", "nights/shifts", "nights/gaps", "nights.ics", "nights/fairness"])
def test_what_is_not_there_is_not_found(client, bearer, place) -> None:
    assert client.get(f"{ADDRESS}/{place}", headers=bearer(Role.VIEWER)).status_code == 404
    assert client.delete(f"{ADDRESS}/default/overrides/x", headers=bearer(Role.COMMANDER)).status_code == 404


def test_a_calendar_wants_a_token_as_bearer_or_as_password(client, token) -> None:
    text = token(Role.VIEWER)
    assert client.get(f"{ADDRESS}/default.ics").status_code == 401
    read = client.get(f"{ADDRESS}/default.ics", auth=("anybody", text))
    assert read.headers["content-type"].startswith("text/calendar")
    events = icalendar.Calendar.from_ical(read.content).walk("VEVENT")
    assert len(events) > 20
    mine = client.get(f"{ADDRESS}/default.ics?person=ben", headers={"Authorization": f"Bearer {text}"})
    assert {
        str(one["X-TOCSIN-PERSON"]) for one in icalendar.Calendar.from_ical(mine.content).walk("VEVENT")
    } == {"ben"}


def test_a_secret_link_opens_its_calendar_and_nothing_else(app, client) -> None:
    feeds = CalendarFeeds(app.store, app.clock)
    bens = Subscription(schedule="default", person="ben")
    key = feeds.make(bens, "ben")
    read = client.get(f"{ADDRESS}/feeds/{key}.ics")
    assert read.status_code == 200
    assert b"X-TOCSIN-PERSON:ben" in read.content
    assert b"X-TOCSIN-PERSON:ada" not in read.content
    assert client.get(f"{ADDRESS}/default", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert client.head(f"{ADDRESS}/feeds/{key}.ics").status_code == 200
    feeds.end(bens, "ben")
    assert client.head(f"{ADDRESS}/feeds/{key}.ics").status_code == 404
    assert client.get(f"{ADDRESS}/feeds/{key}.ics").status_code == 404


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("PROPFIND", 405), ("POST", 405)])
def test_a_calendar_program_is_told_what_a_link_takes(client, method, status) -> None:
    answer = client.request(method, f"{ADDRESS}/feeds/{'x' * 43}.ics")
    assert answer.status_code == status
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
