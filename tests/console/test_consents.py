"""What waits for the consent of the person who looks stands under what waits for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acting_world import PERFORMERS
from nouns import a_run, an_action, an_exhibit
from tocsin.app import acting as app_acting
from tocsin.console.consents import actions_for_consent, steps_for_consent
from tocsin.console.gate import Viewer
from tocsin.domain.action import Approval, Demand
from tocsin.domain.person import Role
from tocsin.response.declaring import loaded


@pytest.fixture
def waiting(app, open_incident, monkeypatch):
    """Return an action that Ben proposed and that has been looked at."""
    monkeypatch.setattr(app_acting, "performers_in", lambda *args: loaded(PERFORMERS))
    incident = open_incident(incident_type="security")
    action = an_action(
        number=1, name="fake.scale", incident_id=incident.incident_id, proposed_by="ben", kept="a" * 64
    )
    action = replace(action, approvers=("approver",), approvals=())
    with app.store.transaction() as shelves:
        shelves.actions.add(action)
    return action


def test_an_action_stands_on_the_first_page_of_who_may_consent(app, ada, ben, chidi, dana, waiting):
    for client in (ada, dana):
        page = client.get("/").content.decode()
        assert 'data-row="ACT-1"' in page
        assert "Your role" not in page
    for client in (ben, chidi):
        assert 'data-row="ACT-1"' not in client.get("/").content.decode()


def test_an_approver_for_whom_nothing_waits_is_told_what_would(dana):
    page = dana.get("/").content.decode()
    assert "none waits for your consent" in page
    assert "reads and acts on nothing" not in page


def test_who_proposed_sees_that_it_waits_for_others(app, waiting):
    ben = Viewer(username="ben", name="Ben", role=Role.COMMANDER)
    (found,) = actions_for_consent(app, ben)
    assert (found.roles, found.is_mine) == (("approver",), False)


def test_a_gap_waits_for_one_more(app, ada, dana, waiting):
    consent = Approval(person="ada", role="approver", at=app.clock.now(), digest=waiting.digest)
    consented = replace(waiting, approvals=(consent,), demands=())
    with app.store.transaction() as shelves:
        shelves.actions.save(consented)
    viewer = Viewer(username="dana", name="Dana", role=Role.APPROVER)
    assert actions_for_consent(app, viewer) == ()
    gap = an_exhibit(1, incident_id=waiting.incident_id, collector="logs.export", gap="It hung.")
    with app.store.transaction() as shelves:
        shelves.exhibits.add(gap)
        shelves.actions.save(replace(consented, demands=(Demand(collector="logs.export"),)))
    (found,) = actions_for_consent(app, viewer)
    assert (found.roles, found.is_mine) == (("approver",), True)
    (found,) = actions_for_consent(app, replace(viewer, username="ada", role=Role.COMMANDER))
    assert not found.is_mine


def test_a_run_whose_text_cannot_be_read_waits_for_nobody(app, open_incident):
    incident = open_incident(incident_type="security")
    with app.store.transaction() as shelves:
        shelves.runs.add(a_run(incident_id=incident.incident_id))
    viewer = Viewer(username="dana", name="Dana", role=Role.APPROVER)
    assert steps_for_consent(app, viewer) == ()
    assert steps_for_consent(app, Viewer(username="chidi", name="C", role=Role.VIEWER)) == ()
