"""What acts that only tell people have in common: they contain nothing, and nothing remains of them."""

from __future__ import annotations

from datetime import timedelta

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

TELLS_ONLY = Residual(remains="It only tells people; nothing is contained.", lasts=timedelta())


def text(name: str, summary: str, *, required: bool = True, secret: bool = False) -> Parameter:
    """Return a parameter that is a text."""
    return Parameter(name=name, kind=ParameterKind.TEXT, summary=summary, required=required, secret=secret)


def texts(name: str, summary: str, *, required: bool = True) -> Parameter:
    """Return a parameter that is one text or several."""
    return Parameter(name=name, kind=ParameterKind.TEXTS, summary=summary, required=required)


def telling(
    name: str,
    title: str,
    *parameters: Parameter,
    rule: str,
    no_undo: str = "",
    undo: Undo | None = None,
    blast: BlastRadius | None = None,
    rights: tuple[Right, ...] = (),
) -> Declaration:
    """Return the declaration of an act that tells people; `rule` says how a repeat is recognised."""
    return Declaration(
        name=name,
        title=title,
        action_class=ActionClass.NOTIFY,
        parameters=parameters,
        repeat=Repeat.LOOK_UP,
        repeat_rule=rule,
        undo=undo,
        no_undo=no_undo,
        residual=TELLS_ONLY,
        blast=blast or BlastRadius(unit="messages", per_run=1, per_hour=100),
        rights=rights,
        time_limit_s=30.0,
    )


INCIDENT_KEY = text(
    "incident_key",
    "What names the incident to partners; that of the action's own incident where it is not given.",
    required=False,
)
