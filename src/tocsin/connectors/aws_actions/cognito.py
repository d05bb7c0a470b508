"""Shuts people out of a Cognito user pool: disabled, signed out everywhere, told to set a new password."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from tocsin.connectors.aws_actions.asking import (
    REGION,
    change,
    known,
    named,
    pages,
    placed,
    read,
    refused,
    seen_by,
)
from tocsin.connectors.aws_actions.reading import nothing_to_read_back
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

LONGEST_TOKEN = timedelta(days=1)
"""An access or id token of Cognito lives at most a day."""
_PASSWORD_BYTES = 69
"""They make a password of 96 characters; a pool may ask for 6 to 99."""
_MUST_CHANGE = frozenset({"RESET_REQUIRED", "FORCE_CHANGE_PASSWORD"})


def _pool(arguments: Arguments) -> Play[str]:
    """Return the pool that is named, or the only one that there is."""
    if arguments.get("pool"):
        return str(arguments["pool"])
    sample = {"UserPools": [{"Id": "eu-west-1_pool"}]}
    found = yield from pages(
        read(placed("cognito-idp", arguments), "ListUserPools", sample, MaxResults=60), "NextToken"
    )
    pools = [each["Id"] for page in found for each in page["UserPools"]]
    if len(pools) != 1:
        raise refused(f"{len(pools)} user pools are meant: name one as `pool`")
    return str(pools[0])


def _users(arguments: Arguments, pool: str) -> Play[Mapping[str, Mapping[str, Any]]]:
    """Read every user. Raises `CallFailed` where one is not in the pool, before any is changed."""
    found = {}
    for user in named(arguments["users"]):
        found[user] = yield read(
            placed("cognito-idp", arguments),
            "AdminGetUser",
            {"Enabled": True, "UserStatus": "CONFIRMED"},
            UserPoolId=pool,
            Username=user,
        )
    return found


def _acted(arguments: Arguments, operation: str, pool: str, user: str) -> Call:
    return change(placed("cognito-idp", arguments), operation, None, UserPoolId=pool, Username=user)


def _touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"users": named(arguments["users"])})


def _before(arguments: Arguments) -> Play[Kept]:
    pool = yield from _pool(arguments)
    users = yield from _users(arguments, pool)
    return {"pool": pool, "enabled": {name: bool(user["Enabled"]) for name, user in users.items()}}


def _disable(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    for user in kept["enabled"]:
        yield _acted(arguments, "AdminDisableUser", kept["pool"], user)
    return Outcome(
        text=f"{len(kept['enabled'])} users are disabled.", output={"users": list(kept["enabled"])}
    )


def _are_disabled(arguments: Arguments, kept: Kept) -> Play[bool]:
    users = yield from _users(arguments, kept["pool"])
    return not any(user["Enabled"] for user in users.values())


def _turn_on(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    for user in kept["enabled"]:
        yield _acted(arguments, "AdminEnableUser", kept["pool"], user)
    return Outcome(text=f"{len(kept['enabled'])} users are enabled.", output={"users": list(kept["enabled"])})


def _are_enabled(arguments: Arguments, kept: Kept) -> Play[bool]:
    users = yield from _users(arguments, kept["pool"])
    return all(user["Enabled"] for user in users.values())


def _turn_off_again(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    for user, was_enabled in kept["enabled"].items():
        if not was_enabled:
            yield _acted(arguments, "AdminDisableUser", kept["pool"], user)
    return Outcome(text="Those who were disabled before are so again.")


def _enable(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    for user, was_enabled in kept["enabled"].items():
        if was_enabled:
            yield _acted(arguments, "AdminEnableUser", kept["pool"], user)
    return Outcome(text="Those who were enabled before are so again.")


def _sign_out(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    for user in kept["enabled"]:
        yield _acted(arguments, "AdminUserGlobalSignOut", kept["pool"], user)
    return Outcome(
        text=f"{len(kept['enabled'])} users are signed out everywhere.",
        output={"users": list(kept["enabled"])},
    )


def _sign_out_again(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    """Cognito does not tell, and to sign out a second time does no harm: it is simply done."""
    return known(Seen.NOT_DONE)


def _reset(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    users = yield from _users(arguments, kept["pool"])
    for user, described in users.items():
        if described["UserStatus"] in _MUST_CHANGE:
            continue
        if described["Enabled"]:
            yield _acted(arguments, "AdminResetUserPassword", kept["pool"], user)
        else:
            yield _locked_out(arguments, kept["pool"], user)
    return Outcome(text=f"{len(users)} users must set a new password.", output={"users": list(users)})


def _locked_out(arguments: Arguments, pool: str, user: str) -> Call:
    """Give a disabled user a password that nobody knows: Cognito resets those of enabled users only."""
    return change(
        placed("cognito-idp", arguments),
        "AdminSetUserPassword",
        None,
        ("Password",),
        UserPoolId=pool,
        Username=user,
        Password=f"{token_urlsafe(_PASSWORD_BYTES)}aA1!",
        Permanent=False,
    )


def _must_change(arguments: Arguments, kept: Kept) -> Play[bool]:
    users = yield from _users(arguments, kept["pool"])
    return all(user["UserStatus"] in _MUST_CHANGE for user in users.values())


_PARAMETERS = (
    Parameter(name="users", kind=ParameterKind.TEXTS, summary="Names of the users, one or several."),
    Parameter(
        name="pool",
        kind=ParameterKind.TEXT,
        summary="The user pool's id; needed where there are several.",
        required=False,
    ),
    REGION,
)
_BLAST = BlastRadius(unit="user", counted="users", per_run=50, per_hour=100)
_FIND = (
    Right(name="cognito-idp:ListUserPools", why="To find the pool where none is named."),
    Right(name="cognito-idp:AdminGetUser", why="To keep how the user was, and to read back."),
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.cognito.disable_user",
            title="Disable users of a Cognito pool",
            action_class=ActionClass.CONTAIN,
            parameters=_PARAMETERS,
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A user who is disabled twice is disabled.",
            undo=Undo(does="Enables those who were enabled before.", keeps=("who was enabled",)),
            residual=Residual(
                remains="Access tokens are good to their end wherever only their signature is checked.",
                lasts=LONGEST_TOKEN,
                closed_by="aws.cognito.revoke_sessions",
            ),
            blast=_BLAST,
            rights=(
                *_FIND,
                Right(name="cognito-idp:AdminDisableUser", why="To disable."),
                Right(name="cognito-idp:AdminEnableUser", why="To enable again."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_disable,
        seen=seen_by(_are_disabled),
        verify=_are_disabled,
        undo=_enable,
    ),
    Performer(
        declaration=Declaration(
            name="aws.cognito.enable_user",
            title="Enable users of a Cognito pool",
            action_class=ActionClass.RECOVER,
            parameters=_PARAMETERS,
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A user who is enabled twice is enabled.",
            undo=Undo(does="Disables those who were disabled before.", keeps=("who was enabled",)),
            residual=Residual(
                remains="Nothing of a containment is left: whoever knows the password can sign in.",
                closed_by="aws.cognito.disable_user",
            ),
            blast=_BLAST,
            rights=(
                *_FIND,
                Right(name="cognito-idp:AdminEnableUser", why="To enable."),
                Right(name="cognito-idp:AdminDisableUser", why="To disable again."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_turn_on,
        seen=seen_by(_are_enabled),
        verify=_are_enabled,
        undo=_turn_off_again,
    ),
    Performer(
        declaration=Declaration(
            name="aws.cognito.revoke_sessions",
            title="Sign users of a Cognito pool out everywhere",
            action_class=ActionClass.CONTAIN,
            parameters=_PARAMETERS,
            repeat=Repeat.SAME_VALUE,
            repeat_rule="Who is signed out twice is signed out.",
            undo=None,
            no_undo="Ended sessions do not come back; people sign in anew.",
            residual=Residual(
                remains="Whoever checks only the signature of a token, and does not ask Cognito, lets it "
                "pass to its end; whoever knows the password signs in again.",
                lasts=LONGEST_TOKEN,
                closed_by="aws.cognito.disable_user",
            ),
            blast=_BLAST,
            rights=(*_FIND, Right(name="cognito-idp:AdminUserGlobalSignOut", why="To revoke the tokens.")),
        ),
        objects=_touched,
        before=_before,
        perform=_sign_out,
        seen=_sign_out_again,
        # A sign-out leaves nothing to read back: that AWS accepted it is all that is known.
        verify=nothing_to_read_back,
    ),
    Performer(
        declaration=Declaration(
            name="aws.cognito.force_reset",
            title="Make users of a Cognito pool set a new password",
            action_class=ActionClass.ERADICATE,
            parameters=_PARAMETERS,
            repeat=Repeat.LOOK_UP,
            repeat_rule="Who must set a new password already is not reset again, and gets no second message.",
            undo=None,
            no_undo="The old password is gone; Cognito sends a code by mail or SMS to set a new one. Who is "
            "disabled gets one that nobody knows, and after being enabled a new one from an administrator.",
            residual=Residual(
                remains="Sessions that are open go on; whoever reads the person's mail can set the password.",
                lasts=LONGEST_TOKEN,
                closed_by="aws.cognito.revoke_sessions",
            ),
            blast=_BLAST,
            rights=(
                *_FIND,
                Right(name="cognito-idp:AdminResetUserPassword", why="To end the password."),
                Right(name="cognito-idp:AdminSetUserPassword", why="To end that of a disabled user."),
            ),
        ),
        objects=_touched,
        before=_before,
        perform=_reset,
        seen=seen_by(_must_change),
        verify=_must_change,
    ),
)
