"""Acts from a partner's side: only a linked person with the right acts, and each refusal is written down."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from nouns import NOON
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import NotFound
from tocsin.domain.incident import Status
from tocsin.domain.partner import ActKind, PartnerAct
from tocsin.flow import partner as rooms
from tocsin.flow.partner import LinkCodeRefused, Partner, named

BEN = PartnerAct(partner="slack", person="T1.U2", kind=ActKind.ACKNOWLEDGE, incident="INC-1", shown="ben b")
ALERT = {"labels": {"alertname": "ShopDown", "severity": "critical", "service": "shop"}}


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def app(tmp_path, memory_store, clock):
    app = build_app(load_settings({}, home=tmp_path), clock=clock, store=memory_store)
    app.hearing.api_alerts(orjson.dumps([ALERT]), "application/json", source="prometheus", sender="t")
    return app


@pytest.fixture
def partner(app) -> Partner:
    """Ben and Ada may respond; nobody else may."""
    return Partner(app.store, app.clock, app.call, app.take.clocks, lambda name: name in ("ben", "ada"))


def _incident(app):
    with app.store.reading() as shelves:
        return shelves.incidents.by_number(1)


def _logged(app, kind: str):
    with app.store.reading() as shelves:
        entries = [orjson.loads(content) for content in shelves.log.waiting_contents()]
    return [entry for entry in entries if entry["kind"] == kind]


def _act(**given) -> PartnerAct:
    return PartnerAct(
        **{"partner": "slack", "person": "T1.U2", "kind": ActKind.NOTE, "incident": "INC-1", **given}
    )


def test_a_stranger_changes_nothing_is_written_down_and_given_a_code(app, partner) -> None:
    outcome = partner.perform(BEN)
    assert (outcome.is_done, outcome.incident) == (False, "INC-1")
    assert outcome.link_code
    assert _incident(app).acknowledged_at is None
    (refused,) = _logged(app, "intake.refused")
    assert (refused["actor"], refused["subject"]) == ("slack:T1.U2", "INC-1")
    assert outcome.link_code not in str(refused)


def test_a_linked_person_acknowledges_and_repeating_changes_nothing(app, partner) -> None:
    partner.link(BEN.who, "ben", "ada")
    assert partner.perform(BEN).told == "INC-1 is acknowledged by ben."
    assert _incident(app).acknowledged_by == "ben"
    lines = len(_logged(app, "incident.acknowledged"))
    assert partner.perform(BEN).is_done
    assert len(_logged(app, "incident.acknowledged")) == lines == 1


def test_a_linked_person_without_the_right_is_refused(app, partner) -> None:
    partner.link(BEN.who, "eve", "ada")
    outcome = partner.perform(BEN)
    assert (outcome.is_done, outcome.link_code) == (False, "")
    assert _incident(app).acknowledged_at is None
    assert _logged(app, "intake.refused")[0]["facts"]["reason"] == "eve may not respond to incidents."


def test_a_code_links_once_whoever_confirms_it(app, partner) -> None:
    code = partner.perform(BEN).link_code
    assert partner.asked(code) == ("slack:T1.U2", "ben b")
    linked = partner.confirm(code.lower().replace("-", " "), "ben")
    assert (linked.who, linked.username) == ("slack:T1.U2", "ben")
    assert partner.links() == (linked,)
    with pytest.raises(LinkCodeRefused):
        partner.confirm(code, "eve")
    assert partner.perform(BEN).is_done


@pytest.mark.parametrize("code", ["", "AAAAA-AAAAA", "-----", "é"])
def test_a_wrong_code_links_nobody(partner, code: str) -> None:
    partner.perform(BEN)
    with pytest.raises(LinkCodeRefused):
        partner.confirm(code, "eve")
    assert partner.links() == ()


def test_a_code_lives_for_thirty_minutes(partner, clock) -> None:
    code = partner.perform(BEN).link_code
    clock.push(timedelta(minutes=30))
    with pytest.raises(LinkCodeRefused):
        partner.asked(code)


def test_a_newer_code_replaces_the_older_one_of_the_same_person(partner) -> None:
    old, new = partner.perform(BEN).link_code, partner.perform(BEN).link_code
    with pytest.raises(LinkCodeRefused):
        partner.asked(old)
    assert partner.asked(new)[0] == BEN.who


def test_strangers_cannot_fill_the_store_with_codes(partner, monkeypatch) -> None:
    monkeypatch.setattr(rooms, "MOST_CODES", 2)
    codes = [partner.perform(_act(person=f"T1.U{number}")).link_code for number in range(3)]
    assert [bool(code) for code in codes] == [True, True, False]
    assert partner.perform(_act(person="T1.U0")).link_code


def test_a_link_can_be_ended(app, partner) -> None:
    partner.link(BEN.who, "ben", "ada")
    partner.unlink(BEN.who, "ada")
    assert not partner.perform(BEN).is_done
    with pytest.raises(NotFound):
        partner.unlink(BEN.who, "ada")
    done = [entry["facts"]["done"] for entry in _logged(app, "access")]
    assert done == ["partner linked", "partner unlinked"]


def test_an_incident_is_resolved_once(app, partner) -> None:
    partner.link(BEN.who, "ben", "ada")
    act = _act(kind=ActKind.RESOLVE)
    assert partner.perform(act).told == "INC-1 is resolved by ben."
    assert _incident(app).status is Status.RESOLVED
    assert partner.perform(act).told == "INC-1 is resolved already."


def test_a_note_stands_in_the_timeline_under_the_persons_name(app, partner) -> None:
    partner.link(BEN.who, "ben", "ada")
    assert partner.perform(_act(text="The keys are revoked.")).is_done
    incident = _incident(app)
    with app.store.reading() as shelves:
        lines = shelves.timeline.of_incident(incident.incident_id)
    notes = [line for line in lines if line.kind == "incident.note"]
    assert [(entry.actor, entry.text) for entry in notes] == [("ben", "The keys are revoked.")]


def test_an_empty_note_is_refused_with_a_reason(partner) -> None:
    partner.link(BEN.who, "ben", "ada")
    assert not partner.perform(_act(text=" ")).is_done


def test_an_escalation_without_a_further_step_says_so(app, partner) -> None:
    partner.link(BEN.who, "ben", "ada")
    partner.perform(BEN)
    outcome = partner.perform(_act(kind=ActKind.ESCALATE))
    assert (outcome.is_done, "no further step" in outcome.told) == (False, True)


def test_an_escalation_makes_the_next_step_due(app, partner) -> None:
    from tocsin.domain.job import Job  # noqa: PLC0415

    partner.link(BEN.who, "ben", "ada")
    incident = _incident(app)
    with app.store.transaction() as shelves:
        args = {"incident": str(incident.incident_id), "step": "1", "started_at": NOON.isoformat()}
        key = f"escalate:{incident.incident_id}"
        shelves.jobs.reschedule(Job(kind="escalate", key=key, run_at=NOON + timedelta(hours=1), args=args))
    assert partner.perform(_act(kind=ActKind.ESCALATE)).is_done
    with app.store.reading() as shelves:
        assert shelves.jobs.get(key).run_at == NOON


@pytest.mark.parametrize("name", ["INC-1", "inc-1", " INC-1 ", "tocsin-INC-1", "ID", "tocsin-ID"])
def test_an_incident_is_found_by_every_name_we_gave_it(app, name: str) -> None:
    with app.store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
        assert named(shelves, name.replace("ID", str(incident.incident_id))) == incident


@pytest.mark.parametrize(
    "name", ["", "INC-2", "INC-0", "PGR0VU2", "INC-1; drop", "00000000-0000-0000-0000-000000000000"]
)
def test_a_foreign_name_is_no_incident(app, name: str) -> None:
    with app.store.reading() as shelves:
        assert named(shelves, name) is None


def test_an_act_on_no_incident_is_refused_without_a_code(app, partner) -> None:
    outcome = partner.perform(_act(incident="INC-9"))
    assert (outcome.is_done, outcome.link_code, outcome.incident) == (False, "", "")
