"""Find what an on-call file says that can be read, and still does not call whom it should."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.matchers import Matcher
from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity
from tocsin.oncall.policies import DEFAULT_POLICY
from tocsin.oncall.roster import Roster
from tocsin.oncall.routes import Route

_SEVERITY = "severity"


class FindingKind(StrEnum):
    """A problem cannot work; a warning works and may not be meant."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found and what to do. `place` is `file:line:column`, or the file where it has no one place."""

    kind: FindingKind
    place: str
    text: str
    next_step: str


def unknown_channels(text: str, path: str, known: Collection[str]) -> tuple[Finding, ...]:
    """Return each place that names a channel which no connector has. Raises `PackProblem`."""
    return tuple(
        Finding(
            kind=FindingKind.PROBLEM,
            place=f"{name.path}:{name.line}:{name.column}",
            text=f"There is no channel `{name.text}`, so nothing would be sent by it.",
            next_step=f"Use one of: {', '.join(sorted(known))}.",
        )
        for name in _channel_names(parse(text, path))
        if name.text not in known
    )


def weak_routes(roster: Roster) -> tuple[Finding, ...]:
    """Return a warning for each route that leads a severity away from steps to a policy without any."""
    return tuple(
        Finding(
            kind=FindingKind.WARNING,
            place=f"{roster.path}:{route.line}",
            text=f"Route “{route.name}” can lead {_listed(lost)} to the policy {route.policy}, which has no "
            f"steps for it, so nobody is called or told by steps; {DEFAULT_POLICY} has some.",
            next_step="Add the steps to the policy, or let the route ask for the severities that it has: "
            "`severity = P1`.",
        )
        for route, matchers in _below(roster.routes, ())
        if (lost := _lost(roster, route, matchers))
    )


def shared_addresses(roster: Roster, one_alert: Collection[str]) -> tuple[Finding, ...]:
    """Return a warning for each address of several people by a channel that keeps one alert an incident.

    `one_alert` are such channels: a second page to the same address changes that alert and calls nobody new.
    """
    used: dict[tuple[str, str], list[str]] = {}
    for person in roster.people.values():
        own = {(one.channel, one.address.partition("/")[0]) for one in person.contacts}
        for each in sorted(own):
            if each[0] in one_alert:
                used.setdefault(each, []).append(person.username)
    return tuple(
        Finding(
            kind=FindingKind.WARNING,
            place=roster.path,
            text=f"{' and '.join(people)} share the address {address} of {channel}, which keeps one alert an "
            "incident: a page to the second of them changes that alert and calls nobody new.",
            next_step="Give each person an address of their own: in PagerDuty a service, with its key, that "
            "calls this person.",
        )
        for (channel, address), people in used.items()
        if len(people) > 1
    )


def _channel_names(written: Located) -> Iterator[Located]:
    """Go through the whole file: contacts, rooms, notices, steps, rules and limits name channels."""
    pairs = {key.text: (key, value) for key, value in written.pairs}
    if {"channel", "address"} <= pairs.keys():
        yield pairs["channel"][1]
    for name, (_, value) in pairs.items():
        if name in ("by", "fallback"):
            yield from value.members or (value,)
        elif name == "limits":
            yield from (key for key, _ in value.pairs)
        else:
            yield from _channel_names(value)
    for member in written.members:
        yield from _channel_names(member)


def _below(
    routes: tuple[Route, ...], above: tuple[Matcher, ...]
) -> Iterator[tuple[Route, tuple[Matcher, ...]]]:
    """Return each route with all matchers on the way to it."""
    for route in routes:
        matchers = (*above, *route.matchers)
        yield route, matchers
        yield from _below(route.routes, matchers)


def _lost(roster: Roster, route: Route, matchers: tuple[Matcher, ...]) -> tuple[Severity, ...]:
    if not route.policy:
        return ()
    default, policy = roster.policy(DEFAULT_POLICY), roster.policy(route.policy)
    asked = [matcher for matcher in matchers if matcher.label == _SEVERITY]
    return tuple(
        severity
        for severity in Severity
        if default.of(severity)
        and not policy.of(severity)
        and all(matcher.matches({_SEVERITY: severity.value}) for matcher in asked)
    )


def _listed(severities: tuple[Severity, ...]) -> str:
    return " and ".join(severity.value for severity in severities)
