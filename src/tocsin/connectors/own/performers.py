"""What runbooks have Tocsin itself do; who does it lies in the house, not outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tocsin.connectors.acts import INCIDENT_KEY, telling, text, texts
from tocsin.connectors.declared import CHANGES_NOTHING
from tocsin.connectors.each import named_in
from tocsin.connectors.plain import one_line
from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Performer, Play, Seen
from tocsin.domain.action import (
    ActionClass,
    BlastRadius,
    Declaration,
    Parameter,
    ParameterKind,
    Repeat,
)

ACTS = "tocsin.acts"
SIGNALS = "tocsin.signals"
LAST = timedelta(hours=1)
LONGEST_LAST = timedelta(days=7)
_TOLD, _LONGEST_TOLD = 5, 80


def _asked(operation: str, parameters: Mapping[str, Any], sample: Any, *, changes: bool = False) -> Call:
    service = ACTS if operation in ("page", "notify", "called") else SIGNALS
    return Call(service=service, operation=operation, parameters=parameters, changes=changes, sample=sample)


def _calling(operation: str, argument: str) -> Performer:
    def told(arguments: Arguments, key: str) -> Mapping[str, Any]:
        return {
            "incident_key": arguments.get("incident_key", ""),
            "who": list(named_in(arguments, argument)),
            "text": str(arguments.get("text", "")),
            "key": key,
        }

    def perform(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        who = list(named_in(arguments, argument))
        answer = yield _asked(operation, told(arguments, key), {"people": who}, changes=True)
        people = ", ".join(answer["people"])
        return Outcome(text=f"{operation}: {people or 'they were told before'}", output=answer)

    def seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        answer = yield _asked("called", {**told(arguments, key), "how": operation}, {"called": False})
        return Seen.DONE if answer["called"] else Seen.NOT_DONE

    def verify(arguments: Arguments, kept: Kept) -> Play[bool]:
        answer = yield _asked("called", {**told(arguments, ""), "how": operation}, {"called": True})
        return bool(answer["called"])

    words = {"page": "Page people", "notify": "Tell people"}[operation]
    declared = telling(
        f"tocsin.{operation}",
        f"{words} about the incident",
        texts(argument, "People, teams, schedules of oncall.yml, or `oncall`."),
        text("text", "Why they are told.", required=False),
        INCIDENT_KEY,
        rule="Our key stands in the timeline's line of it, written in the same transaction.",
        no_undo="They have been told.",
        blast=BlastRadius(unit="people", counted=argument, per_run=20, per_hour=200),
    )
    return Performer(declaration=declared, perform=perform, seen=seen, verify=verify)


def _open_bridge(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    answer = yield Call(
        service="bridge",
        operation="open",
        parameters={"incident": arguments.get("incident_key", "")},
        sample={"url": "https://bridge.example"},
    )
    return Outcome(text=f"the bridge is {answer['url']}", output=answer)


def _may_repeat(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    return Seen.NOT_DONE
    yield  # It is a play, though an empty one.


def _as_told(arguments: Arguments, kept: Kept) -> Play[bool]:
    return True
    yield


def _of_signals(operation: str, arguments: Arguments) -> Play[Outcome]:
    sample: dict[str, Any] = {"total": 0, "cut": False}
    sample |= {f"{name}s": [] for name in _grouped(operation, arguments)}
    last = min(arguments.get("last") or LAST, LONGEST_LAST)
    asked = {**arguments, "last": last.total_seconds()}
    answer = yield _asked(operation, asked, sample)
    lists = {f"{name}s": answer.get(f"{name}s") or () for name in _grouped(operation, arguments)}
    return Outcome(text=f"{answer['total']} found{_named(lists)}", output=answer)


def _named(lists: Mapping[str, Sequence[str]]) -> str:
    """Return the first values of each list: who is asked what it was has them in the timeline."""
    told = [f"; {name}: {_first(values)}" for name, values in lists.items() if values]
    return "".join(told)


def _first(values: Sequence[str]) -> str:
    rest = f" and {len(values) - _TOLD} more" if len(values) > _TOLD else ""
    return ", ".join(one_line(each, limit=_LONGEST_TOLD) for each in values[:_TOLD]) + rest


def _grouped(operation: str, arguments: Arguments) -> tuple[str, ...]:
    return named_in(arguments, "by" if operation == "top" else "same")


def _top(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    return (yield from _of_signals("top", arguments))


def _sequence(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    return (yield from _of_signals("sequence", arguments))


def _reading(name: str, title: str, *parameters: Parameter) -> Declaration:
    return Declaration(
        name=name,
        title=title,
        action_class=ActionClass.READ,
        parameters=parameters,
        repeat=Repeat.SAME_VALUE,
        repeat_rule="It only reads; a repeat reads again.",
        undo=None,
        no_undo="There is nothing to undo.",
        residual=CHANGES_NOTHING,
        blast=BlastRadius(unit="reads", per_run=10, per_hour=1_000),
        rights=(),
    )


_LAST = Parameter(
    name="last", kind=ParameterKind.DURATION, summary="How far back, at most 7 days; 1 h.", required=False
)
TOP = Performer(
    declaration=_reading(
        "signals.top",
        "Count stored signals by what they have in common",
        texts("by", "Columns to count by, such as src_ip, account, action."),
        text("class", "Only signals of this class, such as authentication.", required=False),
        text("outcome", "`failure` or `success`.", required=False),
        text("action", "Only signals of this action.", required=False),
        _LAST,
    ),
    perform=_top,
    seen=_may_repeat,
    verify=_as_told,
)
SEQUENCE = Performer(
    declaration=_reading(
        "signals.sequence",
        "Find what came after something else, for the same ones",
        text("first", "What comes first, `class.outcome`, such as authentication.failure."),
        text("then", "What comes after it, such as authentication.success."),
        texts("same", "Columns that both have in common, such as src_ip, account."),
        _LAST,
    ),
    perform=_sequence,
    seen=_may_repeat,
    verify=_as_told,
)
BRIDGE = Performer(
    declaration=telling(
        "bridge.open",
        "Tell where the incident's bridge is",
        INCIDENT_KEY,
        rule="The same incident has the same address.",
        no_undo="An address is only told.",
    ),
    perform=_open_bridge,
    seen=_may_repeat,
    verify=_as_told,
)
PERFORMERS = (_calling("page", "who"), _calling("notify", "to"), BRIDGE, TOP, SEQUENCE)
