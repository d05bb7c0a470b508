"""What is done to a user in Entra: off and on again, sessions ended, a new password demanded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tocsin.connectors.each import EachSet, named_in
from tocsin.domain.acting import Arguments, Call, Kept, Outcome, Performer, Play, Seen
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

USERS = Parameter(
    name="users", kind=ParameterKind.TEXTS, summary="Object ids or sign-in names of users in Entra."
)
BLAST = BlastRadius(unit="users", counted="users", per_run=20, per_hour=100)
# Access tokens live up to an hour: https://learn.microsoft.com/en-us/entra/identity/users/users-revoke-access
TOKENS_LIVE = timedelta(minutes=60)
STILL_VALID = (
    "Access tokens that were issued before live on, up to 60 minutes; only resources with continuous access "
    "evaluation refuse them in near real time."
)
ENABLE_RIGHT = Right(
    name="User.EnableDisableAccount.All", why="to set accountEnabled, and nothing else, of users"
)
READ_RIGHT = Right(name="User.Read.All", why="to read the user's state before, and back after")
SESSIONS_RIGHT = Right(name="User.RevokeSessions.All", why="to end refresh tokens and browser sessions")
PASSWORD_RIGHT = Right(
    name="User-PasswordProfile.ReadWrite.All", why="to demand a new password at the next sign-in"
)
_SELECT = "id,userPrincipalName,accountEnabled,signInSessionsValidFromDateTime,passwordProfile"
_SAMPLE = {
    "id": "00000000-0000-0000-0000-000000000000",
    "accountEnabled": True,
    "signInSessionsValidFromDateTime": "2026-01-01T00:00:00Z",
    "passwordProfile": {"forceChangePasswordNextSignIn": False},
}


def read_user(user: str, arguments: Arguments) -> Call:
    """Return the call that reads what our acts change."""
    query = {"$select": _SELECT}
    return Call(
        service="entra",
        operation="GET /users/{user}",
        parameters={"user": user, "query": query},
        sample=_SAMPLE,
    )


def _changed(user: str, body: dict[str, Any]) -> Call:
    return Call(
        service="entra",
        operation="PATCH /users/{user}",
        parameters={"user": user, "body": body},
        changes=True,
        sample={},
    )


def _revoked(user: str) -> Call:
    return Call(
        service="entra",
        operation="POST /users/{user}/revokeSignInSessions",
        parameters={"user": user},
        changes=True,
        sample={"value": True},
    )


def _write_enabled(user: str, value: Any, arguments: Arguments) -> Call:
    return _changed(user, {"accountEnabled": bool(value)})


def _enabled_in(answer: Any) -> Any:
    return answer.get("accountEnabled")


def _write_forced(user: str, value: Any, arguments: Arguments) -> Call:
    return _changed(user, {"passwordProfile": {"forceChangePasswordNextSignIn": bool(value)}})


def _forced_in(answer: Any) -> Any:
    return bool((answer.get("passwordProfile") or {}).get("forceChangePasswordNextSignIn"))


_OFF = EachSet(
    argument="users",
    unit="users",
    read=read_user,
    value_in=_enabled_in,
    write=_write_enabled,
    wanted=lambda arguments: False,
)
_ON = EachSet(
    argument="users",
    unit="users",
    read=read_user,
    value_in=_enabled_in,
    write=_write_enabled,
    wanted=lambda arguments: True,
)
_FORCED = EachSet(
    argument="users",
    unit="users",
    read=read_user,
    value_in=_forced_in,
    write=_write_forced,
    wanted=lambda arguments: True,
)


def _sessions(arguments: Arguments) -> Play[Kept]:
    """Read since when each user's sessions are valid: ending them moves that instant."""
    valid: dict[str, Any] = {}
    for user in named_in(arguments, "users"):
        valid[user] = (yield read_user(user, arguments)).get("signInSessionsValidFromDateTime")
    return {"valid_from": valid}


