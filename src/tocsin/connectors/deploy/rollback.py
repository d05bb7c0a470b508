"""The action `deploy.rollback`: to the last known good build or to one commit, and only to a proven one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.connectors.deploy.deployables import Deployable, Deployables, read_deployables
from tocsin.connectors.deploy.samples import sample_history, sample_statements
from tocsin.connectors.deploy.ways import deployed_by, running_by
from tocsin.domain.acting import Arguments, Call, CallFailed, Kept, Outcome, Performer, Play, PutBack, Seen
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
from tocsin.domain.errors import Explained
from tocsin.domain.pack_file import Located
from tocsin.domain.ports.delivery import FailureKind
from tocsin.response.deployments import Deployment, parse_history
from tocsin.response.provenance import UNSIGNED, proof_of, stages_of
from tocsin.response.rollback import NoProvenBuild, Refusal, candidates
from tocsin.response.statements import Statement

INCIDENTS = "tocsin.incidents"
"""The service that answers which words our open incidents name."""

DECLARATION = Declaration(
    name="deploy.rollback",
    title="Roll a service back to a proven build",
    action_class=ActionClass.ROLLBACK,
    parameters=(
        Parameter(name="service", kind=ParameterKind.TEXT, summary="The service, as actions.yml names it."),
        Parameter(
            name="to", kind=ParameterKind.TEXT, summary="`last-known-good`, or the whole id of a commit."
        ),
    ),
    repeat=Repeat.LOOK_UP,
    repeat_rule="The running build is read first; one that runs already is not deployed again.",
    undo=Undo(does="deploys the build that ran before", keeps=("the commit and digest that ran before",)),
    residual=Residual(
        remains="Data that the newer build wrote stays as it is, and sessions may meet the older build."
    ),
    blast=BlastRadius(unit="service", each_of="service", per_run=1, per_hour=3),
    rights=(Right(name="deploy the service", why="to run another build of it"),),
    time_limit_s=900.0,
)


@dataclass(frozen=True, slots=True)
class _Rollback:
    """The plays, for the services of one installation."""

    services: Deployables

    def objects(self, arguments: Arguments) -> Play[Mapping[str, tuple[str, ...]]]:
        """Read to which build it would go; that is what people agree to."""
        service = self.services.named(arguments["service"])
        target = yield from _chosen(service, arguments["to"])
        return {"services": (service.name,), "builds": (f"sha256:{target.digest}", target.commit)}

    def before(self, arguments: Arguments) -> Play[Kept]:
        """Read what runs now, and what is to run then."""
        service = self.services.named(arguments["service"])
        target = yield from _chosen(service, arguments["to"])
        running = yield from running_by(service)
        history = yield from _history(service)
        known = next((each for each in reversed(history.deployments) if each.commit == history.current), None)
        return {
            "to": {"commit": target.commit, "digest": target.digest},
            "was": {
                "commit": history.current,
                "digest": known.digest if known else "",
                "running": running,
            },
        }

    def perform(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Deploy the build by its digest and look at its health; put back what was where it is not healthy.

        Raises `CallFailed`.
        """
        service = self.services.named(arguments["service"])
        target = kept.get("to") or {}
        # Proven anew: between the look and now a file may have been changed.
        proven = yield from _chosen(service, target.get("commit") or arguments["to"])
        if target and proven.digest != target["digest"]:
            raise CallFailed(FailureKind.REFUSED, "the build is not the one that was looked at before")
        signed = yield from _is_signed(service, proven)
        yield from deployed_by(service, proven.digest, proven.commit, key)
        healthy = yield from _is_healthy(service, proven.commit, proven.digest)
        if not healthy:
            yield from _put_back(service, kept, key, f"the build {proven.commit[:12]} is not healthy")
        facts = {"digest": f"sha256:{proven.digest}", "action": key, "signed": str(signed).lower()}
        yield _record(service, proven.commit, facts)
        words = "" if signed else " Its stages are NOT signed: this installation accepts that."
        return Outcome(
            text=f"{service.name} runs {proven.commit[:12]} (sha256:{proven.digest[:12]}), healthy.{words}",
            output={"commit": proven.commit, "digest": proven.digest, "signed": signed},
        )

    def seen(self, arguments: Arguments, kept: Kept, key: str) -> Play[Seen]:
        """Tell by the history whether it was done, else by what runs."""
        service = self.services.named(arguments["service"])
        text = yield _read_history(service)
        if key in text:
            return Seen.DONE
        running = yield from running_by(service)
        if not running:
            return Seen.CANNOT_TELL
        return Seen.CANNOT_TELL if kept["to"]["digest"] in running else Seen.NOT_DONE

    def verify(self, arguments: Arguments, kept: Kept) -> Play[bool]:
        """Look at the health of the build again."""
        service = self.services.named(arguments["service"])
        target = kept.get("to") or {}
        return (yield from _is_healthy(service, target.get("commit", ""), target.get("digest", "")))

    def undo(self, arguments: Arguments, kept: Kept, key: str) -> Play[Outcome]:
        """Deploy what ran before. Raises `CallFailed` where nobody knows what that was."""
        service = self.services.named(arguments["service"])
        was = kept["was"]
        yield from _deployed_again(service, was, key)
        if was["commit"]:
            yield _record(service, was["commit"], {"digest": f"sha256:{was['digest']}", "action": key})
        return Outcome(text=f"{service.name} runs {was['commit'][:12] or 'what ran before'} again.")


