"""Acts of the incident page: forms that work without script, refused by role and by state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tocsin.domain.incident import Status
from tocsin.domain.severity import Severity
from tocsin.flow.answers import keep_answers
from tocsin.oncall.answers import Answers

FORMS = {
    "acknowledge": {},
    "escalate": {},
    "note": {"text": "Looking at it"},
    "move": {"to": "mitigated"},
    "severity": {"severity": "P2", "reason": "one replica only"},
    "assign": {"to": "ada"},
    "exhibits": {"description": "the disk", "exported_by": "Ben Okafor"},
}


def _now(app, incident):
    with app.store.reading() as shelves:
        return shelves.incidents.get(incident.incident_id)


def test_an_acknowledgement_is_said_and_lands_where_the_form_was(app, ben, open_incident):
    incident = open_incident()
    answer = ben.post(f"/incidents/{incident.short_name}/acknowledge", {"next": "/"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert f"{incident.short_name} acknowledged" in answer.content.decode()
    known = _now(app, incident)
    assert (known.acknowledged_by, known.commander, known.status) == ("ben", "ben", Status.INVESTIGATING)


def test_the_second_to_acknowledge_is_told_who_was_first(app, ada, ben, open_incident, clock):
    incident = open_incident()
    ben.post(f"/incidents/{incident.short_name}/acknowledge")
    clock.push(timedelta(seconds=4))
    answer = ada.post(f"/incidents/{incident.short_name}/acknowledge", follow=True)
    assert f"ben acknowledged {incident.short_name} 4 s ago." in answer.content.decode()
    assert _now(app, incident).acknowledged_by == "ben"


def test_where_several_must_acknowledge_the_words_count_and_the_button_stays(app, ada, ben, open_incident):
    incident = open_incident()
    place = f"/incidents/{incident.short_name}"
    app.call.acknowledge(incident.incident_id, "ben")
    with app.store.transaction() as shelves:
        keep_answers(shelves, incident, Answers(by=("ben",), needs=3), app.clock.now())
    assert 'data-does="acknowledge"' in ada.get(place).content.decode()
    assert 'data-does="acknowledge"' not in ben.get(place).content.decode()
    said = ada.post(f"{place}/acknowledge", follow=True).content.decode()
    assert "2 of 3 needed have acknowledged: ben, ada. The others are still called." in said
    with app.store.transaction() as shelves:
        keep_answers(shelves, incident, Answers(by=("ben", "ada"), needs=2), app.clock.now())
    said = ada.post(f"{place}/acknowledge", follow=True).content.decode()
    assert "acknowledged by ben, ada: nobody more is called." in said


def test_an_incident_can_be_worked_to_its_end_with_forms_alone(app, ada, open_incident):
    incident = open_incident()
    place = f"/incidents/{incident.short_name}"
    for act, form in (
        ("escalate", {}),
        ("acknowledge", {}),
        ("note", {"text": "It fills by itself"}),
        ("severity", {"severity": "P3", "reason": "one replica only"}),
        ("assign", {"to": "ben"}),
        ("move", {"to": "mitigated"}),
        ("move", {"to": "resolved"}),
        ("move", {"to": "closed"}),
    ):
        answer = ada.post(f"{place}/{act}", form)
        assert (answer.status_code, answer["Location"]) == (302, place), act
    known = _now(app, incident)
    assert (known.status, known.severity, known.commander) == (Status.CLOSED, Severity.P3, "ben")


def test_an_uploaded_file_becomes_a_labelled_exhibit(app, ben, open_incident):
    incident = open_incident()
    form = {"file": SimpleUploadedFile("df.txt", b"full\n", "text/plain"), **FORMS["exhibits"]}
    ben.post(f"/incidents/{incident.short_name}/exhibits", form)
    with app.store.reading() as shelves:
        kept = [one for one in shelves.exhibits.of_incident(incident.incident_id) if one.name == "df.txt"]
    assert [(one.label.description, one.label.exported_by, one.size) for one in kept] == [
        ("the disk", "Ben Okafor", 5)
    ]


@pytest.mark.parametrize("act", FORMS)
def test_a_viewer_may_do_nothing(act, app, chidi, open_incident):
    incident = open_incident()
    answer = chidi.post(f"/incidents/{incident.short_name}/{act}", FORMS[act])
    assert answer.status_code == 403
    assert "role_lacks_permission" in answer.content.decode()
    assert _now(app, incident) == incident


@pytest.mark.parametrize("act", ["severity", "assign"])
def test_a_responder_does_not_command(act, app, ben, open_incident):
    incident = open_incident()
    assert ben.post(f"/incidents/{incident.short_name}/{act}", FORMS[act]).status_code == 403
    assert _now(app, incident) == incident


def test_closing_needs_a_commander(ada, ben, open_incident):
    place = f"/incidents/{open_incident().short_name}/move"
    assert ben.post(place, {"to": "resolved", "reason": "false alarm"}).status_code == 302
    assert ben.post(place, {"to": "closed"}).status_code == 403
    assert ada.post(place, {"to": "closed"}).status_code == 302


def test_a_refused_move_says_why_and_keeps_what_was_typed(ada, open_incident):
    place = f"/incidents/{open_incident().short_name}/move"
    ada.post(place, {"to": "resolved", "reason": "false alarm"})
    answer = ada.post(place, {"to": "mitigated", "reason": "typed at three in the morning"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "move_refused" in page
    assert "typed at three in the morning" in page


@pytest.mark.parametrize(
    ("act", "form", "status", "code"),
    [
        ("note", {"text": "  "}, 422, "form_incomplete"),
        ("move", {"to": "nowhere"}, 422, "form_incomplete"),
        ("move", {"to": "resolved"}, 409, "reason_missing"),
        ("severity", {"severity": "P9"}, 422, "form_incomplete"),
        ("assign", {"to": "eve"}, 422, "unknown_commander"),
        ("assign", {"to": "chidi"}, 422, "unknown_commander"),
        ("exhibits", {"description": "x", "exported_by": "y"}, 422, "form_incomplete"),
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing(act, form, status, code, app, ada, open_incident):
    incident = open_incident()
    answer = ada.post(f"/incidents/{incident.short_name}/{act}", form)
    assert (answer.status_code, code in answer.content.decode()) == (status, True)
    assert _now(app, incident) == incident


def test_an_unknown_incident_is_not_found(ada):
    answer = ada.post("/incidents/INC-99/acknowledge")
    assert (answer.status_code, "not_found" in answer.content.decode()) == (404, True)


def test_reading_an_address_of_an_act_does_nothing(ada, open_incident):
    assert ada.get(f"/incidents/{open_incident().short_name}/acknowledge").status_code == 405


def test_a_form_that_another_site_sends_is_refused(app, ben, open_incident):
    incident = open_incident()
    ben.handler.enforce_csrf_checks = True
    answer = ben.post(
        f"/incidents/{incident.short_name}/acknowledge", headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert _now(app, incident).acknowledged_at is None
