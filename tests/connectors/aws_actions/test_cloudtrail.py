"""What CloudTrail tells of an identity; moto does not know LookupEvents, so all of it is stubbed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws_rigs import AWS, BY_NAME, KEY, OPEN_TRUST, no_network, played, stubbed
from nouns import NOON
from tocsin.connectors.aws_actions.cloudtrail import COLLECTORS, MOST_SESSIONS, sessions_in
from tocsin.domain.acting import Call, CallFailed, Seen
from tocsin.domain.playing import drive, rehearse

WATCH = BY_NAME["aws.cloudtrail.watch_key"]
ACTIVITY, SESSIONS = COLLECTORS
ROLE = "arn:aws:iam::123456789012:role/deploy"


def event(number: int, name: str, **record: Any) -> dict[str, Any]:
    return {
        "EventId": f"e{number}",
        "EventName": name,
        "EventTime": NOON + timedelta(minutes=number),
        "CloudTrailEvent": json.dumps(record),
    }


def assumed(number: int, key: str) -> dict[str, Any]:
    answer = {
        "credentials": {"accessKeyId": key, "expiration": "Mar 1, 2026, 1:00:00 PM"},
        "assumedRoleUser": {"arn": "arn:aws:sts::1:assumed-role/deploy/eve"},
    }
    who = {"arn": "arn:aws:iam::1:user/eve"}
    return event(
        number, "AssumeRole", responseElements=answer, userIdentity=who, sourceIPAddress="203.0.113.9"
    )


def looked(field: str, value: str, since: datetime, **more: str) -> dict[str, Any]:
    found = [{"AttributeKey": field, "AttributeValue": value}]
    return {"LookupAttributes": found, "StartTime": since.isoformat(), **more}


class Trail:
    """Answers look-ups from a few events, IAM from moto."""

    def __init__(self, events: dict[str, list[dict[str, Any]]]) -> None:
        self.events = events
        self.places: set[str] = set()

    def call(self, call: Call) -> Any:
        if not call.service.startswith("aws.cloudtrail"):
            return AWS.caller.call(call)
        self.places.add(call.service)
        (asked,) = call.parameters["LookupAttributes"]
        found = self.events.get(asked["AttributeValue"], [])
        return {"Events": [{**each, "EventTime": each["EventTime"].isoformat()} for each in found]}


def read(stream) -> Any:
    return json.loads(stream.content.read())


def test_stubbed_uses_of_a_key_are_counted_page_by_page_in_both_regions_each_once() -> None:
    since = NOON - timedelta(minutes=10)
    asked = looked("AccessKeyId", "AKIA1", since)
    refusal = event(3, "GetObject", errorCode="AccessDenied")
    AWS.clock.at = NOON
    with stubbed(
        "cloudtrail",
        (
            "LookupEvents",
            asked,
            {"Events": [event(1, "GetUser", sourceIPAddress="1.2.3.4")], "NextToken": "n"},
        ),
        ("LookupEvents", {**asked, "NextToken": "n"}, {"Events": [refusal]}),
        ("LookupEvents", asked, {"Events": [event(1, "GetUser")]}),
    ) as caller:
        given = {"access_key": "AKIA1", "since": since.isoformat()}
        told = drive(WATCH.perform(given, {}, KEY), lambda _: caller)
    assert (told.output["uses"], told.output["refused"]) == (1, 1)
    assert (told.output["quiet"], told.output["over"]) == (False, False)
    assert told.output["watched_until"] == (since + timedelta(minutes=30)).isoformat()
    assert told.output["seen"][0]["did"] == "GetUser"


def test_a_quiet_key_is_over_after_half_an_hour() -> None:
    AWS.clock.at = NOON
    given = {
        "access_key": "AKIA1",
        "since": (NOON - timedelta(minutes=30)).isoformat(),
        "regions": ["eu-west-3"],
    }
    trail = Trail({})
    told = drive(WATCH.perform(given, {}, KEY), lambda _: trail)
    assert (told.output["quiet"], told.output["over"]) == (True, True)
    assert trail.places == {"aws.cloudtrail.eu-west-3", "aws.cloudtrail.us-east-1"}
    assert drive(WATCH.verify(given, {}), lambda _: trail) is True
    assert drive(WATCH.seen(given, {}, KEY), lambda _: trail) is Seen.NOT_DONE


@pytest.mark.parametrize("since", ["yesterday", "2026-03-01T12:00:00", ""])
def test_a_watch_wants_a_time_with_a_zone(since: str) -> None:
    with pytest.raises(CallFailed, match="since"):
        drive(WATCH.perform({"access_key": "AKIA1", "since": since}, {}, KEY), lambda _: Trail({}))


def test_a_watch_is_rehearsed_in_silence() -> None:
    with no_network():
        calls = rehearse(WATCH.perform({"access_key": "AKIA1", "since": NOON.isoformat()}, {}, KEY)).calls
    assert [call.operation for call in calls] == ["Now", "LookupEvents", "LookupEvents"]
    assert not any(call.changes for call in calls)


def test_what_a_role_did_is_followed_through_its_sessions() -> None:
    with played() as aws:
        aws("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=OPEN_TRUST)
        put = event(2, "PutRolePolicy")
        trail = Trail({ROLE: [assumed(1, "ASIA1")], "deploy": [put], "ASIA1": [event(5, "GetParameter")]})
        (kept,) = drive(ACTIVITY.gather({"role": "deploy"}), lambda _: trail)
    found = read(kept)
    assert (kept.of, kept.gap) == ("deploy", "")
    assert [each["EventName"] for each in found["events"]] == ["AssumeRole", "PutRolePolicy"]
    assert [each["EventName"] for each in found["by_session"]["ASIA1"]] == ["GetParameter"]
    assert found["sessions"][0]["from"] == "203.0.113.9"
    assert found["since"] == (NOON - timedelta(hours=24)).isoformat()


def test_more_sessions_than_are_followed_leave_a_gap() -> None:
    with played() as aws:
        aws("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=OPEN_TRUST)
        many = [assumed(number, f"ASIA{number:02}") for number in range(MOST_SESSIONS + 2)]
        trail = Trail({ROLE: many})
        (kept,) = drive(ACTIVITY.gather({"role": "deploy"}), lambda _: trail)
    assert kept.gap == "2 sessions of the role were not followed"
    assert len(read(kept)["not_followed"]) == 2


def test_a_user_and_a_key_are_looked_up_by_themselves() -> None:
    for given, of in (({"user": "eve"}, "eve"), ({"user": "eve", "access_key": "AKIA1"}, "AKIA1")):
        (kept,) = drive(ACTIVITY.gather(given), lambda _: WATCHED)
        assert (kept.of, len(read(kept)["events"])) == (of, 1)
    with pytest.raises(CallFailed, match="no role, user or key"):
        drive(ACTIVITY.gather({}), lambda _: WATCHED)


WATCHED = Trail({"eve": [event(1, "ConsoleLogin")], "AKIA1": [event(2, "GetUser")]})


def test_sessions_are_those_that_may_still_be_open() -> None:
    with played() as aws:
        aws("iam").create_role(
            RoleName="deploy", AssumeRolePolicyDocument=OPEN_TRUST, MaxSessionDuration=7200
        )
        (kept,) = drive(SESSIONS.gather({"role": "deploy"}), lambda _: Trail({ROLE: [assumed(1, "ASIA1")]}))
    found = read(kept)
    assert found["since"] == (NOON - timedelta(hours=2)).isoformat()
    assert found["sessions"][0]["by"] == "arn:aws:iam::1:user/eve"


@pytest.mark.parametrize(
    "strange",
    [
        {"EventName": "AssumeRole", "EventTime": "t"},
        {"EventName": "AssumeRole", "EventTime": "t", "CloudTrailEvent": "{"},
        {"EventName": "AssumeRole", "EventTime": "t", "CloudTrailEvent": "[1]"},
        {"EventName": "AssumeRole", "EventTime": "t", "CloudTrailEvent": '{"responseElements": null}'},
        {"EventName": "GetUser", "EventTime": "t"},
        {},
    ],
)
def test_an_event_without_a_session_gives_none(strange) -> None:
    assert sessions_in([strange]) == []


def test_moto_still_does_not_know_lookups() -> None:
    """Once it does, these tests ask it instead."""
    with played() as aws, pytest.raises((NotImplementedError, ClientError)):
        aws("cloudtrail").lookup_events(StartTime=datetime(2026, 3, 1, tzinfo=UTC))
