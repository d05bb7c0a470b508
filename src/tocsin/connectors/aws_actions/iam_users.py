"""Stops a user of IAM: everything denied, a key off, and (only after that) what cannot be undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tocsin.connectors.aws_actions.asking import (
    change,
    is_code,
    known,
    now,
    pages,
    read,
    refused,
    seen_by,
)
from tocsin.connectors.aws_actions.ourselves import refuse_ourselves
from tocsin.domain.acting import Arguments, Call, CallFailed, Kept, Outcome, Performer, Play
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

WATCH_MINUTES = 30
"""How long a key is watched after it was turned off; CloudTrail tells its uses up to 15 min later."""

LONGEST_ROLE_SESSION = timedelta(hours=12)
LONGEST_KEY_SESSION = timedelta(hours=36)
"""GetSessionToken gives a user at most 129,600 s, AssumeRole at most 43,200 s."""


def _user_touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"users": (str(arguments["user"]),)})


def _key_touched(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"users": (str(arguments["user"]),), "keys": (str(arguments["access_key"]),)})


def _deny_all(arguments: Arguments) -> Play[str]:
    """Return the ARN of AWSDenyAll in the partition of the user (`aws`, `aws-cn` ...)."""
    user = arguments["user"]
    sample = {"User": {"UserName": user, "Arn": f"arn:aws:iam::111122223333:user/{user}"}}
    answer = yield read("aws.iam", "GetUser", sample, UserName=user)
    partition = str(answer["User"]["Arn"]).split(":")[1]
    return f"arn:{partition}:iam::aws:policy/AWSDenyAll"


def _is_attached(arguments: Arguments, policy: str) -> Play[bool]:
    found = yield from pages(
        read("aws.iam", "ListAttachedUserPolicies", {"AttachedPolicies": []}, UserName=arguments["user"]),
        "Marker",
    )
    return any(each["PolicyArn"] == policy for page in found for each in page["AttachedPolicies"])


def _denial_before(arguments: Arguments) -> Play[Kept]:
    policy = yield from _deny_all(arguments)
    return {"policy": policy, "was_denied": (yield from _is_attached(arguments, policy))}


def _deny(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    user = arguments["user"]
    yield from refuse_ourselves("user", user)
    yield change("aws.iam", "AttachUserPolicy", None, UserName=user, PolicyArn=kept["policy"])
    return Outcome(text=f"{user} is denied everything.", output={"user": user})


def _is_denied(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _is_attached(arguments, kept["policy"]))


def _allow(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    user = arguments["user"]
    if kept["was_denied"]:
        return Outcome(text=f"{user} was denied everything before, and still is.")
    if (yield from _is_attached(arguments, kept["policy"])):
        yield change("aws.iam", "DetachUserPolicy", None, UserName=user, PolicyArn=kept["policy"])
    return Outcome(text=f"{user} may do again what was allowed before.")


def _status(arguments: Arguments, sample_status: str = "Active") -> Play[str | None]:
    """Read whether the key is `Active` or `Inactive`; None where the user has no such key."""
    wanted = arguments["access_key"]
    sample = {"AccessKeyMetadata": [{"AccessKeyId": wanted, "Status": sample_status}]}
    found = yield from pages(read("aws.iam", "ListAccessKeys", sample, UserName=arguments["user"]), "Marker")
    keys = {each["AccessKeyId"]: each["Status"] for page in found for each in page["AccessKeyMetadata"]}
    return keys.get(wanted)


def _key_before(arguments: Arguments) -> Play[Kept]:
    status = yield from _status(arguments)
    if status is None:
        raise refused("the user has no such key")
    return {"status": status}


def _deactivate(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield from refuse_ourselves("user", str(arguments["user"]))
    yield _set_status(arguments, "Inactive")
    since = yield from now()
    return Outcome(
        text=f"The key is off. Watch its uses for {WATCH_MINUTES} min with aws.cloudtrail.watch_key.",
        output={
            "user": arguments["user"],
            "access_key": arguments["access_key"],
            "since": since.isoformat(),
        },
    )


def _is_inactive(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _status(arguments)) == "Inactive"


def _reactivate(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield _set_status(arguments, kept["status"])
    return Outcome(text=f"The key is {kept['status'].lower()} as before.")


def _set_status(arguments: Arguments, status: str) -> Call:
    return change(
        "aws.iam",
        "UpdateAccessKey",
        None,
        UserName=arguments["user"],
        AccessKeyId=arguments["access_key"],
        Status=status,
    )


def _delete_key(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    status = yield from _status(arguments, "Inactive")
    if status == "Active":
        raise refused("the key is still active: turn it off first, and see what breaks")
    if status is not None:
        yield change(
            "aws.iam",
            "DeleteAccessKey",
            None,
            UserName=arguments["user"],
            AccessKeyId=arguments["access_key"],
        )
    return Outcome(text="The key is gone.", output={"access_key": arguments["access_key"]})


def _key_is_gone(arguments: Arguments, kept: Kept) -> Play[bool]:
    return (yield from _status(arguments)) is None


def _remove_login(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    user = arguments["user"]
    try:
        yield change("aws.iam", "DeleteLoginProfile", None, UserName=user)
    except CallFailed as failed:
        if not is_code(failed, "NoSuchEntity"):
            raise
    return Outcome(text=f"{user} has no password for the console.", output={"user": user})


def _has_no_login(arguments: Arguments, kept: Kept) -> Play[bool]:
    user = arguments["user"]
    try:
        yield read("aws.iam", "GetLoginProfile", {"LoginProfile": {"UserName": user}}, UserName=user)
    except CallFailed as failed:
        if not is_code(failed, "NoSuchEntity"):
            raise
        return True
    return False


_USER = Parameter(name="user", kind=ParameterKind.TEXT, summary="The user's name.")
_KEY = Parameter(name="access_key", kind=ParameterKind.TEXT, summary="The id of the key, such as AKIA....")
_KEYS_BLAST = BlastRadius(unit="key", per_run=1, per_hour=20)
_USERS_BLAST = BlastRadius(unit="user", per_run=1, per_hour=20)
_WHO = Right(name="sts:GetCallerIdentity", why="So that Tocsin never denies itself; always granted.")
_LIST_KEYS = Right(name="iam:ListAccessKeys", why="To keep whether the key was active, and to read it back.")

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.iam.deny_user",
            title="Deny a user of IAM everything",
            action_class=ActionClass.CONTAIN,
            parameters=(_USER,),
            repeat=Repeat.SAME_NAME,
            repeat_rule="A policy that is attached twice is attached once.",
            undo=Undo(
                does="Detaches AWSDenyAll, unless it was attached before.", keeps=("whether it was attached",)
            ),
            residual=Residual(
                remains="Roles that the user has assumed go on to the end of their sessions.",
                lasts=LONGEST_ROLE_SESSION,
                closed_by="aws.iam.contain_role",
            ),
            blast=_USERS_BLAST,
            rights=(
                Right(name="iam:GetUser", why="To find the user."),
                Right(name="iam:ListAttachedUserPolicies", why="To see what is attached, before and after."),
                Right(name="iam:AttachUserPolicy", why="To attach AWSDenyAll."),
                Right(name="iam:DetachUserPolicy", why="To detach it again."),
                _WHO,
            ),
            needs=("identity.describe", "identity.activity_24h"),
        ),
        objects=_user_touched,
        before=_denial_before,
        perform=_deny,
        seen=seen_by(_is_denied),
        verify=_is_denied,
        undo=_allow,
    ),
    Performer(
        declaration=Declaration(
            name="aws.iam.deactivate_key",
            title="Turn an access key off",
            action_class=ActionClass.CONTAIN,
            parameters=(_USER, _KEY),
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A key that is turned off twice is off.",
            undo=Undo(does="Sets the key to what it was, active as a rule.", keeps=("status of the key",)),
            residual=Residual(
                remains="AWS takes minutes to spread it, and sessions that were made with the key live on; "
                f"watch CloudTrail for {WATCH_MINUTES} min.",
                lasts=LONGEST_KEY_SESSION,
                closed_by="aws.iam.deny_user",
            ),
            blast=_KEYS_BLAST,
            rights=(
                _LIST_KEYS,
                Right(name="iam:UpdateAccessKey", why="To turn the key off, and on again."),
                _WHO,
            ),
            needs=("identity.describe", "identity.last_used"),
        ),
        objects=_key_touched,
        before=_key_before,
        perform=_deactivate,
        seen=seen_by(_is_inactive),
        verify=_is_inactive,
        undo=_reactivate,
    ),
    Performer(
        declaration=Declaration(
            name="aws.iam.delete_key",
            title="Delete an access key that is off",
            action_class=ActionClass.ERADICATE,
            parameters=(_USER, _KEY),
            repeat=Repeat.LOOK_UP,
            repeat_rule="The user's keys are listed first; one that is gone is deleted.",
            undo=None,
            no_undo="A deleted key never comes back. Turn it off first, and delete it when nothing broke.",
            residual=Residual(
                remains="Sessions that were made with the key live on.",
                lasts=LONGEST_KEY_SESSION,
                closed_by="aws.iam.deny_user",
            ),
            blast=_KEYS_BLAST,
            rights=(_LIST_KEYS, Right(name="iam:DeleteAccessKey", why="To delete the key.")),
        ),
        objects=_key_touched,
        perform=_delete_key,
        seen=seen_by(_key_is_gone),
        verify=_key_is_gone,
    ),
    Performer(
        declaration=Declaration(
            name="aws.iam.remove_login",
            title="Take away a user's password for the console",
            action_class=ActionClass.ERADICATE,
            parameters=(_USER,),
            repeat=Repeat.LOOK_UP,
            repeat_rule="A login that is not there is done.",
            undo=None,
            no_undo="The password is gone; a person has to set a new one. Prefer aws.iam.deny_user.",
            residual=Residual(
                remains="Whoever is signed in stays so, and the user's access keys still work.",
                lasts=LONGEST_ROLE_SESSION,
                closed_by="aws.iam.deny_user",
            ),
            blast=_USERS_BLAST,
            rights=(
                Right(name="iam:DeleteLoginProfile", why="To take the password away."),
                Right(name="iam:GetLoginProfile", why="To see that it is gone."),
            ),
            needs=("identity.describe",),
        ),
        objects=_user_touched,
        perform=_remove_login,
        seen=seen_by(_has_no_login),
        verify=_has_no_login,
    ),
)
