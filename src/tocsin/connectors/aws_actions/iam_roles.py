"""Takes a role of IAM away from whoever has got it: its open sessions, and the way to new ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from tocsin.connectors.aws_actions.asking import (
    change,
    is_code,
    known,
    now,
    read,
    seen_by,
)
from tocsin.connectors.aws_actions.ourselves import refuse_ourselves
from tocsin.domain.acting import Arguments, CallFailed, Kept, Outcome, Performer, Play, Seen
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

REVOKED = "AWSRevokeOlderSessions"
"""The name that IAM's own console gives the policy, so that people know it when they see it."""
TRUST_CLOSED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ClosedByTocsin",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
SPREADING = timedelta(seconds=30)
"""IAM's console revokes sessions of the next 30 s too, since a policy takes that long to spread:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html."""
LONGEST_SESSION = timedelta(hours=12)
"""MaxSessionDuration is at most 43,200 s."""


def name_of(arguments: Arguments) -> str:
    """Return the name of the role, which may be given as an ARN too."""
    return str(arguments["role"]).rpartition("/")[2]


def role_of(arguments: Arguments) -> Play[Mapping[str, Any]]:
    """Read the role, its trust policy as text."""
    name = name_of(arguments)
    arn = f"arn:aws:iam::111122223333:role/{name}"
    sample = {"RoleName": name, "Arn": arn, "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": 3600}
    answer = yield read("aws.iam", "GetRole", {"Role": sample}, RoleName=name)
    role = answer["Role"]
    return {**role, "AssumeRolePolicyDocument": unquote(role["AssumeRolePolicyDocument"])}


