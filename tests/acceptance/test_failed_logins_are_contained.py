"""Failed logins, from the alert of CloudWatch to the review that is due, by the shipped runbook as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aws_rigs import REGION, Aws, _web_acl, played
from response_house import House, Partners
from tocsin.domain.action import Door
from tocsin.domain.incident import ClockKind, Status
from tocsin.domain.person import Role
from tocsin.domain.severity import Severity
from tocsin.evidence.gate import EvidenceMissing
from tocsin.flow.act_consenting import ActionRefused
from tocsin.response.approving import ApprovalRefused

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: pagerduty, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
  chidi: {name: Chidi, contacts: [{channel: inbox, address: chidi}]}
  dana: {name: Dana, contacts: [{channel: inbox, address: dana}]}
teams:
  security-lead: {members: [chidi], lead: chidi}
schedule: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-11-16, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: secondary}, {after: 15m, page: dana}]
notices:
  - {channel: jira, address: OPS, severities: [P1], events: [opened, resolved]}
"""
ATTACKER, EARLIER = "198.51.100.7/32", "203.0.113.9/32"
State = Callable[[], dict[str, Any]]
ACCOUNTS = tuple(f"user{number}" for number in range(10))


@pytest.fixture
def partners() -> Partners:
    return Partners()


@pytest.fixture
def aws() -> Iterator[Aws]:
    with played() as rig:
        yield rig


@pytest.fixture
def house(sqlite_store: Any, tmp_path: Path, partners: Partners, aws: Aws) -> Iterator[House]:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    for settings in partners.running():
        more = {
            "TOCSIN_PACKS": "baseline,saas-platform",
            "TOCSIN_IDP": "cognito",
            "TOCSIN_AWS_REGION": REGION,
        }
        house = House(tmp_path, sqlite_store, NOW, {**settings, **more})
        house.hire(ben=Role.RESPONDER, ada=Role.COMMANDER, chidi=Role.COMMANDER, dana=Role.ADMIN)
        yield house


@pytest.fixture
def guarded(aws: Aws) -> Callable[[], dict[str, Any]]:
    """Set up a WAF with one block, and a pool of ten accounts; return what tells how they stand."""
    waf, idp = aws("wafv2"), aws("cognito-idp")
    place = {"Name": "tocsin-blocked-ipv4", "Scope": "REGIONAL"}
    made = waf.create_ip_set(**place, IPAddressVersion="IPV4", Addresses=[EARLIER])
    acl = _web_acl(aws)
    pool = idp.create_user_pool(PoolName="people")["UserPool"]["Id"]
    for user in ACCOUNTS:
        mail = [{"Name": "email", "Value": f"{user}@x.example"}, {"Name": "email_verified", "Value": "true"}]
        idp.admin_create_user(UserPoolId=pool, Username=user, UserAttributes=mail)
        idp.admin_set_user_password(UserPoolId=pool, Username=user, Password="Very-1-long", Permanent=True)

    def state() -> dict[str, Any]:
        ips = waf.get_ip_set(**place, Id=made["Summary"]["Id"])["IPSet"]
        rules = waf.get_web_acl(Name="edge", Scope="REGIONAL", Id=acl)["WebACL"]["Rules"]
        limits = [each["Statement"].get("RateBasedStatement", {}).get("Limit", 0) for each in rules]
        users = idp.list_users(UserPoolId=pool)["Users"]
        must = [each["Username"] for each in users if each["UserStatus"] == "FORCE_CHANGE_PASSWORD"]
        return {
            "blocked": ips["Addresses"],
            "limited": [limit for limit in limits if limit],
            "disabled": [each["Username"] for each in users if not each["Enabled"]],
            "must_change": must,
        }

    return state


def _logins(house: House) -> None:
    """Sixty failed logins from one address to ten accounts, and one of them gets in."""
    start = house.clock.now() - timedelta(minutes=4)
    common = {"class": "authentication", "action": "login", "src_ip": "198.51.100.7"}
    tried = [
        {**common, "time": _at(start, n), "user": ACCOUNTS[n % len(ACCOUNTS)], "outcome": "failure"}
        for n in range(60)
    ]
    house.signals(*tried, {**common, "time": _at(start, 90), "user": "user3", "outcome": "success"})


