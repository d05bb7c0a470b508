"""Addresses are blocked as a set, whoever else changes it at the same time."""

from __future__ import annotations

import boto3
import pytest

from aws_rigs import AWS, KEY, REGION, Recording, set_up
from tocsin.connectors.aws_actions.waf_block import MOST_ADDRESSES, MOST_TRIES, scope_of, waf_of
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

WHAT = "addresses blocked"


class Raced:
    """Lets somebody else write to the IPv4 set just before we do, so often."""

    def __init__(self, times: int) -> None:
        self.times = times

    def call(self, call):
        if call.operation == "UpdateIPSet" and call.parameters["Name"].endswith("ipv4") and self.times:
            self.times -= 1
            waf = AWS("wafv2")
            there = {name: call.parameters[name] for name in ("Name", "Scope", "Id")}
            found = waf.get_ip_set(**there)
            more = [*found["IPSet"]["Addresses"], f"192.0.2.{self.times}/32"]
            waf.update_ip_set(**there, Addresses=more, LockToken=found["LockToken"])
        return AWS.caller.call(call)


def test_a_race_is_read_again_and_nothing_of_others_is_lost() -> None:
    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        raced = Raced(2)
        drive(rig.performer.perform(rig.arguments, kept, KEY), lambda _: raced)
        blocked = rig.state()["tocsin-blocked-ipv4"]["Addresses"]
    assert {"192.0.2.0/32", "192.0.2.1/32", "203.0.113.9/32", "203.0.113.0/28"} <= set(blocked)


def test_an_undo_takes_out_ours_alone() -> None:
    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        assert kept["new"] == ["203.0.113.9/32", "2001:db8::1/128"]
        raced = Raced(1)
        drive(rig.performer.perform(rig.arguments, kept, KEY), lambda _: raced)
        drive(rig.performer.undo(rig.arguments, kept, KEY), Recording().of)
        found = rig.state()
    assert set(found["tocsin-blocked-ipv4"]["Addresses"]) == {
        "198.51.100.7/32",
        "203.0.113.0/28",
        "192.0.2.0/32",
    }
    assert found["tocsin-blocked-ipv6"]["Addresses"] == []


def test_who_is_always_beaten_comes_again_later() -> None:
    raced = Raced(MOST_TRIES)
    with set_up(WHAT) as rig, pytest.raises(CallFailed) as failed:
        drive(rig.performer.perform(rig.arguments, {"new": []}, KEY), lambda _: raced)
    assert failed.value.kind is FailureKind.RETRY_LATER


def test_moto_refuses_a_stale_lock_with_the_code_that_is_waited_for() -> None:
    with set_up(WHAT):
        waf = boto3.client("wafv2", region_name=REGION)
        (one,) = [each for each in waf.list_ip_sets(Scope="REGIONAL")["IPSets"] if each["Name"].endswith("4")]
        there = {"Name": one["Name"], "Id": one["Id"], "Scope": "REGIONAL"}
        with pytest.raises(waf.exceptions.WAFOptimisticLockException):
            waf.update_ip_set(**there, Addresses=[], LockToken="00000000-0000-0000-0000-000000000000")


def test_a_set_that_is_not_there_is_a_matter_of_setting_up() -> None:
    with set_up(WHAT) as rig, pytest.raises(CallFailed, match="no IP set lab-ipv4") as failed:
        drive(rig.performer.before({**rig.arguments, "ip_set": "lab"}), Recording().of)
    assert failed.value.kind is FailureKind.MISCONFIGURED


class Answering:
    """Answers with a full set, or refuses to write."""

    def __init__(self, addresses, code: str = "") -> None:
        self.addresses = addresses
        self.code = code

    def call(self, call):
        if call.operation == "GetIPSet":
            return {"IPSet": {"Addresses": self.addresses}, "LockToken": "t"}
        if call.operation == "UpdateIPSet":
            raise CallFailed(FailureKind.REFUSED, "no", code=self.code)
        return call.sample


def test_a_full_set_takes_no_more() -> None:
    full = Answering([f"10.{n >> 8}.{n & 255}.0/24" for n in range(MOST_ADDRESSES)])
    with set_up(WHAT) as rig, pytest.raises(CallFailed, match="at most"):
        drive(rig.performer.perform(rig.arguments, {"new": []}, KEY), lambda _: full)


def test_another_refusal_is_not_tried_again() -> None:
    refusing = Answering([], "WAFInvalidParameterException")
    with set_up(WHAT) as rig, pytest.raises(CallFailed) as failed:
        drive(rig.performer.perform(rig.arguments, {"new": []}, KEY), lambda _: refusing)
    assert failed.value.code == "WAFInvalidParameterException"


def test_addresses_that_aws_spells_in_full_are_the_same() -> None:
    with set_up(WHAT) as rig:
        spelt = Answering(["2001:0db8:0000:0000:0000:0000:0000:0001/128"])
        given = {"ips": "2001:db8::1"}
        assert drive(rig.performer.before(given), lambda _: spelt) == {"new": []}
        drive(rig.performer.perform(given, {"new": []}, KEY), lambda _: spelt)
        assert drive(rig.performer.verify(given, {}), lambda _: spelt) is True


def test_what_guards_cloudfront_is_called_in_its_region() -> None:
    given = {"ips": ["192.0.2.1"], "scope": "cloudfront", "region": "eu-west-1"}
    assert (scope_of(given), waf_of(given)) == ("CLOUDFRONT", "aws.wafv2.us-east-1")
    assert (scope_of({}), waf_of({})) == ("REGIONAL", "aws.wafv2")
    assert waf_of({"region": "eu-west-3"}) == "aws.wafv2.eu-west-3"
    with set_up(WHAT) as rig:
        calls = rehearse(rig.performer.before(given)).calls
    assert {call.service for call in calls} == {"aws.wafv2.us-east-1"}
