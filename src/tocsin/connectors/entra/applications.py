"""What is done to an application in Entra: one of its secrets removed, the application off and on again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tocsin.connectors.each import EachSet
from tocsin.domain.acting import Arguments, Call, CallFailed, Kept, Outcome, Performer, Play, Seen
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
from tocsin.domain.ports.delivery import FailureKind

OWN_RIGHT = Right(
    name="Application.ReadWrite.All", why="to read applications and remove one of their secrets"
)
PRINCIPAL_RIGHT = Right(
    name="Application.ReadWrite.All", why="to read service principals and set accountEnabled of them"
)
BLAST = BlastRadius(unit="applications", counted="applications", per_run=5, per_hour=20)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _read_application(arguments: Arguments) -> Call:
    name, key_id = str(arguments["application"]), str(arguments["key_id"])
    return Call(
        service="entra",
        operation="GET /applications/{application}",
        parameters={"application": name, "query": {"$select": "id,appId,displayName,passwordCredentials"}},
        sample={"id": name, "appId": "", "passwordCredentials": [{"keyId": key_id}]},
    )


def _has(answer: Any, key_id: str) -> bool:
    secrets = answer.get("passwordCredentials") or ()
    return any(str(one.get("keyId")).casefold() == key_id.casefold() for one in secrets)


def _application(arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
    return {"applications": (str(arguments["application"]),), "secrets": (str(arguments["key_id"]),)}
    yield


def _describe(arguments: Arguments) -> Play[Kept]:
    """Keep what is known of the secret; its value was never readable."""
    found = yield _read_application(arguments)
    return {"application": found}


def _remove(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    key_id = str(arguments["key_id"])
    if _UUID.fullmatch(key_id) is None:
        raise CallFailed(FailureKind.REFUSED, "key_id is no UUID, as the ids of secrets are")
    if not _has((yield _read_application(arguments)), key_id):
        return Outcome(text="the application has no such secret any more")
    yield Call(
        service="entra",
        operation="POST /applications/{application}/removePassword",
        parameters={"application": arguments["application"], "body": {"keyId": key_id}},
        changes=True,
        sample={},
    )
    return Outcome(text="secret removed")


def _is_removed(arguments: Arguments, kept: Kept) -> Play[bool]:
    return not _has((yield _read_application(arguments)), str(arguments["key_id"]))


def _seen_removed(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    is_done = yield from _is_removed(arguments, kept)
    return Seen.DONE if is_done else Seen.NOT_DONE


def _read_principal(principal: str, arguments: Arguments) -> Call:
    return Call(
        service="entra",
        operation="GET /servicePrincipals/{principal}",
        parameters={"principal": principal, "query": {"$select": "id,appId,accountEnabled"}},
        sample={"id": principal, "accountEnabled": True},
    )


def _write_principal(principal: str, value: Any, arguments: Arguments) -> Call:
    return Call(
        service="entra",
        operation="PATCH /servicePrincipals/{principal}",
        parameters={"principal": principal, "body": {"accountEnabled": bool(value)}},
        changes=True,
        sample={},
    )


def _principals(*, enabled: bool) -> EachSet:
    return EachSet(
        argument="applications",
        unit="applications",
        read=_read_principal,
        value_in=lambda answer: answer.get("accountEnabled"),
        write=_write_principal,
        wanted=lambda arguments: enabled,
    )


def _performer(name: str, title: str, *, enabled: bool) -> Performer:
    plays = _principals(enabled=enabled)
    remains = "Access tokens that the application holds live on, up to 60 minutes."
    declared = Declaration(
        name=name,
        title=title,
        action_class=ActionClass.RECOVER if enabled else ActionClass.CONTAIN,
        parameters=(
            Parameter(
                name="applications",
                kind=ParameterKind.TEXTS,
                summary="Object ids of service principals (Enterprise applications).",
            ),
        ),
        repeat=Repeat.SAME_VALUE,
        repeat_rule=f"accountEnabled is set to {str(enabled).lower()}; a second time changes nothing.",
        undo=Undo(does="Sets accountEnabled to what it was.", keeps=("accountEnabled",)),
        residual=Residual(
            remains="Nothing of a containment is left: the application can sign in." if enabled else remains,
            lasts=timedelta() if enabled else timedelta(minutes=60),
        ),
        blast=BLAST,
        rights=(PRINCIPAL_RIGHT,),
    )
    return Performer(
        declaration=declared,
        objects=plays.objects,
        before=plays.before,
        perform=plays.perform,
        seen=plays.seen,
        verify=plays.verify,
        undo=plays.undo,
    )


REMOVE_SECRET = Performer(
    declaration=Declaration(
        name="entra.remove_secret",
        title="Remove one secret of an application in Entra",
        action_class=ActionClass.ERADICATE,
        parameters=(
            Parameter(name="application", kind=ParameterKind.TEXT, summary="Object id of the application."),
            Parameter(name="key_id", kind=ParameterKind.TEXT, summary="Id (UUID) of the secret, keyId."),
        ),
        repeat=Repeat.LOOK_UP,
        repeat_rule="The application is read first; a secret that is not there any more is removed.",
        undo=None,
        no_undo="A removed secret cannot be brought back; a new one has to be made and handed out.",
        residual=Residual(
            remains="Access tokens got by the secret live on, up to 60 minutes.",
            lasts=timedelta(minutes=60),
            closed_by="entra.disable_application",
        ),
        blast=BlastRadius(unit="secrets", per_run=1, per_hour=20),
        rights=(OWN_RIGHT,),
    ),
    objects=_application,
    before=_describe,
    perform=_remove,
    seen=_seen_removed,
    verify=_is_removed,
)
DISABLE = _performer("entra.disable_application", "Turn applications off in Entra", enabled=False)
ENABLE = _performer("entra.enable_application", "Turn applications on in Entra", enabled=True)
