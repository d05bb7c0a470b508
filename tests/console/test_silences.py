"""The page of silences: what each mutes, tried out before it is made, confirmed by somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON
from tocsin.app.hushing import Asked, ask, hush_of
from tocsin.app.silences import put_silence
from tocsin.console.silences import length
from tocsin.triage.maintenance import parse_maintenance
from tocsin.triage.silence_rules import ConfirmationRefused, Wish

FORM = {"matchers": "alertname = DiskFull\nzone != b\n", "reason": "The disk is replaced.", "lasts": "2h"}
ASKED = Asked(matchers=("alertname = DiskFull",), reason="The disk is replaced.", lasts="2h")


def test_an_empty_page_says_that_this_is_good(chidi):
    page = chidi.get("/silences").content.decode()
    assert "which is good" in page
    assert "New silence" not in page


def test_a_silence_is_tried_out_and_keeps_what_was_typed(app, ben, open_incident):
    open_incident("DiskFull")
    page = ben.post("/silences", FORM | {"do": "preview", "until_resolved": "on"}).content.decode()
    assert "Would mute 1 alert that fires now" in page
    assert "P1 Critical" in page
    assert "zone != b" in page
    assert "checked" in page
    assert hush_of(app).listed() == ()
    assert (
        "No alert that fires now fits"
        in ben.post("/silences", FORM | {"do": "preview", "matchers": "a=b"}).content.decode()
    )


def test_a_silence_is_made_listed_and_ended(app, ben, open_incident):
    open_incident("DiskFull")
    assert ben.post("/silences", FORM).status_code == 302
    (made,) = hush_of(app).listed()
    assert (made.owner, made.comment) == ("ben", "The disk is replaced.")
    page = ben.get("/silences").content.decode()
    assert "Mutes now" in page
    assert "Fits 1 alert that fires now" in page
    assert "Confirm as second person" not in page
    ben.post(f"/silences/{made.silence_id}/end")
    assert "Ended" in ben.get("/silences").content.decode()


def test_somebody_else_is_the_second_person(app, ada, ben, open_incident):
    open_incident("DiskFull", incident_type="security")
    page = ben.post("/silences", FORM | {"do": "preview"}).content.decode()
    assert "Some need a second person" in page
    ben.post("/silences", FORM)
    (made,) = hush_of(app).listed()
    assert "Waits for a second person" in ada.get("/silences").content.decode()
    address = f"/silences/{made.silence_id}/confirm"
    assert ben.post(address).status_code == 403
    assert ada.post(address).status_code == 302
    assert "confirmed by <bdi>ada</bdi>" in ada.get("/silences").content.decode()


def test_nobody_is_their_own_second_person(app, ada):
    made = ask(app, ASKED, "ada")
    assert ada.post(f"/silences/{made.silence_id}/confirm").status_code == 409
    assert "Confirm as second person" not in ada.get("/silences").content.decode()


def test_a_silence_that_a_token_took_over_is_not_confirmed_by_who_made_it(app, ada, open_incident):
    open_incident("DiskFull", incident_type="security")
    ada.post("/silences", FORM | {"matchers": "alertname = DiskFull"})
    (made,) = hush_of(app).listed()
    wish = Wish(
        matchers=made.matchers,
        starts_at=made.starts_at,
        ends_at=made.ends_at,
        owner="token:ci",
        comment="x",
        created_by="y",
    )
    taken = put_silence(app, wish, made.silence_id)
    assert (taken.silence_id, taken.owner) == (made.silence_id, "token:ci")
    assert "Confirm as second person" not in ada.get("/silences").content.decode()
    assert ada.post(f"/silences/{made.silence_id}/confirm").status_code == 409
    assert hush_of(app).listed()[0].second is None


def test_a_responder_is_no_second_person_whatever_asks_for_them(app, ada, ben):
    made = ask(app, ASKED, "dana")
    with pytest.raises(ConfirmationRefused):
        hush_of(app).confirm(made.silence_id, "ben")
    assert hush_of(app).confirm(made.silence_id, "ada").second == "ada"


def test_a_viewer_can_silence_nothing(app, chidi):
    made = ask(app, ASKED, "ada")
    assert chidi.post("/silences", FORM).status_code == 403
    assert chidi.post(f"/silences/{made.silence_id}/end").status_code == 403
    assert "End now" not in chidi.get("/silences").content.decode()


@pytest.mark.parametrize("wrong", [{"matchers": ""}, {"lasts": "long"}, {"reason": ""}, {"lasts": "900h"}])
def test_what_cannot_be_silenced_is_refused_in_words(app, ben, wrong):
    answer = ben.post("/silences", FORM | wrong)
    assert answer.status_code == 422
    assert hush_of(app).listed() == ()


def test_text_from_outside_is_shown_as_text(app, ben):
    ask(app, Asked(matchers=('a="<script>"',), reason="<img src=x>\u202e", lasts="1h"), "eve")
    page = ben.get("/silences").content.decode()
    assert "<script>" not in page
    assert "<img" not in page
    assert "⟨U+202E⟩" in page


def test_a_maintenance_window_says_when_it_comes_and_cannot_be_ended_here(app, ben):
    text = """
windows:
  - {name: n, owner: ada, reason: Kernels., matchers: [a = b], rule: FREQ=DAILY, at: "18:00", zone: UTC,
     lasts: 90m}
"""
    hush_of(app).adopt(parse_maintenance(text, "maintenance.yml"))
    page = ben.get("/silences").content.decode()
    for words in ("Planned in a pack", "Mutes later", "1 h 30 min each time", "from"):
        assert words in page
    assert "End now" not in page


def test_a_long_list_is_turned_over(app, ben):
    for number in range(51):
        ask(app, Asked(matchers=(f"a=b{number}",), reason="r", lasts="1h"), "ada")
    assert "1–50 of 51" in ben.get("/silences").content.decode()
    last = ben.get("/silences?start=50").content.decode()
    assert "51–51 of 51" in last
    assert "Earlier in the list" in last
    assert ben.get("/silences?start=x").status_code == 200


def test_a_page_stays_light_with_many_silences(app, ben):
    for number in range(60):
        ask(app, Asked(matchers=(f"a=b{number}",), reason="r" * 200, lasts="1h"), "ada")
    assert len(ben.get("/silences").content) < 200_000


def test_a_length_is_whole():
    assert length(timedelta(days=7)) == "7 d"
    assert length(timedelta(minutes=90)) == "1 h 30 min"
    assert NOON.tzinfo is not None
