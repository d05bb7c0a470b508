"""How much may be done: in one run, in one hour, by one class or service, and to how wide a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, ClassVar
from uuid import UUID

from tocsin.domain.action import Action, ActionClass, Declaration, ParameterKind
from tocsin.domain.errors import Explained

HOUR = timedelta(hours=1)
CLASS_PER_HOUR: Mapping[ActionClass, int] = {
    ActionClass.CONTAIN: 200,
    ActionClass.ERADICATE: 50,
    ActionClass.RECOVER: 200,
    ActionClass.ROLLBACK: 10,
    ActionClass.NOTIFY: 500,
}
SERVICE_PER_HOUR = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many actions of a class (absent: any number), and of a service, may begin within an hour."""

    class_per_hour: Mapping[ActionClass, int] = field(default_factory=lambda: dict(CLASS_PER_HOUR))
    service_per_hour: int = SERVICE_PER_HOUR


class LimitReached(Explained):
    """An action would go beyond what may be done in one run or hour, or hit too wide a network (HTTP 409)."""

    code: ClassVar[str] = "action_limit"
    status: ClassVar[int] = 409

    def __init__(self, name: str, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            f"{name} goes beyond its limits: {'; '.join(self.reasons)}.",
            means="Nothing was changed. A limit guards against one mistake hitting everybody.",
            next_step="Narrow the arguments, or wait until the hour is over.",
        )


def counted(declaration: Declaration, arguments: Mapping[str, Any]) -> int:
    """Return how many units an action hits: members of the counted argument, its number, or one."""
    value = arguments.get(declaration.blast.counted) if declaration.blast.counted else None
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return max(1, int(value))
    return 1


def reasons_against(
    declaration: Declaration,
    arguments: Mapping[str, Any],
    begun: Sequence[Action],
    run_id: UUID | None,
    now: datetime,
    limits: Limits,
) -> tuple[str, ...]:
    """Return why an action may not begin now, in words; none if it may.

    `begun` are the actions that began within the last hour or before; what takes something back is not among
    what is counted.
    """
    lately = [each for each in begun if _is_since(each, now - HOUR) and each.undoes is None]
    return (
        *_wide_networks(declaration, arguments),
        *_over_blast(declaration, arguments, [each for each in begun if each.undoes is None], run_id, now),
        *_over_hour(declaration, lately, limits),
    )


def _is_since(action: Action, at: datetime) -> bool:
    return action.begun_at is not None and action.begun_at > at


def _wide_networks(declaration: Declaration, arguments: Mapping[str, Any]) -> Iterator[str]:
    for parameter in declaration.parameters:
        if parameter.kind is not ParameterKind.NETWORKS:
            continue
        for text in arguments.get(parameter.name, ()):
            network = ip_network(text)
            widest = declaration.blast.widest[0 if network.version == 4 else 1]
            if network.prefixlen < widest:
                yield f"{text} is wider than /{widest}"


def _over_blast(
    declaration: Declaration,
    arguments: Mapping[str, Any],
    begun: Sequence[Action],
    run_id: UUID | None,
    now: datetime,
) -> Iterator[str]:
    blast, asked = declaration.blast, counted(declaration, arguments)
    same = [each for each in begun if each.name == declaration.name]
    if blast.each_of:
        same = [each for each in same if each.arguments.get(blast.each_of) == arguments.get(blast.each_of)]
    in_run = sum(counted(declaration, each.arguments) for each in same if run_id and each.run_id == run_id)
    in_hour = sum(counted(declaration, each.arguments) for each in same if _is_since(each, now - HOUR))
    if asked + in_run > blast.per_run:
        yield f"{asked + in_run} of the unit ({blast.unit}) in one run, where {blast.per_run} are allowed"
    if asked + in_hour > blast.per_hour:
        yield f"{asked + in_hour} of the unit ({blast.unit}) in an hour, where {blast.per_hour} are allowed"


def _over_hour(declaration: Declaration, lately: Sequence[Action], limits: Limits) -> Iterator[str]:
    of_class = sum(each.action_class is declaration.action_class for each in lately)
    most = limits.class_per_hour.get(declaration.action_class)
    if most is not None and of_class >= most:
        yield f"{of_class} actions of the class {declaration.action_class} began within the hour"
    of_service = sum(each.name.partition(".")[0] == declaration.service for each in lately)
    if of_service >= limits.service_per_hour:
        yield f"{of_service} actions of {declaration.service} began within the hour"