def performers_of(written: Located) -> tuple[Performer, ...]:
    """Return the action for the services that `actions.yml` describes. Raises `PackProblem`."""
    return (performer(read_deployables(written)),)


def performer(services: Deployables) -> Performer:
    """Return the action for some services."""
    plays = _Rollback(services)
    return Performer(
        declaration=DECLARATION,
        objects=plays.objects,
        before=plays.before,
        perform=plays.perform,
        seen=plays.seen,
        verify=plays.verify,
        undo=plays.undo,
    )


PERFORMERS = (performer(Deployables()),)


def _chosen(service: Deployable, target: str) -> Play[Deployment]:
    """Return the newest fit and proven build. Raises `CallFailed` with the reasons where there is none."""
    history = yield from _history(service)
    words = sorted(
        {each.commit for each in history.deployments} | {each.digest for each in history.deployments}
    )
    named = yield Call(service=INCIDENTS, operation="Named", parameters={"words": words}, sample=[])
    found = candidates(history, target, service.required, named=frozenset(named))
    refused = list(found.refused)
    for build in found.fit:
        statements = yield from _statements(service, build)
        proof = proof_of(build.commit, build.digest, statements, service.required)
        faults = [*proof.faults, *(yield from _artifact_faults(service, build))]
        if not faults:
            return build
        refused.append(Refusal(build.commit, tuple(faults)))
    raise CallFailed(FailureKind.REFUSED, NoProvenBuild(tuple(refused)).happened[:900])


def _is_signed(service: Deployable, build: Deployment) -> Play[bool]:
    statements = yield from _statements(service, build)
    return proof_of(build.commit, build.digest, statements, service.required).is_signed


def _statements(service: Deployable, build: Deployment) -> Play[tuple[Statement, ...]]:
    trust = service.trust
    answer = yield Call(
        service="deploy",
        operation="ReadProofs",
        parameters={
            "folder": service.provenance,
            "commit": build.commit,
            "keys": list(trust.keys),
            "issuer": trust.issuer,
            "identity": trust.identity,
            "trust_root": trust.trust_root,
            "repository": service.required.repository,
        },
        sample=sample_statements(service, build.commit, build.digest),
    )
    return tuple(_statement(each, build.commit) for each in answer)


def _statement(written: Mapping[str, Any], commit: str) -> Statement:
    if written["kind"] == UNSIGNED:
        return stages_of(commit, written["predicate"])
    return Statement(
        kind=written["kind"],
        subjects=frozenset(written["subjects"]),
        predicate=written["predicate"],
        signer=written["signer"],
    )


def _artifact_faults(service: Deployable, build: Deployment) -> Play[tuple[str, ...]]:
    if not service.artifact:
        return ()
    path = service.artifact.format(digest=build.digest)
    found = yield Call(service="deploy", operation="DigestOf", parameters={"path": path}, sample=build.digest)
    if not found:
        return (f"its artifact is not there ({path})",)
    return () if found == build.digest else ("its artifact is not the one that was signed",)


def _history(service: Deployable) -> Play[Any]:
    text = yield _read_history(service)
    now = yield Call(
        service="deploy", operation="Now", sample=datetime(2026, 1, 1, 12, tzinfo=UTC).isoformat()
    )
    try:
        return parse_history(text, datetime.fromisoformat(now))
    except Explained as refused:
        raise CallFailed(FailureKind.MISCONFIGURED, refused.happened) from refused


def _read_history(service: Deployable) -> Call:
    return Call(
        service="deploy",
        operation="ReadHistory",
        parameters={"service": service.name, "path": service.history},
        sample=sample_history(service.required.healthy_for + timedelta(minutes=1)),
    )


def _record(service: Deployable, commit: str, facts: Mapping[str, str]) -> Call:
    return Call(
        service="deploy",
        operation="RecordRollback",
        parameters={"path": service.history, "commit": commit, "facts": dict(facts)},
        changes=True,
        sample=None,
    )


def _is_healthy(service: Deployable, commit: str, digest: str) -> Play[bool]:
    health = service.health
    if health is None:
        return True
    wanted = dict(health.expect) | ({health.build: commit} if health.build else {})
    answer: bool = yield Call(
        service="deploy",
        operation="CheckHealth",
        parameters={"url": health.url, "expect": wanted, "digest": digest, "within_s": health.within_s},
        sample=True,
    )
    return answer


def _put_back(service: Deployable, kept: Kept, key: str, why: str) -> Play[None]:
    """Deploy what ran before. Raises `PutBack`, or `CallFailed` where that could not be done."""
    try:
        yield from _deployed_again(service, kept["was"], key)
    except CallFailed as failed:
        reason = f"{why}; what ran before could NOT be put back: {failed.reason}"
        raise CallFailed(FailureKind.REFUSED, reason) from failed
    raise PutBack(FailureKind.REFUSED, f"{why}; what ran before was put back")


def _deployed_again(service: Deployable, was: Mapping[str, str], key: str) -> Play[None]:
    if not was["digest"] and not was["running"]:
        raise CallFailed(FailureKind.REFUSED, "nobody wrote down which build ran before")
    yield from deployed_by(service, was["digest"], was["commit"], f"{key}:back", running=was["running"])
