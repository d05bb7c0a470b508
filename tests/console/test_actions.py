"""Actions on the screen: only signed-in people consent, each sees what is missing, a stop is one form."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from acting_world import PERFORMERS, Partner
from tocsin.app import acting as app_acting
from tocsin.app.acting import act_of, stopping_of
from tocsin.app.evidence import callers_of
from tocsin.domain.action import Action, ActionState
from tocsin.flow.act_ground import ADVANCE, LOOK, PERFORM
from tocsin.flow.respond import COLLECT
from tocsin.response.declaring import loaded
from tocsin.worker.acting import Acting, StopWatch
from tocsin.worker.collecting import Collecting
from tocsin.worker.kernel import Kernel, Lane, Transition
from tocsin.worker.seals import seals_of

FORM = {"action": "fake.scale", "arguments": "count = 0", "reason": "It is attacked.", "do": "propose"}


@pytest.fixture
def partner(monkeypatch):
    monkeypatch.setattr(app_acting, "performers_in", lambda *args: loaded(PERFORMERS))
    return Partner()


@pytest.fixture
def work(app, clock, partner):
    """Return what does all that is due: looks, collectors (which find nobody and leave gaps), begins."""

    def working(seconds: float = 12) -> None:
        act = act_of(app)
        acts = Acting(act, lambda service: partner, StopWatch(app.store, clock))
        handlers = {
            LOOK: acts.looks(),
            PERFORM: acts.performs(),
            ADVANCE: Transition(act.beginning.advance),
            COLLECT: Collecting(app.respond, callers_of(app)).effect(),
        }
        kernel = Kernel(app.store, clock, [Lane(handlers, places=4)], owner="w")
        for _ in range(3):
            kernel.run_due()
            clock.push(timedelta(seconds=seconds))
            seals_of(app).round()
            kernel.run_due()

    return working


def _action(app, number=1) -> Action:
    with app.store.reading() as shelves:
        found = shelves.actions.get(number)
    assert found is not None
    return found


def test_an_action_is_rehearsed_without_a_call(app, ben, partner, open_incident):
    open_incident(incident_type="security")
    page = ben.post("/actions", FORM | {"incident": "INC-1", "do": "plan"}).content.decode()
    assert "Nothing was called" in page
    assert "set_count" in page
    assert partner.asked == []


def test_an_action_is_proposed_waits_is_consented_to_and_done(app, ada, ben, partner, work, open_incident):
    open_incident(incident_type="security")
    assert ben.post("/actions", FORM | {"incident": "INC-1"}).status_code == 302
    work()
    page = ben.get("/actions/ACT-1").content.decode()
    assert "Consent is missing: approver." in page
    assert "Consent as" not in page
    page = ada.get("/actions/ACT-1").content.decode()
    assert "Consent as approver" in page
    ada.post("/actions/ACT-1/approve", {"role": "approver", "digest": _action(app).digest})
    work()
    assert _action(app).state is ActionState.DONE
    assert partner.count == 0
    page = ben.get("/actions/ACT-1").content.decode()
    assert "Propose to undo it" in page
    ben.post("/actions/ACT-1/undo", {"reason": "Over."})
    assert _action(app, 2).undoes == _action(app).action_id
    assert "Takes back" in ben.get("/actions/ACT-2").content.decode()


def test_who_proposed_cannot_consent_and_a_viewer_can_do_nothing(
    app, ada, chidi, partner, work, open_incident
):
    open_incident(incident_type="security")
    ada.post("/actions", FORM | {"incident": "INC-1"})
    work()
    form = {"role": "approver", "digest": _action(app).digest}
    assert ada.post("/actions/ACT-1/approve", form).status_code == 409
    assert chidi.post("/actions/ACT-1/approve", form).status_code == 403
    assert chidi.post("/actions", FORM | {"incident": "INC-1"}).status_code == 403
    assert chidi.post("/actions/ACT-1/break-glass", {"reason": "x"}).status_code == 403
    assert _action(app).approvals == ()


def test_consent_to_what_was_not_shown_does_not_count(app, ada, ben, partner, work, open_incident):
    open_incident(incident_type="security")
    ben.post("/actions", FORM | {"incident": "INC-1"})
    work()
    assert ada.post("/actions/ACT-1/approve", {"digest": "0" * 64}).status_code == 409
    assert ada.post("/actions/ACT-1/approve", {}).status_code == 422


def test_two_people_who_may_consent_break_the_glass(
    app, ada, ben, dana, partner, work, open_incident, monkeypatch
):
    open_incident(incident_type="security")
    ben.post("/actions", FORM | {"incident": "INC-1"})
    work()
    # What is missing stays missing: nothing of the first collector is sealed any more.
    ground = act_of(app).ground
    monkeypatch.setattr(app_acting, "ground_of", lambda app: replace(ground, is_sealed=lambda *args: False))
    assert "Go on without evidence" not in ben.get("/actions/ACT-1").content.decode()
    digest = _action(app).digest
    reason = {"reason": "Data leaves.", "digest": digest}
    assert ben.post("/actions/ACT-1/break-glass", reason).status_code == 403
    page = dana.get("/actions/ACT-1").content.decode()
    assert "Go on without evidence" in page
    assert page.count(f'name="digest" value="{digest}"') == 2
    assert dana.post("/actions/ACT-1/break-glass", {"digest": digest}).status_code == 409
    assert dana.post("/actions/ACT-1/break-glass", {"reason": "Data leaves."}).status_code == 422
    dana.post("/actions/ACT-1/break-glass", reason)
    assert "Another person must" in dana.get("/actions/ACT-1").content.decode()
    ada.post("/actions/ACT-1/break-glass", {"digest": digest})
    assert _action(app).break_glass.people == ("dana", "ada")


def test_a_proposal_is_withdrawn(app, ben, partner, open_incident):
    open_incident(incident_type="security")
    ben.post("/actions", FORM | {"incident": "INC-1"})
    ben.post("/actions/ACT-1/withdraw", {"reason": "It stopped."})
    assert _action(app).state is ActionState.WITHDRAWN
    assert "withdrawn" in ben.get("/actions").content.decode()


def test_the_stop_switch_is_set_by_a_commander_and_released_by_an_administrator(app, ada, ben, partner):
    assert ben.post("/actions/stop", {"reason": "Wild."}).status_code == 403
    ada.post("/actions/stop", {"reason": "Wild.", "scope": "connector:fake"})
    assert [each.scope for each in stopping_of(app).stopped()] == ["connector:fake"]
    page = ada.get("/actions").content.decode()
    assert "Stopped: connector:fake." in page
    assert "An administrator starts it again" in page
    assert ada.post("/actions/start", {"scope": "connector:fake"}).status_code == 403


def test_what_nobody_can_tell_is_said_by_a_commander(app, ada, ben, partner, work, open_incident):
    open_incident(incident_type="security")
    ben.post("/actions", FORM | {"incident": "INC-1", "action": "fake.poke", "arguments": ""})
    work()
    partner.loses_answer = lambda call: call.changes
    ada.post("/actions/ACT-1/approve", {"role": "approver", "digest": _action(app).digest})
    work()
    assert _action(app).state is ActionState.UNKNOWN
    assert "Nobody can tell" in ada.get("/actions/ACT-1").content.decode()
    assert ada.post("/actions/ACT-1/resolve", {"note": "I see it."}).status_code == 422
    ada.post("/actions/ACT-1/resolve", {"took_effect": "yes", "note": "I see it."})
    assert _action(app).state is ActionState.DONE


@pytest.mark.parametrize(
    ("typed", "status"), [("count", 422), ("count = a", 409), ("count = 0\ncount = 1", 409)]
)
def test_arguments_that_make_no_sense_are_refused(ben, partner, open_incident, typed, status):
    open_incident(incident_type="security")
    assert ben.post("/actions", FORM | {"incident": "INC-1", "arguments": typed}).status_code == status


def test_an_empty_page_says_so(chidi, partner):
    page = chidi.get("/actions").content.decode()
    assert "Nothing was done to the world yet" in page
    assert "Ask for an action" not in page


def test_a_gap_waits_for_a_second_consent_and_the_page_says_so(
    app, ada, ben, dana, partner, work, open_incident, monkeypatch
):
    open_incident(incident_type="security")
    needs = replace(PERFORMERS[0].declaration, needs=("nobody.collects",))
    performers = loaded((replace(PERFORMERS[0], declaration=needs),))
    monkeypatch.setattr(app_acting, "performers_in", lambda *args: performers)
    ben.post("/actions", FORM | {"incident": "INC-1", "arguments": "count = 0\nfor = 5h"})
    work()
    page = ada.get("/actions/ACT-1").content.decode()
    assert "counts only with a second consent" in page
    assert "A second consent is missing" in page
    ada.post("/actions/ACT-1/approve", {"role": "approver", "digest": _action(app).digest})
    work()
    assert _action(app).state is ActionState.PROPOSED
    assert "Consent as" not in ada.get("/actions/ACT-1").content.decode()
    page = dana.get("/actions/ACT-1").content.decode()
    assert "Consent as approver" in page
    dana.post("/actions/ACT-1/approve", {"role": "approver", "digest": _action(app).digest})
    work()
    assert _action(app).state is ActionState.DONE


def test_the_page_says_the_exact_time_and_when_consent_ends(app, ada, ben, partner, work, open_incident):
    open_incident(incident_type="security")
    for lasts in ("for = 1h", "for = 5h", ""):
        ben.post("/actions", FORM | {"incident": "INC-1", "arguments": f"count = 0\n{lasts}"})
    work()
    pages = [ada.get(f"/actions/ACT-{number}").content.decode() for number in (1, 2, 3)]
    assert "1h after it is done" in pages[0]
    assert "5h after it is done" in pages[1]
    assert "taking itself back after 5h" in pages[1]
    assert "Takes itself back" not in pages[2]
    assert all("<dt>Expires</dt>" in page and "the action expires" in page for page in pages)


def test_what_waits_for_consent_stands_first_and_mine_before_others(
    app, ada, ben, dana, partner, work, open_incident
):
    open_incident(incident_type="security")
    for number in (0, 1):
        ben.post("/actions", FORM | {"incident": "INC-1", "arguments": f"count = {number}"})
    ada.post("/actions", FORM | {"incident": "INC-1", "arguments": "count = 2"})
    ben.post("/actions/ACT-2/withdraw", {"reason": "No."})
    work()
    page = ada.get("/actions").content.decode()
    named = [f'data-row="ACT-{number}"' for number in (1, 3, 2)]
    parts = [">Waiting for consent<", named[0], named[1], ">Over<", named[2], ">Ask for an action<"]
    places = [page.index(part) for part in (*parts, ">Stop switch<")]
    assert places == sorted(places)
    assert page.count("waits for your consent") == 1
    assert "mark-open" in page
    assert "mark-note" in page
    assert dana.get("/actions").content.decode().count("waits for your consent") == 2


def test_an_action_that_nobody_knows_any_more_is_still_shown(
    app, ben, partner, work, open_incident, monkeypatch
):
    open_incident(incident_type="security")
    ben.post("/actions", FORM | {"incident": "INC-1"})
    monkeypatch.setattr(app_acting, "performers_in", lambda *args: {})
    work()
    assert _action(app).state is ActionState.FAILED
    page = ben.get("/actions/ACT-1").content.decode()
    assert "no action that this worker knows" in page
    assert "knows no such action any more" in page
