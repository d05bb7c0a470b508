"""Standing approvals: a named person's consent in advance, within bounds, for a time, counted at each use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, ClassVar

from tocsin.domain.action import Action, ActionClass, Declaration, ParameterKind, StandingApproval
from tocsin.domain.errors import Explained
from tocsin.domain.person import is_username

LONGEST = timedelta(days=90)
HOUR = timedelta(hours=1)
MOST_PER_HOUR = 100
ANY = "*"
DEPLOYMENT_FAILURE = "deployment-failure"


class StandingRefused(Explained):
    """A standing approval cannot be given as asked (HTTP 422)."""

    code: ClassVar[str] = "standing_refused"
    status: ClassVar[int] = 422

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"The standing approval cannot be given: {'; '.join(self.faults)}.",
            means="Nothing was consented to in advance; each action waits for a person as before.",
            next_step="Give bounds for each argument, an end within 90 days, and a cap an hour.",
        )


def check_given(given: StandingApproval, declaration: Declaration, now: datetime) -> None:
    """Raise `StandingRefused`, which names every fault, for a consent that goes too far."""
    faults = tuple(_faults(given, declaration, now))
    if faults:
        raise StandingRefused(faults)


def usable(
    standing: Sequence[StandingApproval],
    declaration: Declaration,
    arguments: Mapping[str, Any],
    incident_type: str,
    begun: Sequence[Action],
    now: datetime,
) -> tuple[StandingApproval, ...]:
    """Return the standing approvals that fit an action now, the first given first.

    `begun` are actions that began lately: each by which a standing approval was used counts for its cap.
    """
    return tuple(
        each
        for each in standing
        if each.action == declaration.name
        and is_live(each, now)
        and incident_type in (each.trigger or (incident_type,))
        and _is_within(each.bounds, declaration, arguments)
        and uses(each, begun, now) < each.per_hour
    )


def is_live(given: StandingApproval, now: datetime) -> bool:
    """Say whether it has neither expired nor been revoked."""
    return given.revoked_at is None and now < given.expires_at


def uses(given: StandingApproval, begun: Sequence[Action], now: datetime) -> int:
    """Return how often it was used within the last hour."""
    lately = (each for each in begun if each.begun_at is not None and each.begun_at > now - HOUR)
    return sum(any(one.standing == given.number for one in each.approvals) for each in lately)


def _faults(given: StandingApproval, declaration: Declaration, now: datetime) -> Iterator[str]:
    if not is_username(given.person):
        yield "only a signed-in person consents in advance"
    if given.action != declaration.name:
        yield f"it is for {given.action}, not for {declaration.name}"
    if not _may_stand(given, declaration):
        yield "only what can be undone is consented to in advance, or a rollback after a failed deployment"
    if not now < given.expires_at <= now + LONGEST:
        yield f"it must end within {LONGEST.days} days"
    if not 0 < given.per_hour <= MOST_PER_HOUR:
        yield f"it must be used 1 to {MOST_PER_HOUR} times an hour at most"
    yield from _unbound(given, declaration)


def _unbound(given: StandingApproval, declaration: Declaration) -> Iterator[str]:
    known = {each.name: each for each in declaration.parameters}
    for name in given.bounds:
        if name not in known or known[name].secret or not given.bounds[name]:
            yield f"{name} cannot be bound"
    for each in declaration.parameters:
        if each.required and not each.secret and each.name not in given.bounds:
            yield f"{each.name} has no bounds (`{ANY}` allows any)"


def _may_stand(given: StandingApproval, declaration: Declaration) -> bool:
    if declaration.undo is not None:
        return True
    return declaration.action_class is ActionClass.ROLLBACK and tuple(given.trigger) == (DEPLOYMENT_FAILURE,)


def _is_within(
    bounds: Mapping[str, Sequence[str]], declaration: Declaration, arguments: Mapping[str, Any]
) -> bool:
    kinds = {each.name: each.kind for each in declaration.parameters}
    for name, value in arguments.items():
        # An argument without bounds is one that need not be given, so a consent never meant any value of it.
        allowed = bounds.get(name, ())
        members = value if isinstance(value, tuple | list) else (value,)
        if not all(_is_allowed(str(each), allowed, kinds[name]) for each in members):
            return False
    return True


def _is_allowed(value: str, allowed: Sequence[str], kind: ParameterKind) -> bool:
    if ANY in allowed or value in allowed:
        return True
    if kind is not ParameterKind.NETWORKS:
        return any(each.endswith(ANY) and value.startswith(each[:-1]) for each in allowed)
    network = ip_network(value)
    wider = (ip_network(each, strict=False) for each in allowed)
    return any(network.version == each.version and network.subnet_of(each) for each in wider)  # type: ignore[arg-type]
