"""A run on the screen: what is next, who, until when; people say what they may, and consent only here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from tocsin.app.runs import runs_of
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore

BOOK = """
runbook: disk-full
title: The disk is full
trigger: {alert: DiskFull}
steps:
- {id: look, do: 'Is it <data>, or logs?', owner: ben, within: 5m, see: 'https://wiki.example/disk',
   ask: {what: [data, logs], note: text}}
- parallel:
  - {id: tell, if: look.what == 'data', do: Tell the owner, approve: approver}
  - {id: block, do: Block, run: aws.waf.block, with: {ips: '198.51.100.7'}}
- {id: free, do: Free some space}
"""


@pytest.fixture(autouse=True)
def books(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "packs" / "team" / "runbooks"
    folder.mkdir(parents=True)
    (folder / "disk-full.yml").write_text(BOOK)


@pytest.fixture
def dana(app) -> Client:
    account = Accounts(DjangoStore()).by_username("dana")
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def followed(app, open_incident):
    """Return a run in an open incident."""
    incident = open_incident("DiskFull")
    return runs_of(app).start(incident.incident_id, "disk-full", "ada")


def _text(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def _say(who, do: str, step: str = "look", **more: str):
    return who.post("/runs/RUN-1/step", {"do": do, "step": step, **more})


def test_the_next_thing_is_on_top_with_who_and_until_when(followed, chidi, ben, clock):
    page = _text(ben.get("/runs/RUN-1"))
    assert page.index("Is it &lt;data&gt;, or logs?") < page.index("All steps")
    assert '<option value="">Choose</option><option>data</option>' in page
    assert "https://wiki.example/disk" in page
    assert "Next by runbook" in _text(chidi.get("/incidents/INC-1"))
    assert "Otherwise" not in _text(chidi.get("/runs/RUN-1"))
    clock.push(timedelta(minutes=6))
    assert "due <time" in _text(ben.get("/runs/RUN-1"))


def test_a_step_is_answered_by_a_form(app, followed, ben):
    assert _say(ben, "answer", **{"answer-what": "data", "answer-note": ""}).status_code == 302
    assert _say(ben, "answer", **{"answer-note": "tables"}).status_code == 302
    record = runs_of(app).followed(1).run.steps["look"]
    assert record.answers == {"what": "data", "note": "tables"}
    page = _text(ben.get("/runs/RUN-1"))
    assert "ACT-1 aws.waf.block" in page
    assert "In parallel" in page


def test_only_those_who_may_consent_see_the_button(app, followed, ben, dana):
    _say(ben, "answer", **{"answer-what": "data", "answer-note": "x"})
    assert ">Consent<" not in _text(ben.get("/runs/RUN-1"))
    assert ">Consent<" in _text(dana.get("/runs/RUN-1"))
    assert _say(ben, "approve", "tell").status_code == 403
    assert _say(dana, "approve", "tell").status_code == 302
    assert _say(ben, "done", "tell").status_code == 302
    assert runs_of(app).followed(1).run.steps["tell"].approvals == ("approver:dana",)


def test_who_began_a_run_does_not_consent_to_it(followed, ben, ada):
    _say(ben, "answer", **{"answer-what": "data", "answer-note": "x"})
    assert _say(ada, "approve", "tell").status_code == 409


def test_a_step_is_skipped_handed_over_and_given_other_approvers(app, followed, ben, ada):
    assert _say(ben, "owners", names="chidi").status_code == 403
    assert _say(ada, "owners", names="chidi, dana").status_code == 302
    assert _say(ada, "approvers", "tell", names="ada").status_code == 302
    assert _say(ben, "skip", reason="It is known.").status_code == 302
    steps = runs_of(app).followed(1).run.steps
    assert (steps["look"].owners, steps["tell"].approvers) == (("chidi", "dana"), ("ada",))
    assert "It is known." in _text(ben.get("/runs/RUN-1"))


def test_what_is_not_possible_is_explained(followed, ben):
    assert _say(ben, "retry").status_code == 409
    assert _say(ben, "").status_code == 422
    assert _say(ben, "done", "").status_code == 422
    assert ben.get("/runs/RUN-9").status_code == 404


def test_a_run_is_begun_ended_and_begun_anew(app, followed, ben, ada):
    begun = ben.post("/runs/start", {"incident": "inc-1", "runbook": "disk-full"})
    assert begun.headers["Location"] == "/runs/RUN-2"
    assert ben.post("/runs/RUN-1/abort", {"reason": "No."}).status_code == 403
    assert ada.post("/runs/RUN-1/abort", {"reason": "A false alarm."}).status_code == 302
    again = ada.post("/runs/RUN-2/abort", {"reason": "Anew.", "rerun": "yes"})
    assert again.headers["Location"] == "/runs/RUN-3"
    page = _text(ada.get("/runs/RUN-1"))
    assert "A false alarm." in page
    assert "Not done" in page
    for running in ("To do", "Not its turn yet", 'data-clock="until"'):
        assert running not in page
    assert "End it before its end" not in page
    listed = _text(ada.get("/runs"))
    assert listed.index("RUN-3") < listed.index("RUN-1")


def test_a_run_that_goes_on_by_itself_says_so(followed, ben):
    _say(ben, "answer", **{"answer-what": "logs", "answer-note": "x"})
    page = _text(ben.get("/runs/RUN-1"))
    assert "Block" in page
    assert page.index("Block") > page.index("Next")


def test_nothing_followed_yet_says_how_runs_begin(app, chidi):
    assert "No runbook was followed yet" in _text(chidi.get("/runs"))


def test_a_run_whose_text_cannot_be_read_any_more_hides_no_incident(app, followed, chidi):
    with app.store.transaction() as shelves:
        shelves.runs.save(replace(followed, text="steps: nonsense"))
    page = _text(chidi.get("/incidents/INC-1"))
    assert "RUN-1" in page
    assert "Timeline" in page


def test_runbooks_elsewhere_of_the_alerts_are_linked_on_the_run(ben, app, open_incident):
    incident = open_incident("DiskFull", annotations={"runbook_url": "https://wiki.example/other"})
    run = runs_of(app).start(incident.incident_id, "disk-full", "ada")
    page = _text(ben.get(f"/runs/{run.short_name}"))
    assert '<a href="https://wiki.example/other" rel="noreferrer noopener">' in page
    assert '<a href="https://wiki.example/disk" rel="noreferrer noopener">' in page


def test_a_step_that_was_done_late_says_by_how_much_for_good(app, followed, ben):
    def late(run):
        look = run.steps["look"]
        return replace(look, due_at=look.ready_at - timedelta(seconds=90), missed_at=look.ready_at)

    with app.store.transaction() as shelves:
        run = shelves.runs.get(1)
        shelves.runs.save(replace(run, steps={**run.steps, "look": late(run)}))
    _say(ben, "skip", reason="It is known.")
    page = _text(ben.get("/runs/RUN-1"))
    assert "by 1m3" in page
    assert page.count('data-clock="until"') == 0


def test_a_step_is_handed_over_to_people_teams_and_roles_that_there_are(app, followed, ben, ada):
    assert {"chidi", "ben", "oncall", "commander"} <= set(runs_of(app).owners_known() or ())
    assert _say(ada, "owners", names="mallory").status_code == 409
    assert _say(ada, "approvers", "tell", names="mallory").status_code == 409
    assert _say(ada, "owners", names="commander, chidi").status_code == 302