def _objects(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return known({"roles": (name_of(arguments),)})


def _trust_before(arguments: Arguments) -> Play[Kept]:
    role = yield from role_of(arguments)
    return {
        "trust": role["AssumeRolePolicyDocument"],
        "longest_session_s": role.get("MaxSessionDuration", 3600),
    }


def _close_trust(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    name = name_of(arguments)
    yield from refuse_ourselves("role", name)
    yield change("aws.iam", "UpdateAssumeRolePolicy", None, RoleName=name, PolicyDocument=TRUST_CLOSED)
    longest = timedelta(seconds=kept["longest_session_s"])
    return Outcome(
        text=f"Nobody can assume {name} now; a session of before may last {longest} more.",
        output={"role": name, "longest_session_s": kept["longest_session_s"]},
    )


def _trust_is_closed(arguments: Arguments, kept: Kept) -> Play[bool]:
    role = yield from role_of(arguments)
    return _same(role["AssumeRolePolicyDocument"], TRUST_CLOSED)


def _reopen_trust(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    name = name_of(arguments)
    yield change("aws.iam", "UpdateAssumeRolePolicy", None, RoleName=name, PolicyDocument=kept["trust"])
    return Outcome(text=f"{name} has its trust policy of before again.")


def _revocation(name: str) -> Play[str | None]:
    """Read the policy that revokes sessions, None where there is none."""
    try:
        answer = yield read(
            "aws.iam", "GetRolePolicy", {"PolicyDocument": "{}"}, RoleName=name, PolicyName=REVOKED
        )
    except CallFailed as failed:
        if not is_code(failed, "NoSuchEntity"):
            raise
        return None
    return unquote(answer["PolicyDocument"])


def _sessions_before(arguments: Arguments) -> Play[Kept]:
    return {"revocation": (yield from _revocation(name_of(arguments)))}


def _revoke_sessions(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    name = name_of(arguments)
    yield from refuse_ourselves("role", name)
    there = yield from _revocation(name)
    if there is not None and _mark(key) in there:
        return Outcome(text=f"The sessions of {name} were revoked already.", output={"role": name})
    until = (yield from now()) + SPREADING
    document = _revoking(until.isoformat(timespec="seconds").replace("+00:00", "Z"), key)
    yield change("aws.iam", "PutRolePolicy", None, RoleName=name, PolicyName=REVOKED, PolicyDocument=document)
    return Outcome(
        text=f"Every session of {name} that began before {until:%Y-%m-%d %H:%M:%S}Z is denied everything.",
        output={"role": name, "revoked_before": until.isoformat()},
    )


def _sessions_seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    there = yield from _revocation(name_of(arguments))
    return Seen.DONE if there is not None and _mark(key) in there else Seen.NOT_DONE


def _sessions_are_revoked(arguments: Arguments, kept: Kept) -> Play[bool]:
    there = yield from _revocation(name_of(arguments))
    return there is not None and not _same(there, kept["revocation"]) and "aws:TokenIssueTime" in there


def _allow_sessions(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    name, earlier = name_of(arguments), kept["revocation"]
    if earlier is None:
        yield from _delete_revocation(name)
    else:
        yield change(
            "aws.iam", "PutRolePolicy", None, RoleName=name, PolicyName=REVOKED, PolicyDocument=earlier
        )
    return Outcome(text=f"The sessions of {name} are as they were before.")


def _delete_revocation(name: str) -> Play[None]:
    try:
        yield change("aws.iam", "DeleteRolePolicy", None, RoleName=name, PolicyName=REVOKED)
    except CallFailed as failed:
        if not is_code(failed, "NoSuchEntity"):
            raise


def _role_before(arguments: Arguments) -> Play[Kept]:
    trust = yield from _trust_before(arguments)
    sessions = yield from _sessions_before(arguments)
    return {**trust, **sessions}


def _contain(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """The trust policy first: a session taken in between is then among those that are revoked."""
    closed = yield from _close_trust(arguments, kept, key)
    revoked = yield from _revoke_sessions(arguments, kept, key)
    return Outcome(text=f"{closed.text} {revoked.text}", output={**closed.output, **revoked.output})


def _contained_seen(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_closed = yield from _trust_is_closed(arguments, kept)
    sessions = yield from _sessions_seen(arguments, kept, key)
    return Seen.DONE if is_closed and sessions is Seen.DONE else Seen.NOT_DONE


def _is_contained(arguments: Arguments, kept: Kept) -> Play[bool]:
    is_closed = yield from _trust_is_closed(arguments, kept)
    return (yield from _sessions_are_revoked(arguments, kept)) and is_closed


def _release(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    sessions = yield from _allow_sessions(arguments, kept, key)
    trust = yield from _reopen_trust(arguments, kept, key)
    return Outcome(text=f"{trust.text} {sessions.text}")


def _mark(key: str) -> str:
    """Return our key as a statement's Sid, which takes letters and digits only."""
    return "Tocsin" + re.sub(r"[^A-Za-z0-9]", "", key)


def _revoking(before: str, key: str) -> str:
    statement = {
        "Sid": _mark(key),
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": before}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _same(one: str, other: str | None) -> bool:
    return other is not None and json.loads(one) == json.loads(other)


_ROLE = (Parameter(name="role", kind=ParameterKind.TEXT, summary="The role's name or ARN."),)
_BLAST = BlastRadius(unit="role", per_run=1, per_hour=10)
_WHO = Right(
    name="sts:GetCallerIdentity", why="So that Tocsin never takes its own role away; always granted."
)
_READ_TRUST = Right(name="iam:GetRole", why="To keep the trust policy before, and to read it back.")
_WRITE_TRUST = Right(name="iam:UpdateAssumeRolePolicy", why="To close the trust policy, and to restore it.")
_SESSION_RIGHTS = (
    Right(
        name="iam:GetRolePolicy", why="To keep the policy of an earlier revocation, and to read ours back."
    ),
    Right(name="iam:PutRolePolicy", why=f"To put {REVOKED} onto the role."),
    Right(name="iam:DeleteRolePolicy", why=f"To take {REVOKED} off again."),
)

PERFORMERS = (
    Performer(
        declaration=Declaration(
            name="aws.iam.contain_role",
            title="Close a role's trust policy and revoke its sessions",
            action_class=ActionClass.CONTAIN,
            parameters=_ROLE,
            repeat=Repeat.SAME_NAME,
            repeat_rule="Both are set by name; our key is the Sid in the policy that revokes the sessions.",
            undo=Undo(
                does="Puts the trust policy back and lifts the revocation, or puts back the earlier one.",
                keeps=("trust policy", "policy AWSRevokeOlderSessions"),
            ),
            residual=Residual(
                remains="What sessions have made meanwhile: keys, users, presigned addresses. Those who "
                "rightly work with the role, and services that run as it, are shut out too.",
                closed_by="aws.iam.deactivate_key",
            ),
            blast=_BLAST,
            rights=(_WHO, _READ_TRUST, _WRITE_TRUST, *_SESSION_RIGHTS),
            needs=("identity.describe", "identity.activity_24h"),
        ),
        objects=_objects,
        before=_role_before,
        perform=_contain,
        seen=_contained_seen,
        verify=_is_contained,
        undo=_release,
    ),
    Performer(
        declaration=Declaration(
            name="aws.iam.trust_policy",
            title="Close a role's trust policy",
            action_class=ActionClass.CONTAIN,
            parameters=_ROLE,
            repeat=Repeat.SAME_VALUE,
            repeat_rule="A trust policy that is closed twice is closed.",
            undo=Undo(does="Puts the trust policy of before back.", keeps=("trust policy",)),
            residual=Residual(
                remains="Open sessions go on to their end, up to the role's longest session.",
                lasts=LONGEST_SESSION,
                closed_by="aws.iam.revoke_sessions",
            ),
            blast=_BLAST,
            rights=(_WHO, _READ_TRUST, _WRITE_TRUST),
        ),
        objects=_objects,
        before=_trust_before,
        perform=_close_trust,
        seen=seen_by(_trust_is_closed),
        verify=_trust_is_closed,
        undo=_reopen_trust,
    ),
    Performer(
        declaration=Declaration(
            name="aws.iam.revoke_sessions",
            title="Revoke a role's open sessions",
            action_class=ActionClass.CONTAIN,
            parameters=_ROLE,
            repeat=Repeat.SAME_NAME,
            repeat_rule="The policy has one name, and our key as its Sid.",
            undo=Undo(
                does="Takes the policy away, or puts back the one of an earlier revocation.",
                keeps=("policy AWSRevokeOlderSessions",),
            ),
            residual=Residual(
                remains="Whoever can still assume the role gets a new session at once.",
                closed_by="aws.iam.trust_policy",
            ),
            blast=_BLAST,
            rights=(_WHO, *_SESSION_RIGHTS),
        ),
        objects=_objects,
        before=_sessions_before,
        perform=_revoke_sessions,
        seen=_sessions_seen,
        verify=_sessions_are_revoked,
        undo=_allow_sessions,
    ),
)
