"""The actions `idp.*` as long as no provider stands behind them: known to every runbook, done by none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.acts import texts
from tocsin.connectors.each import EachSet
from tocsin.domain.acting import Arguments, Call, Caller, Performer
from tocsin.domain.action import ActionClass, BlastRadius, Declaration, Repeat, Residual, Right, Undo
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured


class Unbound:
    """Refuses every call, since nobody could make it."""

    def call(self, call: Call) -> Any:
        """Raise `Misconfigured`."""
        raise Misconfigured(
            "No identity provider is bound to the actions `idp.*`.",
            means="The action was not begun, and nobody was locked or signed out.",
            next_step="Set TOCSIN_IDP to entra or cognito, or to http with actions `idp.*` in actions.yml.",
        )


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return what answers while no provider is bound."""
    return Unbound()


def _port(verb: str, title: str, action_class: ActionClass, undo: str, no_undo: str = "") -> Performer:
    def read(user: str, arguments: Arguments) -> Call:
        return Call(service="idp", operation=f"{verb} (look)", parameters={"user": user})

    def write(user: str, value: Any, arguments: Arguments) -> Call:
        return Call(service="idp", operation=verb, parameters={"user": user}, changes=True)

    plays = EachSet(
        argument="users",
        unit="users",
        read=read,
        value_in=lambda answer: answer,
        write=write,
        wanted=lambda arguments: True,
    )
    return Performer(
        declaration=Declaration(
            name=f"idp.{verb}",
            title=title,
            action_class=action_class,
            parameters=(texts("users", "The users, as the identity provider names them."),),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A second time changes nothing.",
            undo=Undo(does=undo) if undo else None,
            no_undo=no_undo,
            residual=Residual(remains="What tokens that were issued before can do, until they end."),
            blast=BlastRadius(unit="users", counted="users", per_run=20, per_hour=100),
            rights=(Right(name="of the provider that is bound", why="see its own action"),),
        ),
        objects=plays.objects,
        before=plays.before,
        perform=plays.perform,
        seen=plays.seen,
        verify=plays.verify,
        undo=plays.undo if undo else None,
    )


PERFORMERS = (
    _port("disable_user", "Turn users off", ActionClass.CONTAIN, "Turns them on again."),
    _port("enable_user", "Turn users on", ActionClass.RECOVER, "Turns them off again."),
    _port("force_reset", "Demand a new password", ActionClass.CONTAIN, "Takes the demand back."),
    _port(
        "revoke_sessions",
        "End all sessions",
        ActionClass.CONTAIN,
        "",
        "Ended sessions cannot be brought back.",
    ),
)
