"""What runbooks do at GitHub: deploy a ref, dispatch a workflow, revoke a token that leaked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.connectors.acts import text
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import LONGEST_ANSWER_BYTES, RestCaller
from tocsin.connectors.secret import Secret
from tocsin.domain.acting import Arguments, Call, Caller, CallFailed, Kept, Outcome, Performer, Play, Seen
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
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import FailureKind

API_VERSION = "2022-11-28"
LOOKED_THROUGH = 100
_OWNER = text("owner", "Owner of the repository.")
_REPOSITORY = text("repository", "Name of the repository.")
_HERE = "/repos/{owner}/{repository}"


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return the caller of GitHub. Raises `Misconfigured` without a token."""
    return rest_caller(Secret(values["TOCSIN_GITHUB_TOKEN"]), values["TOCSIN_GITHUB_URL"])


def rest_caller(token: Secret, url: str, outbound: Outbound | None = None) -> RestCaller:
    """Return the caller."""
    if not token:
        raise Misconfigured(
            "GitHub is not set up for actions: TOCSIN_GITHUB_TOKEN is empty.",
            means="The action was not begun, and nothing was changed.",
            next_step="Set the token of an app's installation; docs/actions-services.md lists its rights.",
        )
    headers = {"Authorization": f"Bearer {token.reveal()}", "X-GitHub-Api-Version": API_VERSION}
    return RestCaller(
        partner="GitHub",
        base_url=url,
        credentials=lambda: headers,
        secrets=(token,),
        outbound=outbound or Outbound(longest_answer=LONGEST_ANSWER_BYTES),
    )


def _of(arguments: Arguments, **more: Any) -> dict[str, Any]:
    return {"owner": arguments["owner"], "repository": arguments["repository"], **more}


def _deployments(arguments: Arguments) -> Call:
    query = {"environment": arguments["environment"], "per_page": LOOKED_THROUGH}
    return Call(
        service="github",
        operation=f"GET {_HERE}/deployments",
        parameters=_of(arguments, query=query),
        sample=[],
    )


def _deployed(arguments: Arguments, ref: str, key: str) -> Call:
    body = {
        "ref": ref,
        "environment": arguments["environment"],
        "auto_merge": False,
        "required_contexts": [],
        "payload": {"tocsin": key},
        "description": "Asked for by Tocsin",
    }
    return Call(
        service="github",
        operation=f"POST {_HERE}/deployments",
        parameters=_of(arguments, body=body, success=[201]),
        changes=True,
        sample={"id": 1, "sha": "0" * 40, "ref": ref},
    )


def _with_key(found: Any, key: str) -> Any:
    for one in found if isinstance(found, list) else ():
        payload = one.get("payload")
        if isinstance(payload, dict) and payload.get("tocsin") == key:
            return one
    return None


def _current(arguments: Arguments) -> Play[Kept]:
    """Keep which commit the environment's latest deployment is of."""
    found = yield _deployments(arguments)
    latest = found[0] if isinstance(found, list) and found else {}
    return {"sha": latest.get("sha", "")}


