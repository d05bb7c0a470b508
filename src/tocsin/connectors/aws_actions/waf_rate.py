"""Limits how often one address may ask for a path: one rule more in the web ACL, all others as they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tocsin.connectors.aws_actions.asking import REGION, change, is_code, pages, read, refused, seen_by
from tocsin.connectors.aws_actions.waf_block import LOCKED, MOST_TRIES, SCOPE, scope_of, waf_of
from tocsin.domain.acting import Arguments, CallFailed, Kept, Outcome, Performer, Play
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
    Residual,
    Right,
    Undo,
)
from tocsin.domain.ports.delivery import FailureKind

CARRIED = (
    "DefaultAction",
    "Description",
    "VisibilityConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "DataProtectionConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
    "MonetizationConfig",
)
"""What UpdateWebACL would take away if it were not sent back."""
WINDOWS_S = (60, 120, 300, 600)
FEWEST, MOST = 10, 2_000_000_000
"""Bounds of RateBasedStatement in the API reference of WAFv2."""

Changed = Callable[[Sequence[Any]], Sequence[Any]]


def window_s(arguments: Arguments) -> int:
    """Return the length of the window in seconds. Raises `CallFailed` for one that WAF does not know."""
    window = arguments.get("window") or timedelta(minutes=5)
    seconds = int(window.total_seconds()) if isinstance(window, timedelta) else int(window)
    if seconds not in WINDOWS_S:
        raise refused("the window must be 1, 2, 5 or 10 minutes")
    return seconds


def _name_of(arguments: Arguments) -> str:
    """Return the name of the rule: equal limits of one path are one rule, others are other rules."""
    path = str(arguments["path"])
    slug = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")[:40]
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"tocsin-rate-{slug}-{digest}-{int(arguments['per_ip'])}-{window_s(arguments)}"


def _rule(arguments: Arguments, there: Sequence[Any]) -> Mapping[str, Any]:
    """Return the rule, at the first priority that is free, so that the others keep theirs."""
    name, limit = _name_of(arguments), int(arguments["per_ip"])
    if not FEWEST <= limit <= MOST:
        raise refused(f"the limit must be between {FEWEST} and {MOST}")
    taken = {each["Priority"] for each in there}
    path_begins = {
        "SearchString": str(arguments["path"]).encode(),
        "FieldToMatch": {"UriPath": {}},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        "PositionalConstraint": "STARTS_WITH",
    }
    return {
        "Name": name,
        "Priority": next(number for number in range(len(taken) + 1) if number not in taken),
        "Statement": {
            "RateBasedStatement": {
                "Limit": limit,
                "EvaluationWindowSec": window_s(arguments),
                "AggregateKeyType": "IP",
                "ScopeDownStatement": {"ByteMatchStatement": path_begins},
            }
        },
        "Action": {"Block": {}},
        "VisibilityConfig": {
            "SampledRequestsEnabled": True,
            "CloudWatchMetricsEnabled": True,
            "MetricName": name,
        },
    }


def _web_acl(arguments: Arguments) -> Play[Mapping[str, str]]:
    """Find the web ACL: the one that is named, or the only one that there is."""
    wanted = arguments.get("web_acl")
    sample = {"WebACLs": [{"Name": wanted or "the-web-acl", "Id": "id"}]}
    found = yield from pages(
        read(waf_of(arguments), "ListWebACLs", sample, Scope=scope_of(arguments)), "NextMarker"
    )
    acls = [each for page in found for each in page["WebACLs"] if wanted in (None, "", each["Name"])]
    if len(acls) != 1:
        raise refused(f"{len(acls)} web ACLs are meant: name one as `web_acl`")
    return {"Name": acls[0]["Name"], "Id": acls[0]["Id"]}


def _read_acl(arguments: Arguments, acl: Mapping[str, str]) -> Play[Mapping[str, Any]]:
    sample = {
        "WebACL": {**acl, "DefaultAction": {"Allow": {}}, "Rules": [], "VisibilityConfig": {}},
        "LockToken": "token",
    }
    answer: Mapping[str, Any] = yield read(
        waf_of(arguments), "GetWebACL", sample, Scope=scope_of(arguments), **acl
    )
    return answer


def _write(arguments: Arguments, changed: Changed) -> Play[None]:
    """Write all rules anew with what is changed, read again whenever somebody else was faster."""
    acl = yield from _web_acl(arguments)
    for _ in range(MOST_TRIES):
        answer = yield from _read_acl(arguments, acl)
        there = answer["WebACL"].get("Rules", [])
        wanted = list(changed(there))
        if wanted == there:
            return
        carried = {name: answer["WebACL"][name] for name in CARRIED if answer["WebACL"].get(name)}
        try:
            yield change(
                waf_of(arguments),
                "UpdateWebACL",
                None,
                Scope=scope_of(arguments),
                Rules=wanted,
                LockToken=answer["LockToken"],
                **acl,
                **{"VisibilityConfig": answer["WebACL"]["VisibilityConfig"], **carried},
            )
        except CallFailed as failed:
            if not is_code(failed, LOCKED):
                raise
        else:
            return
    raise CallFailed(FailureKind.RETRY_LATER, "others change the web ACL all the time")


def _has_rule(arguments: Arguments) -> Play[bool]:
    acl = yield from _web_acl(arguments)
    answer = yield from _read_acl(arguments, acl)
    return any(each["Name"] == _name_of(arguments) for each in answer["WebACL"].get("Rules", ()))


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    acl = yield from _web_acl(arguments)
    return {"web_acls": (acl["Name"],), "rules": (_name_of(arguments),)}


def _before(arguments: Arguments) -> Play[Kept]:
    return {"was_there": (yield from _has_rule(arguments))}


def _limit(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    name = _name_of(arguments)

    def changed(there: Sequence[Any]) -> Sequence[Any]:
        is_there = any(each["Name"] == name for each in there)
        return there if is_there else [*there, _rule(arguments, there)]

    yield from _write(arguments, changed)
    return Outcome(
        text=f"One address may ask for {arguments['path']} {int(arguments['per_ip'])} times "
        f"in {window_s(arguments)} s.",
        output={"rule": name},
    )


def _is_limited(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _has_rule(arguments))


def _lift(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    name = _name_of(arguments)
    if kept["was_there"]:
        return Outcome(text="The limit was there before, and still is.")
    yield from _write(arguments, lambda there: [each for each in there if each["Name"] != name])
    return Outcome(text=f"The limit of {arguments['path']} is lifted.")


PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.waf.rate_limit",
            title="Limit how often one address may ask for a path",
            action_class=ActionClass.CONTAIN,
            parameters=(
                Parameter(name="path", kind=ParameterKind.TEXT, summary="What the path begins with."),
                Parameter(
                    name="per_ip", kind=ParameterKind.NUMBER, summary="Requests per address and window."
                ),
                Parameter(
                    name="window",
                    kind=ParameterKind.DURATION,
                    summary="1, 2, 5 (if left out) or 10 minutes.",
                    required=False,
                ),
                Parameter(
                    name="web_acl",
                    kind=ParameterKind.TEXT,
                    summary="The web ACL's name; needed where there are several.",
                    required=False,
                ),
                SCOPE,
                REGION,
            ),
            repeat=Repeat.SAME_NAME,
            repeat_rule="The rule is named for path, limit and window; one that is there is left.",
            undo=Undo(does="Removes the rule, unless it was there before.", keeps=("whether it was there",)),
            residual=Residual(
                remains="Each address may still ask up to the limit, and a source with many addresses so "
                "often for each. WAF counts with about 30 s of delay.",
                closed_by="aws.waf.block",
            ),
            blast=BlastRadius(unit="rule", per_run=1, per_hour=10),
            rights=(
                Right(name="wafv2:ListWebACLs", why="To find the web ACL."),
                Right(name="wafv2:GetWebACL", why="To write back its other rules unchanged."),
                Right(name="wafv2:UpdateWebACL", why="To add the rule, and to remove it again."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_limit,
        seen=seen_by(_is_limited),
        verify=_is_limited,
        undo=_lift,
    ),
)
