"""Schedules by the command line: who is on call, gaps, load, changes for a while, calendars."""

from __future__ import annotations

import pwd
from datetime import timedelta

import icalendar
import pytest

ONCALL = """\
people:
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
schedules:
  platform: {zone: UTC, rotation: weekly, handover: "09:00", starts: 2020-01-06, people: [ben, ada]}
  days:
    zone: Europe/Berlin
    layers:
      - rotation: daily
        handover: "00:00"
        starts: 2020-01-06
        people: [ada]
        only: [{from: "09:00", until: "17:00"}]
policies:
  default: {steps: {P1: [{after: 0m, page: primary}]}}
"""


@pytest.fixture(autouse=True)
def oncall(home):
    """Ben and Ada by turns in `platform`; Ada by day alone in `days`."""
    (home / "packs" / "team" / "oncall.yml").write_text(
        ONCALL.split("policies:")[0] + "escalation: {P1: [{after: 0m, page: primary}]}\n"
    )


@pytest.fixture
def around(app):
    now = app.clock.now().replace(microsecond=0)
    return ("--from", now.isoformat(), "--until", (now + timedelta(hours=30)).isoformat())


def on(answer, schedule: str = "platform") -> str:
    return next(row["person"] for row in answer("schedule", "who", schedule) if row["role"] == "primary")


def test_schedules_are_listed_with_who_is_on_call(answer, typed) -> None:
    platform, days = answer("schedule", "list")
    assert (platform["name"], days["zone"]) == ("platform", "Europe/Berlin")
    assert {platform["primary"]["person"], platform["secondary"]["person"]} == {"ada", "ben"}
    assert typed("schedule", "list", "--plain").stdout.startswith("platform\tUTC\t")


def test_who_is_on_call_is_told_with_the_reason(answer, typed) -> None:
    rows = answer("schedule", "who", "platform")
    assert [row["role"] for row in rows] == ["primary", "secondary"]
    assert "weekly rotation" in rows[0]["why"]
    assert typed("schedule", "who", "nights").exit_code == 3
    assert typed("schedule", "who").exit_code == 0


def test_shifts_to_come_tell_their_causes(answer) -> None:
    shifts = answer("schedule", "show", "platform", "--days", "15")
    assert {shift["person"] for shift in shifts} == {"ada", "ben"}
    assert {shift["cause"] for shift in shifts} == {"layer"}


def test_gaps_end_with_6(answer, typed) -> None:
    assert answer("schedule", "gaps", "platform") == []
    found = typed("schedule", "gaps", "days", "--days", "2", "--plain")
    assert found.exit_code == 6
    assert found.stdout.startswith("days\t")


def test_the_load_is_shown_back_and_ahead(answer) -> None:
    for more in ((), ("--ahead",)):
        load = answer("schedule", "fairness", "platform", "--days", "28", *more)
        assert [one["hours"] for one in load] == [336, 336]


def test_an_override_is_tried_made_shown_and_withdrawn(answer, typed, around) -> None:
    before = on(answer)
    other = {"ada": "ben", "ben": "ada"}[before]
    tried = answer("schedule", "override", "platform", *around, "--person", other, "--dry-run")
    assert {shift["person"] for shift in tried} == {other}
    assert on(answer) == before
    (made,) = answer("schedule", "override", "platform", *around, "--person", other, "--reason", "dentist")
    assert on(answer) == other
    (listed,) = answer("schedule", "show", "platform", "--changes")
    assert (listed["id"], listed["reason"]) == (made["id"], "dentist")
    answer("schedule", "withdraw", made["id"])
    assert on(answer) == before
    again = typed("schedule", "withdraw", made["id"])
    assert again.exit_code == 5
    assert "override_refused" in again.stderr


def test_somebody_beside_is_on_call_too(answer, around) -> None:
    before = on(answer)
    other = {"ada": "ben", "ben": "ada"}[before]
    answer("schedule", "override", "platform", *around, "--kind", "add", "--person", other)
    assert [(row["role"], row["person"]) for row in answer("schedule", "who", "platform")][-1] == (
        "beside",
        other,
    )


