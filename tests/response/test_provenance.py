"""A build is proven by who built it, from which commit, and by each gate that it passed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builds import (
    GATES,
    REPOSITORY,
    WORKFLOW,
    commit,
    digest_of,
    provenance,
    results,
    signed,
    statement,
    summary,
    trusted,
)
from tocsin.response.provenance import SLSA, Required, proof_of, stages_of
from tocsin.response.statements import opened

DIGEST, OTHER = digest_of(b"build 1"), digest_of(b"build 2")
REQUIRED = Required(gates=GATES, repository=REPOSITORY, workflow=WORKFLOW, healthy_for=timedelta(minutes=10))
LOOSE = Required(gates=GATES, repository=REPOSITORY, unsigned=True)


def judged(*stated, required=REQUIRED, unsigned=()):
    statements = [opened(signed(each), [trusted()]) for each in stated]
    return proof_of(commit(1), DIGEST, [*statements, *unsigned], required)


def test_a_build_of_our_workflow_that_passed_each_gate_is_proven():
    proof = judged(provenance(DIGEST, commit(1)), results(DIGEST))
    assert (proof.faults, proof.is_signed, proof.signers) == ((), True, (trusted().name,))


def test_a_summary_counts_as_results_do_and_several_add_up():
    assert judged(provenance(DIGEST, commit(1)), summary(DIGEST)).faults == ()
    parts = (results(DIGEST, ["unit"]), summary(DIGEST, ["sast"]))
    assert judged(provenance(DIGEST, commit(1)), *parts).faults == ()


def test_a_workflow_may_be_bound_to_a_ref_or_left_to_the_key():
    bound = Required(gates=GATES, repository=REPOSITORY, workflow=f"{WORKFLOW}@refs/heads/main")
    assert judged(provenance(DIGEST, commit(1)), results(DIGEST), required=bound).faults == ()
    moved = provenance(DIGEST, commit(1), ref="refs/heads/eve")
    assert judged(moved, results(DIGEST), required=bound).faults == ("another workflow built it",)
    free = Required(gates=GATES, repository=REPOSITORY)
    assert (
        judged(provenance(DIGEST, commit(1), path="other.yml"), results(DIGEST), required=free).faults == ()
    )


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ([results(DIGEST)], "no signed provenance names this artifact"),
        ([provenance(OTHER, commit(1)), results(DIGEST)], "no signed provenance names this artifact"),
        ([provenance(DIGEST, commit(9)), results(DIGEST)], "its provenance is of another commit"),
        (
            [provenance(DIGEST, commit(1), repository="https://git.example/fork"), results(DIGEST)],
            "its provenance is of another repository",
        ),
        ([provenance(DIGEST, commit(1), path="evil.yml"), results(DIGEST)], "another workflow built it"),
        (
            [statement(SLSA, DIGEST, {"buildDefinition": 1}), results(DIGEST)],
            "its provenance is of another commit",
        ),
        (
            [statement(SLSA, DIGEST, {"buildDefinition": {"resolvedDependencies": [1]}}), results(DIGEST)],
            "its provenance is of another commit",
        ),
        ([provenance(DIGEST, commit(1))], "the gate 'unit' is not shown to be passed"),
        (
            [provenance(DIGEST, commit(1)), results(DIGEST, ["unit"])],
            "the gate 'sast' is not shown to be passed",
        ),
        ([provenance(DIGEST, commit(1)), results(OTHER)], "the gate 'unit' is not shown to be passed"),
        ([provenance(DIGEST, commit(1)), results(DIGEST, [*GATES], ["sast"])], "the gate 'sast' failed"),
        ([provenance(DIGEST, commit(1)), results(DIGEST, GATES, ["extra"])], "the gate 'extra' failed"),
        ([provenance(DIGEST, commit(1)), summary(DIGEST, GATES, "FAILED")], "the gate 'sast' failed"),
        (
            [provenance(DIGEST, commit(1)), statement("https://else", DIGEST, {"passedTests": [*GATES]})],
            "the gate 'unit' is not shown to be passed",
        ),
        (
            [
                provenance(DIGEST, commit(1)),
                statement(results(DIGEST)["predicateType"], DIGEST, {"passedTests": 1}),
            ],
            "the gate 'unit' is not shown to be passed",
        ),
    ],
)
def test_what_is_not_shown_is_not_believed(stated, fault):
    proof = judged(*stated)
    assert fault in proof.faults
    assert not proof.is_signed


def test_without_required_gates_nothing_is_proven():
    none = Required(gates=(), repository=REPOSITORY)
    assert judged(provenance(DIGEST, commit(1)), results(DIGEST), required=none).faults == (
        "no gate is required of this service, so nothing would be proven",
    )


def stages(written, of=1):
    return (stages_of(commit(of), written),)


PASSED = {"stages": {"unit": {"status": "pass"}, "sast": {"status": "pass"}}}


def test_unsigned_stages_count_only_where_that_is_allowed_and_are_told_as_such():
    proof = judged(required=LOOSE, unsigned=stages(PASSED))
    assert (proof.faults, proof.is_signed, proof.signers) == ((), False, ())
    assert judged(unsigned=stages(PASSED)).faults != ()


@pytest.mark.parametrize(
    "written",
    [
        {"stages": {}},
        {"stages": []},
        [],
        {},
        {"stages": {"unit": {"status": "pass"}}},
        {"stages": {"unit": {"status": "pass"}, "sast": {"status": "skipped"}}},
        {"stages": {"unit": {"status": "pass"}, "sast": "pass"}},
        {"stages": {**PASSED["stages"], "dast": {"status": "fail"}}},
    ],
)
def test_empty_skipped_and_failed_stages_prove_nothing(written):
    assert judged(required=LOOSE, unsigned=stages(written)).faults != ()


def test_unsigned_stages_of_another_commit_do_not_count():
    assert judged(required=LOOSE, unsigned=stages(PASSED, of=2)).faults != ()