def _at(start: datetime, seconds: float) -> str:
    return (start + timedelta(seconds=seconds)).isoformat()


def test_failed_logins_are_contained_and_reviewed(house: House, partners: Partners, guarded: State) -> None:
    untouched = guarded()
    _logins(house)
    house.alert(alertname="regenesis-failed-logins", incident_type="security", service="auth")
    house.kernel.run_due()
    _people_are_called_before_anything_else(house, partners)
    _a_hurry_opens_no_gate(house)
    assert guarded() == untouched
    house.work()
    assert {each.collector for each in house.exhibits()} == {"alert.context", "audit.snapshot"}
    _ben_acknowledges(house, partners)
    _a_late_answer_calls_the_next_level(house)
    _the_source_is_blocked(house, guarded)
    _the_account_that_was_broken_into_is_locked(house, guarded)
    _its_password_and_sessions_end(house, guarded)
    _it_is_told_and_recorded(house, partners)
    _the_review_is_due(house, guarded)
    house.is_proven()


def test_the_shipped_rule_begins_the_same_runbook(house: House) -> None:
    _logins(house)
    house.judge()
    house.work()
    assert house.timeline()[0][1].splitlines()[0].endswith("Spike of Failed Logins")
    assert (house.shown()["runbook"], house.shown()["next"]["place"]) == ("failed-login-spike", "ack")


def _people_are_called_before_anything_else(house: House, partners: Partners) -> None:
    kinds = house.kinds()
    assert kinds[:3] == ["incident.opened", "page.requested", "run.started"]
    assert kinds.index("run.started") < kinds.index("exhibit.kept")
    assert house.incident().severity is Severity.P1
    assert "the runbook failed-login-spike gives it" in house.timeline()[0][1]
    assert list(partners.pagerduty.alerts.values()) == ["triggered"]
    assert house.due("ack") == 5


def _a_hurry_opens_no_gate(house: House) -> None:
    """Ben asks for the block while nothing is sealed yet: consent alone does not do, and his own is none."""
    incident = house.incident().incident_id
    asked = house.act.ask(incident, "aws.waf.block", {"ips": [ATTACKER]}, by="ben", door=Door.CONSOLE)
    house.kernel.run_due()
    house.act.consenting.approve(asked.number, "ada", door=Door.CONSOLE)
    house.kernel.run_due()
    with pytest.raises(EvidenceMissing):
        house.act.demand_ready(asked.number)
    with pytest.raises(ApprovalRefused):
        house.act.consenting.approve(asked.number, "ben", door=Door.CONSOLE)
    house.act.withdraw(asked.number, "ben", "The runbook will do it.")


def _ben_acknowledges(house: House, partners: Partners) -> None:
    """A runbook that is followed silences nobody's telephone before somebody is awake."""
    house.work(minutes=2)
    assert partners.incidents.status == "triggered"
    house.app.call.acknowledge(house.incident().incident_id, "ben", "the console")
    house.work(seconds=30)
    assert partners.incidents.status == "acknowledged"
    assert house.states()["ack"] == "ready"
    house.runs.answer(1, "ack", {"ticket": "OPS-1"}, "ben")
    house.work(seconds=1)
    assert (house.states()["ack"], house.due("pattern")) == ("done", 10)


def _a_late_answer_calls_the_next_level(house: House) -> None:
    assert house.actions()["signals.top"].output["src_ips"] == ["198.51.100.7"]
    assert set(house.actions()["signals.top"].output["accounts"]) == set(ACCOUNTS)
    assert any("60 found; src_ips: 198.51.100.7; accounts: " in text for _, text in house.timeline())
    house.work(minutes=9)
    assert house.paged() == ["ben"]
    house.work(minutes=1)
    assert house.paged() == ["ben", "ada"]
    late = house.step("pattern")
    assert (late["state"], late["missed_at"]) == ("ready", late["due_at"])
    house.runs.answer(1, "pattern", {"source": "single-ip", "target": "many-accounts"}, "ben")


