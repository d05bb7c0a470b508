"""A broken audit chain of an AgentIdP, from Prometheus's alert to the review, by the shipped runbook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from http_partner import http_partner
from response_house import House

sys.path.append(str(Path(__file__).parents[1] / "connectors" / "http_actions"))
from fake_agentidp import FakeAgentIdP

from tocsin.domain.action import Door
from tocsin.domain.incident import ClockKind, Status
from tocsin.domain.person import Role
from tocsin.domain.severity import Severity
from tocsin.evidence.gate import NeverDone
from tocsin.flow.act_consenting import ActionRefused
from tocsin.runbooks.hands import ApprovalRefused, StepRefused

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  chidi: {name: Chidi, contacts: [{channel: inbox, address: chidi}]}
  dana: {name: Dana, contacts: [{channel: inbox, address: dana}]}
teams:
  ciso: {members: [chidi], lead: chidi}
  legal: {members: [dana], lead: dana}
  security-engineering: {members: [ada, ben], lead: ada}
schedules:
  default: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-11-16, people: [ben, ada]}
  security-oncall: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-11-16, people: [ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: secondary}, {after: 15m, page: chidi}]
"""
REPAIR = """
http:
- name: audit.repair
  title: Make the chain of the audit log look whole again
  class: recover
  target: agentidp
  request: {method: POST, path: /audit/repair, body: {}}
  look: {method: GET, path: /audit/verify}
  done: {valid: true}
  repeat: {by: same-value, rule: A repaired chain stays repaired.}
  no_undo: What was broken is gone.
  residual: {remains: Nothing., lasts: 0m}
  blast: {unit: chains, per_run: 1, per_hour: 1}
  rights: [{name: 'audit:write', why: to write it anew}]
"""


@pytest.fixture
def agentidp() -> Iterator[FakeAgentIdP]:
    fake = FakeAgentIdP()
    with http_partner(fake):
        yield fake


@pytest.fixture
def house(postgres_store: Any, postgres_url: str, tmp_path: Path, agentidp: FakeAgentIdP) -> House:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    (pack / "actions.yml").write_text(REPAIR, encoding="utf-8")
    settings = {"TOCSIN_PACKS": "baseline,agent-identity", "TOCSIN_EVIDENCE_DATABASE_URL": postgres_url}
    settings["TOCSIN_HTTP_TARGETS"] = f"agentidp={agentidp.url}v1"
    settings["TOCSIN_HTTP_TOKENS"] = f"agentidp={agentidp.token}"
    settings["TOCSIN_EVIDENCE_CAPTURES"] = f"audit-verify={agentidp.url}v1/audit/verify"
    settings["TOCSIN_EVIDENCE_CAPTURE_HEADERS"] = f"audit-verify=Authorization: Bearer {agentidp.token}"
    for name in ("app", "postgres", "vault"):
        log = tmp_path / f"{name}.log"
        log.write_text(f"what {name} wrote\n", encoding="utf-8")
        settings[f"TOCSIN_EVIDENCE_{name.upper()}_LOG"] = str(log)
    house = House(tmp_path, postgres_store, NOW, settings)
    house.hire(ben=Role.RESPONDER, ada=Role.COMMANDER, chidi=Role.COMMANDER, dana=Role.COMMANDER)
    return house


def test_a_broken_audit_chain_is_followed_to_the_review(house: House) -> None:
    house.alert(alertname="AuditChainIntegrityFailed", severity="critical", service="agentidp")
    house.work(seconds=4)
    _people_are_called_and_the_chain_is_captured_at_once(house)
    _nothing_repairs_it(house)
    _evidence_is_kept_within_the_hour(house)
    _the_questions_are_answered(house)
    _a_scope_that_is_late_calls_the_next_level(house)
    _two_different_people_let_customers_be_told(house)
    _the_review_is_due(house)
    house.is_proven()


def _people_are_called_and_the_chain_is_captured_at_once(house: House) -> None:
    kinds = house.kinds()
    assert kinds[:3] == ["incident.opened", "page.requested", "run.started"]
    assert house.paged() == ["ben", "ada"]
    incident = house.incident()
    assert (incident.type, incident.severity) == ("audit-integrity", Severity.P1)
    states = house.states()
    assert {states[place] for place in ("tell", "page", "capture")} == {"done"}
    assert house.actions()["tocsin.notify"].output["people"] == ["chidi", "dana", "ada", "ben"]
    assert "audit-verify" in {each.collector for each in house.exhibits()}
    (asked,) = house.step("locate")["asks"]
    assert (asked["proposed"], house.due("locate")) == ("evt-12", 15)


