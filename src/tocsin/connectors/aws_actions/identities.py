"""Keeps what an identity of IAM may do and when it was last used, before anybody changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from tocsin.connectors.aws_actions.asking import is_code, pages, read, refused
from tocsin.connectors.aws_actions.iam_roles import name_of, role_of
from tocsin.connectors.aws_actions.streams import kept_as_json
from tocsin.domain.acting import Arguments, CallFailed, Collector, Gathered, Play

_OF_USER: tuple[tuple[str, str], ...] = (
    ("ListAccessKeys", "AccessKeyMetadata"),
    ("ListGroupsForUser", "Groups"),
    ("ListMFADevices", "MFADevices"),
    ("ListSSHPublicKeys", "SSHPublicKeys"),
    ("ListSigningCertificates", "Certificates"),
)


def _every(operation: str, member: str, **parameters: str) -> Play[list[Any]]:
    found = yield from pages(read("aws.iam", operation, {member: []}, **parameters), "Marker")
    return [each for page in found for each in page[member]]


def _policies(kind: str, name: str) -> Play[Mapping[str, Any]]:
    """Read the policies of a `Role` or `User`: those within it in full, those attached by name."""
    whose = {f"{kind}Name": name}
    inline = {}
    for policy in (yield from _every(f"List{kind}Policies", "PolicyNames", **whose)):
        answer = yield read(
            "aws.iam", f"Get{kind}Policy", {"PolicyDocument": "{}"}, **whose, PolicyName=policy
        )
        inline[policy] = unquote(answer["PolicyDocument"])
    attached = yield from _every(f"ListAttached{kind}Policies", "AttachedPolicies", **whose)
    return {"inline": inline, "attached": attached}


def _describe(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep a role (with its trust policy) or a user (with keys, groups and second factors)."""
    if arguments.get("role"):
        role = yield from role_of(arguments)
        found = {"role": role, "policies": (yield from _policies("Role", name_of(arguments)))}
        return (kept_as_json("role.json", found, of=name_of(arguments), source=str(role["Arn"])),)
    if arguments.get("user"):
        return ((yield from _described_user(str(arguments["user"]))),)
    raise refused("no role or user was named")


def _described_user(name: str) -> Play[Gathered]:
    sample = {"UserName": name, "Arn": f"arn:aws:iam::111122223333:user/{name}"}
    answer = yield read("aws.iam", "GetUser", {"User": sample}, UserName=name)
    found: dict[str, Any] = {"user": answer["User"]}
    for operation, member in _OF_USER:
        found[member] = yield from _every(operation, member, UserName=name)
    found["policies"] = yield from _policies("User", name)
    found["login"] = yield from _login(name)
    return kept_as_json("user.json", found, of=name, source=str(answer["User"]["Arn"]))


def _login(name: str) -> Play[Any]:
    try:
        answer = yield read("aws.iam", "GetLoginProfile", {"LoginProfile": {}}, UserName=name)
    except CallFailed as failed:
        if not is_code(failed, "NoSuchEntity"):
            raise
        return None
    return answer["LoginProfile"]


def _last_used(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Keep when a role, or each key and the password of a user, was last used."""
    if arguments.get("role"):
        role = yield from role_of(arguments)
        used = {"role": name_of(arguments), "last_used": role.get("RoleLastUsed")}
        stream = kept_as_json("last_used.json", used, of=name_of(arguments), source=str(role["Arn"]))
        return (stream,)
    if not arguments.get("user"):
        raise refused("no role or user was named")
    name = str(arguments["user"])
    sample = {"UserName": name, "Arn": f"arn:aws:iam::111122223333:user/{name}"}
    user = (yield read("aws.iam", "GetUser", {"User": sample}, UserName=name))["User"]
    keys = {}
    for each in (yield from _every("ListAccessKeys", "AccessKeyMetadata", UserName=name)):
        key = each["AccessKeyId"]
        answer = yield read("aws.iam", "GetAccessKeyLastUsed", {"AccessKeyLastUsed": {}}, AccessKeyId=key)
        keys[key] = {"status": each["Status"], **answer["AccessKeyLastUsed"]}
    used = {"user": name, "password": user.get("PasswordLastUsed"), "keys": keys}
    return (kept_as_json("last_used.json", used, of=name, source=str(user["Arn"])),)


COLLECTORS = (
    Collector(
        name="identity.describe",
        summary="A role of IAM with its trust policy, or a user with keys and groups, and all policies.",
        volatility=3,
        parameters=(),
        options=("role", "user"),
        gather=_describe,
    ),
    Collector(
        name="identity.last_used",
        summary="When a role of IAM, or each key of a user, was last used, where and for what.",
        volatility=2,
        parameters=(),
        options=("role", "user"),
        gather=_last_used,
    ),
)