def _the_source_is_blocked(house: House, guarded: State) -> None:
    house.work(seconds=5)
    assert (house.states()["pattern"], house.due("block")) == ("done", 5)
    with pytest.raises(ActionRefused, match="Consent is missing"):
        house.act.demand_ready(house.actions()["aws.waf.block"].number)
    with pytest.raises(ApprovalRefused):
        house.consent("aws.waf.block", "ben")
    assert guarded()["blocked"] == [EARLIER]
    house.consent("aws.waf.block", "ada")
    house.work(seconds=5)
    assert guarded()["blocked"] == [EARLIER, ATTACKER]
    house.is_done_and_verified("aws.waf.block")
    assert house.due("ratelimit") == 5
    house.consent("aws.waf.rate_limit", "ada")
    house.work(seconds=5)
    assert guarded()["limited"] == [100]
    house.is_done_and_verified("aws.waf.rate_limit")


def _the_account_that_was_broken_into_is_locked(house: House, guarded: State) -> None:
    house.work(seconds=5)
    assert house.states()["breached"] == "done"
    assert house.actions()["signals.sequence"].output["accounts"] == ["user3"]
    assert house.due("lock") == 15
    assert house.paged() == ["ben", "ada", "chidi"]
    house.consent("aws.cognito.disable_user", "ada")
    house.work(seconds=10)
    assert guarded()["disabled"] == []
    _who_proposes_never_consents(house)
    house.consent("aws.cognito.disable_user", "chidi")
    house.work(seconds=10)
    assert guarded()["disabled"] == ["user3"]
    house.is_done_and_verified("aws.cognito.disable_user")


def _who_proposes_never_consents(house: House) -> None:
    """Not even the security lead."""
    incident, users = house.incident().incident_id, {"users": ["user4"]}
    asked = house.act.ask(incident, "idp.disable_user", users, by="chidi", door=Door.CONSOLE)
    house.work(seconds=2)
    with pytest.raises(ApprovalRefused, match="chidi proposed"):
        house.act.consenting.approve(asked.number, "chidi", door=Door.CONSOLE)
    house.act.withdraw(asked.number, "chidi", "Nobody got in there.")


def _its_password_and_sessions_end(house: House, guarded: State) -> None:
    assert house.due("reset") == 15
    house.consent("aws.cognito.force_reset", "ada")
    house.work(seconds=5)
    house.is_done_and_verified("aws.cognito.force_reset")
    # That sessions have ended cannot be read back from Cognito.
    house.consent("aws.cognito.revoke_sessions", "ada")
    house.work(seconds=5)
    assert guarded()["must_change"] == ["user3"]


def _it_is_told_and_recorded(house: House, partners: Partners) -> None:
    assert house.due("notify") == 30
    house.runs.done(1, "notify", "chidi", "Their administrators know.")
    house.work(seconds=5)
    assert (house.states()["record"], house.shown()["state"]) == ("done", "done")
    comments = str(partners.jira.comments["OPS-1"])
    assert all(word in comments for word in (ATTACKER, "user3", "Their administrators know."))
    assert house.shown()["missed"] == ["pattern"]


def _the_review_is_due(house: House, guarded: State) -> None:
    """The block ends by itself at its time, though all is over, and a late review is written down."""
    house.app.close.move(house.incident().incident_id, Status.RESOLVED, "ada")
    resolved_at = house.clock.now()
    reviews = [clock for clock in house.incident().clocks if clock.kind is ClockKind.REVIEW]
    friday_evening = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
    assert [clock.due_at for clock in reviews] == [resolved_at + timedelta(hours=48), friday_evening]
    reverts_at = house.actions()["aws.waf.block"].reverts_at
    assert reverts_at is not None
    house.work(seconds=(reverts_at - house.clock.now()).total_seconds() - 1)
    assert guarded()["blocked"] == [EARLIER, ATTACKER]
    house.work(seconds=10)
    assert (guarded()["blocked"], guarded()["limited"]) == ([EARLIER], [])
    assert house.kinds().count("clock.missed") == 0
    house.work(hours=25)
    assert house.kinds().count("clock.missed") == 1
    house.work(days=6)
    missed = [text for kind, text in house.timeline() if kind == "clock.missed"]
    assert [text.startswith("The review clock") for text in missed] == [True, True]