def _nothing_repairs_it(house: House) -> None:
    """There is an action that would, in the home's own pack: no door and no runbook leads to it."""
    run = house.runs.followed(1)
    incident, chapter = house.incident().incident_id, house.act
    for door in (Door.CONSOLE, Door.API, Door.CLI, Door.TEAMMATE):
        with pytest.raises(NeverDone):
            chapter.ask(incident, "audit.repair", {}, by="eve", door=door, reason="It looks better so.")
    with pytest.raises(ActionRefused, match=r"The runbook forbids audit\.repair"):
        chapter.ask(
            *(incident, "audit.repair", {}),
            by="tocsin",
            door=Door.RUNBOOK,
            run_id=run.run.run_id,
            forbid=run.book.forbid,
        )
    assert house.kinds().count("action.refused") == 5


def _evidence_is_kept_within_the_hour(house: House) -> None:
    opened_at = house.incident().opened_at
    house.app.call.acknowledge(house.incident().incident_id, "ada", "the console")
    house.work(minutes=10)
    house.runs.answer(1, "locate", {"event": "evt-12"}, "ada")
    house.kernel.run_due()
    preserve = house.step("preserve")
    assert preserve["due_at"] == (opened_at + timedelta(hours=1)).isoformat()
    house.work(seconds=10)
    assert house.states()["preserve"] == "done"
    kept = {each.collector: each for each in house.exhibits()}
    assert set(kept) >= {
        "postgres.sessions",
        "postgres.connection_log",
        "app.log",
        "vault.audit_log",
        "audit.export",
    }
    assert {each.gap for each in kept.values()} == {""}
    assert all(each.label.incident_date == opened_at.date() for each in kept.values())


def _the_questions_are_answered(house: House) -> None:
    assert house.step("forensics")["see"] == "docs/compliance/audit-log-runbook.md"
    house.runs.done(1, "forensics", "ada")
    for place, answer in (
        ("database", {"direct_access": "yes"}),
        ("trigger", {"trigger_errors": "yes"}),
        ("vault", {"key_access": "normal"}),
    ):
        house.work(minutes=20)
        with pytest.raises(StepRefused):
            house.runs.answer(1, place, dict.fromkeys(answer, "perhaps"), "ada")
        house.runs.answer(1, place, answer, "ada")
    house.work(seconds=2)
    assert house.shown()["missed"] == []


def _a_scope_that_is_late_calls_the_next_level(house: House) -> None:
    opened_at = house.incident().opened_at
    assert house.step("scope")["due_at"] == (opened_at + timedelta(hours=24)).isoformat()
    before = house.paged()
    house.work(seconds=(opened_at + timedelta(hours=24) - house.clock.now()).total_seconds() - 1)
    assert house.paged() == before
    house.work(seconds=5)
    assert house.paged() == [*before, "ada"]
    assert (house.states()["scope"], house.shown()["missed"]) == ("ready", ["scope"])
    house.runs.answer(1, "scope", {"scope": "two days of events", "notify": "both"}, "chidi")


def _two_different_people_let_customers_be_told(house: House) -> None:
    customers, opened_at = house.step("customers"), house.incident().opened_at
    assert customers["due_at"] == (opened_at + timedelta(hours=72)).isoformat()
    with pytest.raises(StepRefused, match="the approval of ciso, legal"):
        house.runs.done(1, "customers", "ada")
    house.runs.approve(1, "customers", "chidi")
    for person in ("chidi", "ada", "eve"):
        with pytest.raises(ApprovalRefused):
            house.runs.approve(1, "customers", person)
    with pytest.raises(StepRefused, match="the approval of legal"):
        house.runs.done(1, "customers", "ada")
    house.runs.approve(1, "customers", "dana")
    house.runs.done(1, "customers", "dana", "The letter of the 21st.")
    shown = house.shown()
    assert (shown["state"], house.step("customers")["approvals"]) == ("done", ["ciso:chidi", "legal:dana"])


def _the_review_is_due(house: House) -> None:
    house.app.close.move(house.incident().incident_id, Status.RESOLVED, "ada")
    resolved_at = house.clock.now()
    reviews = [clock for clock in house.incident().clocks if clock.kind is ClockKind.REVIEW]
    next_friday = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
    assert [clock.due_at for clock in reviews] == [resolved_at + timedelta(hours=48), next_friday]
    missed = house.kinds().count("clock.missed")
    house.work(hours=49)
    assert house.kinds().count("clock.missed") == missed + 1
    house.work(days=6)
    assert house.kinds().count("clock.missed") == missed + 2
