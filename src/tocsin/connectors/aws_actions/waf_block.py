"""Blocks addresses at the WAF: they are added to IP sets that a rule of the web ACL blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    is_code,
    known,
    named,
    pages,
    read,
    seen_by,
)
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

IP_SET = "tocsin-blocked"
"""The IP sets are called this and `-ipv4` or `-ipv6`, where the action names no other."""
MOST_ADDRESSES = 10_000
"""Of one IP set: https://docs.aws.amazon.com/waf/latest/developerguide/limits.html."""
MOST_TRIES = 5
"""Somebody else may change a set between our read and our write; then it is read again."""
LOCKED = "WAFOptimisticLock"

Changed = Callable[[Sequence[str]], Sequence[str]]


def scope_of(arguments: Arguments) -> str:
    """Return REGIONAL or CLOUDFRONT."""
    return str(arguments.get("scope") or "REGIONAL").upper()


def waf_of(arguments: Arguments) -> str:
    """Return where the WAF is called: what guards CloudFront lives in us-east-1."""
    region = "us-east-1" if scope_of(arguments) == "CLOUDFRONT" else arguments.get("region")
    return f"aws.wafv2.{region}" if region else "aws.wafv2"


def _network(text: str) -> str:
    """Return an address or network as one spelling; AWS spells IPv6 in full and people do not."""
    return str(ip_network(text.strip(), strict=False))


def _by_version(arguments: Arguments) -> Mapping[int, tuple[str, ...]]:
    networks = [ip_network(each.strip(), strict=False) for each in named(arguments["ips"])]
    return {
        version: tuple(dict.fromkeys(str(each) for each in networks if each.version == version))
        for version in (4, 6)
        if any(each.version == version for each in networks)
    }


def _sets(arguments: Arguments) -> Play[Mapping[int, Mapping[str, str]]]:
    """Find the IP set of each version that is wanted. Raises `CallFailed` where one is missing."""
    name, where = str(arguments.get("ip_set") or IP_SET), waf_of(arguments)
    samples = [{"Name": f"{name}-ipv{version}", "Id": f"id-of-ipv{version}"} for version in (4, 6)]
    found = yield from pages(
        read(where, "ListIPSets", {"IPSets": samples}, Scope=scope_of(arguments)), "NextMarker"
    )
    ids = {each["Name"]: each["Id"] for page in found for each in page["IPSets"]}
    sets = {}
    for version in _by_version(arguments):
        wanted = f"{name}-ipv{version}"
        if wanted not in ids:
            raise CallFailed(
                FailureKind.MISCONFIGURED, f"there is no IP set {wanted[:140]} for the WAF's rule"
            )
        sets[version] = {"Name": wanted, "Id": ids[wanted]}
    return sets


def _addresses(arguments: Arguments, one: Mapping[str, str]) -> Play[Mapping[str, Any]]:
    sample = {"IPSet": {**one, "Addresses": []}, "LockToken": "token"}
    answer: Mapping[str, Any] = yield read(
        waf_of(arguments), "GetIPSet", sample, Scope=scope_of(arguments), **one
    )
    return answer


def _write(arguments: Arguments, one: Mapping[str, str], changed: Changed) -> Play[None]:
    """Write the whole set anew, read again whenever somebody else was faster."""
    for _ in range(MOST_TRIES):
        answer = yield from _addresses(arguments, one)
        there = answer["IPSet"]["Addresses"]
        wanted = list(changed(there))
        if wanted == there:
            return
        if len(wanted) > MOST_ADDRESSES:
            raise CallFailed(FailureKind.REFUSED, f"an IP set holds at most {MOST_ADDRESSES} addresses")
        described = {name: answer["IPSet"][name] for name in ("Description",) if answer["IPSet"].get(name)}
        try:
            yield change(
                waf_of(arguments),
                "UpdateIPSet",
                None,
                Scope=scope_of(arguments),
                Addresses=wanted,
                LockToken=answer["LockToken"],
                **one,
                **described,
            )
        except CallFailed as failed:
            if not is_code(failed, LOCKED):
                raise
        else:
            return
    raise CallFailed(FailureKind.RETRY_LATER, "others change the IP set all the time")


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"networks": tuple(each for several in _by_version(arguments).values() for each in several)})


def _before(arguments: Arguments) -> Play[Kept]:
    """Keep which of the addresses are not in their set yet: those alone are taken out again."""
    sets = yield from _sets(arguments)
    new = []
    for version, ours in _by_version(arguments).items():
        there = yield from _there(arguments, sets[version])
        new += [each for each in ours if each not in there]
    return {"new": new}


def _there(arguments: Arguments, one: Mapping[str, str]) -> Play[frozenset[str]]:
    answer = yield from _addresses(arguments, one)
    return frozenset(_network(each) for each in answer["IPSet"]["Addresses"])


def _block(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    sets = yield from _sets(arguments)
    for version, ours in _by_version(arguments).items():
        yield from _write(arguments, sets[version], _with(ours))
    return Outcome(
        text=f"{len(kept['new'])} more addresses or networks are blocked.", output={"added": kept["new"]}
    )


def _with(ours: Sequence[str]) -> Changed:
    def changed(there: Sequence[str]) -> Sequence[str]:
        known = {_network(each) for each in there}
        return [*there, *(each for each in ours if each not in known)]

    return changed


def _without(ours: Sequence[str]) -> Changed:
    return lambda there: [each for each in there if _network(each) not in ours]


def _is_blocked(arguments: Arguments, kept: Kept) -> Play[bool]:
    sets = yield from _sets(arguments)
    for version, ours in _by_version(arguments).items():
        there = yield from _there(arguments, sets[version])
        if not there.issuperset(ours):
            return False
    return True


def _unblock(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    sets = yield from _sets(arguments)
    for one in sets.values():
        yield from _write(arguments, one, _without(kept["new"]))
    return Outcome(text=f"{len(kept['new'])} addresses or networks are no longer blocked.")


SCOPE = Parameter(
    name="scope",
    kind=ParameterKind.TEXT,
    summary="REGIONAL (load balancers, APIs), which it is if left out, or CLOUDFRONT.",
    required=False,
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.waf.block",
            title="Block addresses or networks at the WAF",
            action_class=ActionClass.CONTAIN,
            parameters=(
                Parameter(
                    name="ips", kind=ParameterKind.NETWORKS, summary="Addresses or networks, IPv4 and IPv6."
                ),
                Parameter(
                    name="ip_set",
                    kind=ParameterKind.TEXT,
                    summary=f"What the IP sets are called before `-ipv4` and `-ipv6`; {IP_SET} if left out.",
                    required=False,
                ),
                SCOPE,
                REGION,
            ),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="The addresses are a set; what is in it is not added again.",
            undo=Undo(does="Takes out the addresses that we added.", keeps=("which were new",)),
            residual=Residual(
                remains="The source may come from other addresses, and sessions that are open go on.",
                closed_by="aws.waf.rate_limit",
            ),
            blast=BlastRadius(unit="address or network", counted="ips", per_run=100, per_hour=500),
            rights=(
                Right(name="wafv2:ListIPSets", why="To find the IP sets."),
                Right(name="wafv2:GetIPSet", why="To read what is blocked, before and after."),
                Right(name="wafv2:UpdateIPSet", why="To add addresses, and to take them out again."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_block,
        seen=seen_by(_is_blocked),
        verify=_is_blocked,
        undo=_unblock,
    ),
)
