"""Evidence from Entra: a user or application as described now, and when they last signed in."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tocsin.domain.acting import Arguments, Call, CallFailed, Collector, Gathered, Play

MOST_PAGES = 10
SIGN_INS_A_PAGE = 500
NOT_FOUND = 404
_FIELDS = (
    "id,userPrincipalName,displayName,accountEnabled,createdDateTime,lastPasswordChangeDateTime,"
    "signInSessionsValidFromDateTime,userType,onPremisesSyncEnabled"
)


def _described(user: str) -> Call:
    return Call(
        service="entra",
        operation="GET /users/{user}",
        parameters={"user": user, "query": {"$select": _FIELDS}},
        sample={"id": "00000000-0000-0000-0000-000000000000", "userPrincipalName": user},
    )


def _member_of(user: str) -> Call:
    return Call(
        service="entra",
        operation="GET /users/{user}/transitiveMemberOf",
        parameters={"user": user, "query": {"$select": "id,displayName", "$top": 999}},
        sample={"value": []},
    )


def _user(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    user = str(arguments["user"])
    described = yield _described(user)
    groups = yield _member_of(user)
    return (_kept("user.json", described, user), _kept("groups.json", groups, user))


def _sign_ins(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Read the newest sign-ins, at most `MOST_PAGES` pages; the last page says whether there are more."""
    user = str(arguments["user"])
    number = str((yield _described(user))["id"]).replace("'", "''")
    query: dict[str, Any] = {"$filter": f"userId eq '{number}'", "$top": SIGN_INS_A_PAGE}
    pages = []
    for _ in range(MOST_PAGES):
        page = yield Call(
            service="entra",
            operation="GET /auditLogs/signIns",
            parameters={"query": dict(query)},
            sample={"value": []},
        )
        pages.append(page)
        cursor = _cursor_in(page)
        if not cursor:
            break
        query["$skiptoken"] = cursor
    return (_kept("sign-ins.json", {"pages": pages}, user),)


def _application(arguments: Arguments) -> Play[tuple[Gathered, ...]]:
    """Read an application or service principal, by the object id of either, and when its keys were last used.

    https://learn.microsoft.com/en-us/graph/api/resources/serviceprincipalsigninactivity
    """
    name = str(arguments["application"])
    found, kind = None, "applications"
    try:
        found = yield _described_as(kind, name)
    except CallFailed as failed:
        if failed.status != NOT_FOUND:
            raise
        kind = "servicePrincipals"
        found = yield _described_as(kind, name)
    client = str(found.get("appId") or "").replace("'", "''")
    used = yield Call(
        service="entra",
        operation="GET /reports/servicePrincipalSignInActivities",
        parameters={"query": {"$filter": f"appId eq '{client}'"}},
        sample={"value": []},
    )
    return (_kept("application.json", {kind: found}, name), _kept("last-used.json", used, name))


def _described_as(kind: str, name: str) -> Call:
    """Return the call that reads an application; Graph never tells the value of a secret, only its hint."""
    return Call(
        service="entra",
        operation=f"GET /{kind}/{{application}}",
        parameters={"application": name},
        sample={"id": name, "appId": "00000000-0000-0000-0000-000000000000"},
    )


def _cursor_in(page: Any) -> str:
    """Return the token of the next page. Its address is not followed: only the token is taken from it."""
    link = page.get("@odata.nextLink")
    found = parse_qs(urlsplit(link).query).get("$skiptoken") if isinstance(link, str) else None
    return found[0] if found else ""


def _kept(name: str, found: Any, user: str) -> Gathered:
    content = BytesIO(orjson.dumps(found, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2))
    return Gathered(
        name=name, media_type="application/json", content=content, of=user, source="Microsoft Graph"
    )


COLLECTORS = (
    Collector(
        name="entra.user",
        summary="A user of Entra as described now, with all groups",
        volatility=3,
        parameters=("user",),
        gather=_user,
    ),
    Collector(
        name="entra.sign_ins",
        summary="The latest sign-ins of a user of Entra (needs AuditLog.Read.All)",
        volatility=1,
        parameters=("user",),
        gather=_sign_ins,
    ),
    Collector(
        name="entra.application",
        summary="An application of Entra as described now, with its keys' ids and ends, and its last use",
        volatility=2,
        parameters=("application",),
        gather=_application,
    ),
)