def _deploy(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    there = _with_key((yield _deployments(arguments)), key)
    if there is None:
        there = yield _deployed(arguments, str(arguments["ref"]), key)
    return Outcome(
        text=f"deployment {there.get('id')}", output={"id": there.get("id"), "sha": there.get("sha")}
    )


def _seen_deployed(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    there = _with_key((yield _deployments(arguments)), key)
    return Seen.NOT_DONE if there is None else Seen.DONE


def _is_deployed(arguments: Arguments, kept: Kept) -> Play[bool]:
    found = yield _deployments(arguments)
    latest = found[0] if isinstance(found, list) and found else {}
    return arguments["ref"] in (latest.get("ref"), latest.get("sha"))


def _redeploy(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    """Deploy the commit that was there before, once."""
    if not kept.get("sha"):
        raise CallFailed(FailureKind.REFUSED, "there was no deployment before this one")
    mark = f"undo:{key}"
    if _with_key((yield _deployments(arguments)), mark) is None:
        yield _deployed(arguments, str(kept["sha"]), mark)
    return Outcome(text=f"{kept['sha'][:12]} is deployed anew")


def _runs(arguments: Arguments) -> Call:
    query = {"event": "workflow_dispatch", "branch": arguments["ref"], "per_page": 1}
    return Call(
        service="github",
        operation=f"GET {_HERE}/actions/workflows/{{workflow}}/runs",
        parameters=_of(arguments, workflow=arguments["workflow"], query=query),
        sample={"workflow_runs": []},
    )


def _latest_run(arguments: Arguments) -> Play[Any]:
    told = yield _runs(arguments)
    runs = told.get("workflow_runs") or [{}]
    return runs[0].get("id")


def _run_before(arguments: Arguments) -> Play[Kept]:
    return {"run": (yield from _latest_run(arguments))}


def _dispatch(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    body = {"ref": arguments["ref"], "inputs": dict(arguments.get("inputs") or {})}
    yield Call(
        service="github",
        operation=f"POST {_HERE}/actions/workflows/{{workflow}}/dispatches",
        parameters=_of(arguments, workflow=arguments["workflow"], body=body, success=[200, 204]),
        changes=True,
        sample={},
    )
    return Outcome(text=f"{arguments['workflow']} was dispatched")


def _is_dispatched(arguments: Arguments, kept: Kept) -> Play[bool]:
    return bool((yield from _latest_run(arguments)) != kept.get("run"))


def _seen_dispatched(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    """Tell that nothing was begun if there is no newer run; a newer one may be somebody else's."""
    is_newer = yield from _is_dispatched(arguments, kept)
    return Seen.CANNOT_TELL if is_newer else Seen.NOT_DONE


def _revoke(arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
    yield Call(
        service="github",
        operation="POST /credentials/revoke",
        parameters={"body": {"credentials": [arguments["token"]]}, "success": [202]},
        changes=True,
        sample={},
        secret=("body",),
    )
    return Outcome(text="GitHub took the token to revoke it")


def _may_revoke_again(arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
    return Seen.NOT_DONE
    yield  # It is a play, though an empty one.


def _cannot_tell(arguments: Arguments, kept: Kept) -> Play[bool | None]:
    """Whether the token still works could only be tried with the token itself, which is not done."""
    return None
    yield


DEPLOY = Performer(
    declaration=Declaration(
        name="github.deployment",
        title="Ask GitHub for a deployment of a ref",
        action_class=ActionClass.RECOVER,
        parameters=(
            _OWNER,
            _REPOSITORY,
            text("ref", "Commit, tag or branch."),
            text("environment", "Environment, such as production."),
        ),
        repeat=Repeat.LOOK_UP,
        repeat_rule="Our key is in the deployment's payload; the latest 100 are looked through first.",
        undo=Undo(does="Asks for a deployment of the commit that was deployed before.", keeps=("sha",)),
        residual=Residual(remains="What was deployed serves until whoever deploys has done so."),
        blast=BlastRadius(unit="deployments", per_run=1, per_hour=10),
        rights=(Right(name="deployments: write", why="to read and make deployments"),),
    ),
    before=_current,
    perform=_deploy,
    seen=_seen_deployed,
    verify=_is_deployed,
    undo=_redeploy,
)
DISPATCH = Performer(
    declaration=Declaration(
        name="github.dispatch_workflow",
        title="Run a workflow at GitHub",
        action_class=ActionClass.RECOVER,
        parameters=(
            _OWNER,
            _REPOSITORY,
            text("workflow", "File name of the workflow, such as rotate.yml."),
            text("ref", "Branch or tag."),
            Parameter(
                name="inputs", kind=ParameterKind.MAP, summary="What the workflow is given.", required=False
            ),
        ),
        repeat=Repeat.LOOK_UP,
        repeat_rule="The latest run is kept before; with a newer one only a person can tell whose it is.",
        undo=None,
        no_undo="What a workflow has done is undone by another one, if by any.",
        residual=Residual(remains="What the workflow is not made for."),
        blast=BlastRadius(unit="workflows", per_run=1, per_hour=10),
        rights=(Right(name="actions: write", why="to dispatch the workflow and read its runs"),),
    ),
    before=_run_before,
    perform=_dispatch,
    seen=_seen_dispatched,
    verify=_is_dispatched,
)
REVOKE = Performer(
    declaration=Declaration(
        name="github.revoke_token",
        title="Revoke a leaked token at GitHub",
        action_class=ActionClass.ERADICATE,
        parameters=(text("token", "The token that leaked.", secret=True),),
        repeat=Repeat.SAME_VALUE,
        repeat_rule="A revoked token stays revoked.",
        undo=None,
        no_undo="A revoked token cannot be made valid again; its owner makes a new one.",
        residual=Residual(remains="GitHub revokes shortly after it answered; what was read stays read."),
        blast=BlastRadius(unit="tokens", per_run=1, per_hour=60),
        rights=(Right(name="none", why="GitHub lets anybody hand in a leaked token"),),
    ),
    perform=_revoke,
    seen=_may_revoke_again,
    verify=_cannot_tell,
)
PERFORMERS = (DEPLOY, DISPATCH, REVOKE)
