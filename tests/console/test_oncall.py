"""The page of who is on call: now, for two weeks, what changes it, what stays open; and changing it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from nouns import NOON
from tocsin.app.schedules import duty_of
from tocsin.console.oncall import wall
from tocsin.domain.override import OverrideKind, OverrideState
from tocsin.oncall.schedules.asking import Asker, Span, Wish

BEN = Asker(name="ben", person="ben", may_command=False)
SPAN = Span(starts_at=NOON + timedelta(hours=1), ends_at=NOON + timedelta(hours=9))


def form(**given: str) -> dict[str, str]:
    return {
        "schedule": "default",
        "starts": f"{SPAN.starts_at:%Y-%m-%dT%H:%M}",
        "ends": f"{SPAN.ends_at:%Y-%m-%dT%H:%M}",
        "do": "override",
        **given,
    }


def overrides(app):
    return duty_of(app).overrides(NOON, NOON + timedelta(days=30))


def test_the_page_says_who_is_on_call_and_for_how_long(app, chidi, ben):
    page = chidi.get("/oncall").content.decode()
    assert "Ben Okafor" in page
    assert "Somebody is on call every minute" in page
    assert "weekly rotation" in page
    assert "Put on call" not in page
    assert len(page) < 60_000
    mine = ben.get("/oncall?schedule=default").content.decode()
    assert "<b>You</b> are" in mine
    assert "Put on call" in mine


def test_an_unknown_schedule_shows_the_first(app, chidi):
    page = chidi.get("/oncall?schedule=nights").content.decode()
    assert "Ben Okafor" in page


def test_a_commander_puts_somebody_on_call(app, ada):
    answer = ada.post("/oncall", form(person="ada", instead_of="ben", reason="dentist"), follow=True)
    (made,) = overrides(app)
    assert (made.person, made.instead_of, made.asked_by) == ("ada", "ben", "ada")
    page = answer.content.decode()
    assert "Ada Lindqvist is on call until" in page
    assert "dentist" in page
    assert "Changed" in page
    ada.post(f"/oncall/{made.override_id}/withdraw")
    assert overrides(app)[0].state is OverrideState.WITHDRAWN


def test_a_responder_puts_only_themselves_on_call(app, ben):
    refused = ben.post("/oncall", form(person="ada"))
    assert refused.status_code == 409
    assert "Only who may command" in refused.content.decode()
    assert ben.post("/oncall", form()).status_code == 302
    assert overrides(app)[0].person == "ben"


def test_cover_is_asked_for_and_taken(app, ada, ben):
    ben.post("/oncall", form(do="cover", reason="wedding"))
    (asked,) = overrides(app)
    assert (asked.state, asked.instead_of) == (OverrideState.ASKED, "ben")
    assert "Take it" not in ben.get("/oncall").content.decode()
    assert "Take it" in ada.get("/oncall").content.decode()
    ada.post(f"/oncall/{asked.override_id}/take")
    assert overrides(app)[0].person == "ada"


def test_a_swap_is_agreed_by_the_one_who_was_asked(app, ada, ben):
    wish = Wish(schedule="default", kind=OverrideKind.SWAP, span=SPAN, person="ada")
    theirs = Span(starts_at=NOON + timedelta(days=9), ends_at=NOON + timedelta(days=10))
    first, _ = duty_of(app).ask_swap(wish, theirs, BEN)
    assert ">Agree<" not in ben.get("/oncall").content.decode()
    assert ">Agree<" in ada.get("/oncall").content.decode()
    assert ben.post(f"/oncall/{first.override_id}/agree").status_code == 409
    assert ada.post(f"/oncall/{first.override_id}/agree").status_code == 302
    assert {half.state for half in overrides(app)} == {OverrideState.TAKEN}


def test_a_swap_that_changes_nobodys_shifts_is_not_said_to_be_in_force(app, ada):
    mine = Span(starts_at=NOON + timedelta(days=8), ends_at=NOON + timedelta(days=9))
    wish = Wish(schedule="default", kind=OverrideKind.SWAP, span=mine, person="ada")
    first, _ = duty_of(app).ask_swap(wish, SPAN, BEN)
    page = ada.post(f"/oncall/{first.override_id}/agree", follow=True).content.decode()
    assert "changes nobody&#x27;s shifts" in page
    assert "in force" not in page


def test_a_gap_is_shown(app, ada):
    wish = Wish(schedule="default", kind=OverrideKind.REMOVE, span=Span(starts_at=NOON, ends_at=SPAN.ends_at))
    duty_of(app).override(wish, Asker(name="ada", person="ada", may_command=True))
    page = ada.get("/oncall").content.decode()
    assert "540 min" in page
    assert "Nobody is on call" in page


@pytest.mark.parametrize("act", ["take", "agree", "withdraw"])
def test_a_viewer_changes_nothing(app, chidi, act):
    assert chidi.post("/oncall", form()).status_code == 403
    assert chidi.post(f"/oncall/{'0' * 8}-0000-4000-8000-{'0' * 12}/{act}").status_code == 403
    assert overrides(app) == ()


def test_what_makes_no_sense_is_refused(app, ada):
    assert ada.post("/oncall", form(starts="soon")).status_code == 409
    assert ada.post("/oncall", form(schedule="nights")).status_code == 404


def test_times_are_those_of_the_schedules_zone(app):
    shown = wall(NOON, ZoneInfo("Asia/Kolkata"))
    assert (shown.day, shown.time) == ("Sun", "17:30")
