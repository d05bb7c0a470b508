"""Decides whether a build is proven: who built it, from which commit, and that it passed each gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tocsin.response.statements import Statement

SLSA = "https://slsa.dev/provenance/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
VSA = "https://slsa.dev/verification_summary/v1"
UNSIGNED = "unsigned stages"
"""The kind of R1's own files, `provenance/<commit>.json`, which nobody signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """What a build of one service must show. `gates` is not empty.

    `workflow` is the path of the workflow that may build it, with or without `@ref`; empty where a key of
    ours stands for it. `healthy_for` is how long it must have been healthy once. Where `unsigned` is allowed,
    stages that nobody signed count, and the record says so.
    """

    gates: tuple[str, ...]
    repository: str
    workflow: str = ""
    healthy_for: timedelta = timedelta(minutes=10)
    unsigned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was found about one build: why it is not proven (empty: it is), and by whom it is."""

    faults: tuple[str, ...]
    signers: tuple[str, ...]
    is_signed: bool


def proof_of(commit: str, digest: str, statements: Sequence[Statement], required: Required) -> Proof:
    """Judge the statements about a build: its commit (hex) and the SHA-256 of its artifact (hex)."""
    about = [each for each in statements if digest in each.subjects and each.signer]
    built = [each for each in about if each.kind == SLSA]
    faults = [*_origin_faults(commit, built, required), *_gate_faults(about, required)]
    if not faults:
        signers = tuple(sorted({each.signer for each in about}))
        return Proof(faults=(), signers=signers, is_signed=True)
    if required.unsigned:
        loose = [each for each in statements if each.kind == UNSIGNED and commit in each.subjects]
        if loose and not (unsigned_faults := _gate_faults(loose, required)):
            return Proof(faults=(), signers=(), is_signed=False)
        faults += [f"unsigned: {fault}" for fault in unsigned_faults] if loose else []
    return Proof(faults=tuple(faults), signers=(), is_signed=False)


def stages_of(commit: str, written: Any) -> Statement:
    """Return R1's file as an unsigned statement about a commit; what is not of its form has no stages."""
    stages = written.get("stages") if isinstance(written, Mapping) else None
    return Statement(
        kind=UNSIGNED,
        subjects=frozenset({commit}),
        predicate={"stages": stages if isinstance(stages, Mapping) else {}},
    )


def _origin_faults(commit: str, built: Sequence[Statement], required: Required) -> list[str]:
    """Return why none of the statements shows that the right workflow built this from the right commit."""
    if not built:
        return ["no signed provenance names this artifact"]
    reasons = [_wrong_origin(commit, each.predicate, required) for each in built]
    return [] if "" in reasons else reasons[:1]


def _wrong_origin(commit: str, predicate: Mapping[str, Any], required: Required) -> str:
    definition = _map(predicate, "buildDefinition")
    workflow = _map(_map(definition, "externalParameters"), "workflow")
    sources = definition.get("resolvedDependencies")
    commits = {
        _map(each, "digest").get("gitCommit")
        for each in (sources if isinstance(sources, list) else ())
        if isinstance(each, Mapping)
    }
    if commits != {commit}:
        return "its provenance is of another commit"
    if workflow.get("repository") != required.repository:
        return "its provenance is of another repository"
    path, _, ref = required.workflow.partition("@")
    if path and (workflow.get("path") != path or (ref and workflow.get("ref") != ref)):
        return "another workflow built it"
    return ""


def _gate_faults(statements: Iterable[Statement], required: Required) -> list[str]:
    """Return a fault for each required gate that is not shown to be passed, and for each that failed."""
    if not required.gates:
        return ["no gate is required of this service, so nothing would be proven"]
    passed: set[str] = set()
    failed: set[str] = set()
    for each in statements:
        well, badly = _results(each)
        passed |= well
        failed |= badly
    missing = [gate for gate in required.gates if gate not in passed]
    return [
        *(f"the gate {gate!r} failed" for gate in sorted(failed)),
        *(f"the gate {gate!r} is not shown to be passed" for gate in missing if gate not in failed),
    ]


def _results(statement: Statement) -> tuple[set[str], set[str]]:
    """Return the gates that a statement says were passed, and those that failed; skipped ones are neither."""
    predicate = statement.predicate
    if statement.kind == TEST_RESULT:
        # A warning is no pass: a gate that only warns is to be named as such by whoever requires it.
        return _names(predicate, "passedTests"), _names(predicate, "failedTests")
    if statement.kind == VSA:
        levels = _names(predicate, "verifiedLevels")
        return (levels, set()) if predicate.get("verificationResult") == "PASSED" else (set(), levels)
    if statement.kind == UNSIGNED:
        ends = {name: _map(predicate["stages"], name).get("status") for name in predicate["stages"]}
        good = {name for name, status in ends.items() if status == "pass"}
        return good, {name for name, status in ends.items() if status == "fail"}
    return set(), set()


def _names(predicate: Mapping[str, Any], key: str) -> set[str]:
    names = predicate.get(key)
    return {each for each in names if isinstance(each, str)} if isinstance(names, list) else set()


def _map(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = holder.get(key)
    return found if isinstance(found, Mapping) else {}
