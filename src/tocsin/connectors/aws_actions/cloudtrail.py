"""Asks CloudTrail what a role, a user or a key has done: to keep it, and to watch a key that was turned off.

LookupEvents tells management events of 90 days, one region at a time, up to 15 minutes late.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tocsin.connectors.aws_actions.asking import named, now, pages, read, refused
from tocsin.connectors.aws_actions.iam_roles import name_of, role_of
from tocsin.connectors.aws_actions.iam_users import WATCH_MINUTES
from tocsin.connectors.aws_actions.reading import nothing_to_verify, read_again
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.domain.acting import Arguments, Collector, Gathered, Kept, Outcome, Performer, Play
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Right,
)

GLOBAL = "us-east-1"
"""The region in which CloudTrail tells what IAM and the global end of STS did."""
DAY = timedelta(hours=24)
MOST_SESSIONS = 50
"""Of so many sessions of a role the deeds are followed; the exhibit names those that were left."""
_SHOWN = 20


def events_of(arguments: Arguments, field: str, value: str, since: datetime) -> Play[list[Mapping[str, Any]]]:
    """Look up the events of a role, user, session or key since then, in each region, each event once."""
    found: dict[str, Mapping[str, Any]] = {}
    for where in _places(arguments):
        call = read(
            where,
            "LookupEvents",
            {"Events": []},
            LookupAttributes=[{"AttributeKey": field, "AttributeValue": value}],
            StartTime=since.isoformat(),
        )
        for page in (yield from pages(call, "NextToken")):
            found |= {event["EventId"]: event for event in page["Events"]}
    return sorted(found.values(), key=lambda event: (event["EventTime"], event["EventId"]))


def _places(arguments: Arguments) -> Sequence[str]:
    regions = named(arguments.get("regions")) or named(arguments.get("region"))
    places = [f"aws.cloudtrail.{region}" for region in regions] or ["aws.cloudtrail"]
    return tuple(dict.fromkeys((*places, f"aws.cloudtrail.{GLOBAL}")))


def _record(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return CloudTrail's own record, which LookupEvents gives as text."""
    try:
        record = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def sessions_in(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the sessions that AssumeRole and its kind gave out: to whom, from where, until when."""
    sessions: list[Mapping[str, Any]] = []
    for event in events:
        if not str(event.get("EventName", "")).startswith("AssumeRole"):
            continue
        record = _record(event)
        answer = record.get("responseElements") or {}
        credentials = answer.get("credentials") or {}
        if not credentials.get("accessKeyId"):
            continue
        sessions.append(
            {
                "access_key": credentials["accessKeyId"],
                "session": (answer.get("assumedRoleUser") or {}).get("arn", ""),
                "began": event["EventTime"],
                "ends": credentials.get("expiration", ""),
                "by": (record.get("userIdentity") or {}).get("arn", ""),
                "from": record.get("sourceIPAddress", ""),
            }
        )
    return sessions


def _role_events(arguments: Arguments, since: datetime) -> Play[list[Mapping[str, Any]]]:
    """Look up what was done to a role; AssumeRole names it by its ARN, changes of it by its name."""
    role = yield from role_of(arguments)
    by_arn = yield from events_of(arguments, "ResourceName", str(role["Arn"]), since)
    by_name = yield from events_of(arguments, "ResourceName", name_of(arguments), since)
    found = {event["EventId"]: event for event in (*by_arn, *by_name)}
    return sorted(found.values(), key=lambda event: (event["EventTime"], event["EventId"]))


def _activity(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep what an identity did in 24 h; of a role, what was done to it and by each of its sessions."""
    since = (yield from now()) - DAY
    if arguments.get("role"):
        return ((yield from _activity_of_role(arguments, since)),)
    for name, field in (("access_key", "AccessKeyId"), ("user", "Username")):
        if arguments.get(name):
            value = str(arguments[name])
            events = yield from events_of(arguments, field, value, since)
            found = {"since": since.isoformat(), "events": events}
            return (kept_as_json("activity.json", found, of=value, source="cloudtrail:LookupEvents"),)
    raise refused("no role, user or key was named")


def _activity_of_role(arguments: Arguments, since: datetime) -> Play[Gathered]:
    events = yield from _role_events(arguments, since)
    sessions = sessions_in(events)
    followed, left = sessions[-MOST_SESSIONS:], sessions[:-MOST_SESSIONS]
    deeds = {}
    for session in followed:
        key = str(session["access_key"])
        deeds[key] = yield from events_of(arguments, "AccessKeyId", key, since)
    return kept_as_json(
        "activity.json",
        {
            "since": since.isoformat(),
            "events": events,
            "sessions": sessions,
            "by_session": deeds,
            "not_followed": [session["access_key"] for session in left],
        },
        of=name_of(arguments),
        source="cloudtrail:LookupEvents",
        gap=f"{len(left)} sessions of the role were not followed" if left else "",
    )


def _sessions(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep the sessions of a role that may still be open: those given out within its longest session."""
    role = yield from role_of(arguments)
    since = (yield from now()) - timedelta(seconds=int(role.get("MaxSessionDuration", 3600)))
    events = yield from _role_events(arguments, since)
    found = {"since": since.isoformat(), "sessions": sessions_in(events)}
    stream = kept_as_json("sessions.json", found, of=name_of(arguments), source="cloudtrail:LookupEvents")
    return (stream,)


def _watch(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Look whether the key was used since it was turned off; refused uses are counted apart."""
    try:
        since = datetime.fromisoformat(str(arguments["since"]))
    except ValueError:
        raise refused("`since` is no time such as 2026-01-01T12:00:00+00:00") from None
    if since.tzinfo is None:
        raise refused("`since` has no zone; write +00:00 behind it")
    at = yield from now()
    until = since + timedelta(minutes=WATCH_MINUTES)
    events = yield from events_of(arguments, "AccessKeyId", str(arguments["access_key"]), since)
    uses = [event for event in events if not _record(event).get("errorCode")]
    text = (
        f"The key was used {len(uses)} times since it was turned off."
        if uses
        else "No use of the key was told."
    )
    rest = "" if at >= until else f" It is to be watched until {until:%H:%M}Z."
    return Outcome(
        text=text + rest,
        output={
            "uses": len(uses),
            "refused": len(events) - len(uses),
            "quiet": not uses,
            "over": at >= until,
            "watched_until": until.isoformat(),
            "seen": [
                {
                    "at": event["EventTime"],
                    "did": event.get("EventName", ""),
                    "from": _record(event).get("sourceIPAddress", ""),
                }
                for event in uses[:_SHOWN]
            ],
        },
    )


COLLECTORS = (
    Collector(
        name="identity.activity_24h",
        summary="What a role, a user or a key did in 24 h, as CloudTrail tells it.",
        volatility=2,
        parameters=(),
        options=("role", "user", "access_key", "region", "regions"),
        gather=_activity,
        time_limit_s=300.0,
    ),
    Collector(
        name="sessions",
        summary="The sessions of a role that may still be open: who took them, from where, until when.",
        volatility=2,
        parameters=("role",),
        options=("region", "regions"),
        gather=_sessions,
        time_limit_s=300.0,
    ),
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.cloudtrail.watch_key",
            title=f"Watch for uses of a key, {WATCH_MINUTES} min after it was turned off",
            action_class=ActionClass.READ,
            parameters=(
                Parameter(name="access_key", kind=ParameterKind.TEXT, summary="The id of the key."),
                Parameter(
                    name="since",
                    kind=ParameterKind.TEXT,
                    summary="When it was turned off, which aws.iam.deactivate_key tells.",
                ),
                Parameter(
                    name="regions",
                    kind=ParameterKind.TEXTS,
                    summary="Where to look besides us-east-1; the configured region if left out.",
                    required=False,
                ),
            ),
            repeat=Repeat.LOOK_UP,
            repeat_rule="It only reads; run it every five minutes until `over`.",
            undo=None,
            no_undo="It only reads.",
            residual=Residual(
                remains="CloudTrail tells events up to 15 min late, and only management events.",
                lasts=timedelta(minutes=15),
            ),
            blast=BlastRadius(unit="key"),
            rights=(Right(name="cloudtrail:LookupEvents", why="To see uses of the key."),),
        ),
        perform=_watch,
        seen=read_again,
        verify=nothing_to_verify,
    ),
)
