"""Says whether what a runbook gives to an action fits what the action declares."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tocsin.domain.action import ActionClass, Declaration, Parameter, ParameterKind
from tocsin.domain.expression_parser import LENGTH
from tocsin.domain.runbook import StepAction
from tocsin.runbooks.binding import arguments_named
from tocsin.runbooks.reading import ALONE

FILLED = frozenset({"incident_key"})
"""Arguments that are filled in from the incident where a runbook does not give them."""


def misfits(action: StepAction, declaration: Declaration) -> Iterator[tuple[str, str]]:
    """Yield why an action cannot be given these arguments, and what to do, one pair for each reason."""
    given = arguments_named(action, declaration)
    parameters = {each.name: each for each in declaration.parameters}
    known = ", ".join(parameters) or "none"
    for name in given:
        if name == ALONE:
            yield f"`{declaration.name}` takes no argument.", "Remove it."
        elif name not in parameters:
            yield f"`{declaration.name}` has no argument `{name}`.", f"It has: {known}."
    for each in parameters.values():
        if each.required and each.name not in FILLED and given.get(each.name) in (None, ""):
            yield f"`{declaration.name}` needs the argument `{each.name}`.", f"Add it: {each.summary}"
        elif each.name in given and not _fits(each, given[each.name]):
            wanted = _WANTED[each.kind]
            yield f"`{each.name}` of `{declaration.name}` must be {wanted}.", f"It is: {each.summary}"
    if action.revert_after is not None:
        yield from _revert_misfits(declaration)


def _revert_misfits(declaration: Declaration) -> Iterator[tuple[str, str]]:
    if declaration.action_class is not ActionClass.CONTAIN:
        yield f"`for` is only for containment, and `{declaration.name}` is none.", "Remove `for`."
    elif declaration.undo is None:
        yield f"`{declaration.name}` cannot be undone, so it cannot end by itself.", "Remove `for`."


def _fits(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, str) and "{{" in value:
        return True
    return value is None or _CHECKS[parameter.kind](value)


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are(member: Callable[[str], bool]) -> Callable[[Any], bool]:
    """Return the check of a list, for which a single value may stand."""

    def check(value: Any) -> bool:
        members = value if isinstance(value, list) else [value]
        return all(isinstance(each, str) and ("{{" in each or member(each)) for each in members)

    return check


_CHECKS: Mapping[ParameterKind, Callable[[Any], bool]] = {
    ParameterKind.TEXT: _is_text,
    ParameterKind.TEXTS: _are(_is_text),
    ParameterKind.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ParameterKind.FLAG: lambda value: isinstance(value, bool),
    ParameterKind.DURATION: lambda value: _is_text(value) and LENGTH.fullmatch(value) is not None,
    ParameterKind.NETWORKS: _are(_is_network),
    ParameterKind.MAP: lambda value: isinstance(value, dict),
}
_WANTED: Mapping[ParameterKind, str] = {
    ParameterKind.TEXT: "a text",
    ParameterKind.TEXTS: "a text or a list of texts",
    ParameterKind.NUMBER: "a number",
    ParameterKind.FLAG: "true or false",
    ParameterKind.DURATION: "a length of time such as `15m`",
    ParameterKind.NETWORKS: "an IP address or network, or a list of them",
    ParameterKind.MAP: "a map",
}