def test_cover_is_asked_for_and_taken(answer, typed, around) -> None:
    whose = on(answer)
    other = {"ada": "ben", "ben": "ada"}[whose]
    (asked,) = answer("schedule", "cover", "platform", *around, "--whose", whose)
    assert (asked["state"], asked["asked_by"]) == ("asked", whose)
    (taken,) = answer("schedule", "cover", "platform", "--take", asked["id"], "--person", other)
    assert (taken["state"], on(answer)) == ("taken", other)
    assert typed("schedule", "cover", "platform").exit_code == 2


def test_nobody_agrees_to_a_swap_on_the_command_line(answer, typed, app, around) -> None:
    whose = on(answer)
    other = {"ada": "ben", "ben": "ada"}[whose]
    later = app.clock.now() + timedelta(days=7)
    theirs = ("--their-from", later.isoformat(), "--their-until", (later + timedelta(hours=30)).isoformat())
    words = ("schedule", "swap", "platform", *around, "--with", other, *theirs)
    halves = answer(*words, "--as", whose)
    assert {half["state"] for half in halves} == {"asked"}
    for more in (("--as", whose), ("--as", other), ()):
        refused = typed("schedule", "swap", "platform", "--agree", halves[0]["id"], *more)
        assert refused.exit_code == 5
        assert "http://127.0.0.1:8420/oncall" in refused.stderr
    assert on(answer) == whose
    assert typed("schedule", "swap", "platform", "--agree", "x").exit_code == 3
    assert typed("schedule", "swap", "platform").exit_code == 2


def test_a_swap_that_would_change_nothing_says_so_when_it_is_asked_for(typed, app) -> None:
    today = app.clock.now().date()
    tuesday = today + timedelta(days=8 - today.weekday())
    days = [(tuesday + timedelta(days=more)).isoformat() for more in (0, 1, 7, 8)]
    names = ("--from", "--until", "--their-from", "--their-until")
    times = [f"{name}={day}T12:00" for name, day in zip(names, days, strict=True)]
    said = [
        typed("schedule", "swap", "platform", *times, "--with", other, "--as", whose).stderr
        for whose, other in (("ada", "ben"), ("ben", "ada"))
    ]
    assert sorted("would change nobody's shifts" in each for each in said) == [False, True]


def test_a_calendar_goes_out_and_comes_in(answer, typed, tmp_path) -> None:
    file = tmp_path / "platform.ics"
    file.write_bytes(typed("schedule", "export", "platform").stdout_bytes)
    assert len(icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")) > 20
    assert answer("schedule", "export", "platform", "--person", "ben")["calendar"].count("PERSON:ada") == 0
    tried = answer("schedule", "import", "days", str(file), "--days", "20", "--dry-run")
    assert {turn["person"] for turn in tried} == {"ada", "ben"}
    answer("schedule", "import", "days", str(file), "--days", "20")
    assert on(answer, "days") == on(answer)
    file.write_text("nonsense")
    assert typed("schedule", "import", "days", str(file)).exit_code == 1


def test_an_event_that_names_nobody_is_told(typed, tmp_path, app) -> None:
    soon = app.clock.now() + timedelta(days=1)
    file = tmp_path / "one.ics"
    file.write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Zoe\r\n"
        f"DTSTART:{soon:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert "'Zoe' names nobody" in typed("schedule", "import", "days", str(file)).stderr


def test_a_secret_link_is_made_and_ended(answer, typed) -> None:
    link = answer("schedule", "feed", "platform", "--person", "ben")["link"]
    assert "/api/v1/schedules/feeds/" in link
    assert "is ended" in typed("schedule", "feed", "platform", "--person", "ben", "--end").stderr
    assert "no such link" in typed("schedule", "feed", "platform", "--end").stderr


def test_a_person_without_a_name_here_still_acts(answer, around, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> str:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    (made,) = answer("schedule", "override", "platform", *around, "--person", "ada")
    assert made["asked_by"].startswith("cli:")


def test_without_a_schedule_each_list_says_so_and_what_to_do(app, typed, tmp_path) -> None:
    (tmp_path / "packs" / "team" / "oncall.yml").write_text("people: {}\nschedule: null\nescalation: {}\n")
    for word in ("list", "who", "gaps"):
        told = typed("schedule", word)
        assert (told.stdout, "There is no schedule. Write one" in told.stderr) == ("", True), told.output


def test_without_a_gap_the_list_says_so(app, typed) -> None:
    assert "Somebody is on call at every minute" in typed("schedule", "gaps", "platform").stderr