def _end_sessions(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    users = named_in(arguments, "users")
    for user in users:
        yield _revoked(user)
    return Outcome(text=f"sessions of {len(users)} users ended", output={"count": len(users)})


def _are_ended(arguments: Arguments, kept: Kept) -> Play[bool]:
    before = kept.get("valid_from", {})
    now = (yield from _sessions(arguments))["valid_from"]
    return all(now[user] != before.get(user) for user in now)


def _seen_ended(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_done = yield from _are_ended(arguments, kept)
    return Seen.DONE if is_done else Seen.NOT_DONE


def _before_off(arguments: Arguments) -> Play[Kept]:
    values: dict[str, Any] = {}
    valid: dict[str, Any] = {}
    for user in named_in(arguments, "users"):
        found = yield read_user(user, arguments)
        values[user] = _enabled_in(found)
        valid[user] = found.get("signInSessionsValidFromDateTime")
    return {"values": values, "valid_from": valid}


def _turn_off(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield from _OFF.perform(arguments, kept, key)
    yield from _end_sessions(arguments, kept, key)
    count = len(named_in(arguments, "users"))
    return Outcome(text=f"{count} users turned off, their sessions ended", output={"count": count})


def _is_off(arguments: Arguments, kept: Kept) -> Play[bool]:
    is_off = yield from _OFF.verify(arguments, kept)
    are_ended = yield from _are_ended(arguments, kept)
    return is_off and are_ended


def _seen_off(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_done = yield from _is_off(arguments, kept)
    return Seen.DONE if is_done else Seen.NOT_DONE


DISABLE = Performer(
    declaration=Declaration(
        name="entra.disable_user",
        title="Turn users off in Entra and end their sessions",
        action_class=ActionClass.CONTAIN,
        parameters=(USERS,),
        repeat=Repeat.SAME_VALUE,
        repeat_rule="accountEnabled is set to false; a second time changes nothing.",
        undo=Undo(
            does="Sets accountEnabled to what it was. Ended sessions stay ended.", keeps=("accountEnabled",)
        ),
        residual=Residual(remains=STILL_VALID, lasts=TOKENS_LIVE),
        blast=BLAST,
        rights=(READ_RIGHT, ENABLE_RIGHT, SESSIONS_RIGHT),
    ),
    objects=_OFF.objects,
    before=_before_off,
    perform=_turn_off,
    seen=_seen_off,
    verify=_is_off,
    undo=_OFF.undo,
)
ENABLE = Performer(
    declaration=Declaration(
        name="entra.enable_user",
        title="Turn users on in Entra",
        action_class=ActionClass.RECOVER,
        parameters=(USERS,),
        repeat=Repeat.SAME_VALUE,
        repeat_rule="accountEnabled is set to true; a second time changes nothing.",
        undo=Undo(does="Sets accountEnabled to what it was.", keeps=("accountEnabled",)),
        residual=Residual(
            remains="Nothing of a containment is left: the users can sign in.", lasts=timedelta()
        ),
        blast=BLAST,
        rights=(READ_RIGHT, ENABLE_RIGHT),
    ),
    objects=_ON.objects,
    before=_ON.before,
    perform=_ON.perform,
    seen=_ON.seen,
    verify=_ON.verify,
    undo=_ON.undo,
)
FORCE_RESET = Performer(
    declaration=Declaration(
        name="entra.force_reset",
        title="Demand a new password from users of Entra",
        action_class=ActionClass.CONTAIN,
        parameters=(USERS,),
        repeat=Repeat.SAME_VALUE,
        repeat_rule="forceChangePasswordNextSignIn is set to true; a second time changes nothing.",
        undo=Undo(
            does="Sets forceChangePasswordNextSignIn to what it was; a password changed meanwhile stays.",
            keeps=("forceChangePasswordNextSignIn",),
        ),
        residual=Residual(
            remains="Sessions go on with the old password, which also opens the door once more to change it.",
            closed_by="entra.revoke_sessions",
        ),
        blast=BLAST,
        rights=(READ_RIGHT, PASSWORD_RIGHT),
    ),
    objects=_FORCED.objects,
    before=_FORCED.before,
    perform=_FORCED.perform,
    seen=_FORCED.seen,
    verify=_FORCED.verify,
    undo=_FORCED.undo,
)
REVOKE_SESSIONS = Performer(
    declaration=Declaration(
        name="entra.revoke_sessions",
        title="End all sessions of users of Entra",
        action_class=ActionClass.CONTAIN,
        parameters=(USERS,),
        repeat=Repeat.SAME_VALUE,
        repeat_rule="Sessions that are ended stay so; signInSessionsValidFromDateTime tells that they are.",
        undo=None,
        no_undo="Ended sessions cannot be brought back; the users sign in again.",
        residual=Residual(remains=STILL_VALID, lasts=TOKENS_LIVE, closed_by="entra.disable_user"),
        blast=BLAST,
        rights=(READ_RIGHT, SESSIONS_RIGHT),
    ),
    objects=_OFF.objects,
    before=_sessions,
    perform=_end_sessions,
    seen=_seen_ended,
    verify=_are_ended,
)
