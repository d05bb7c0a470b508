"""A short form of proofs/runs.py: some kills, some approvals at once."""

from __future__ import annotations


def test_a_run_is_never_lost_doubled_or_stuck(load_program) -> None:
    count, faults = load_program("proofs/runs.py").kills(every=31)
    assert faults == []
    assert count >= 2


def test_approvals_at_once_leave_nothing_stuck(load_program) -> None:
    assert load_program("proofs/runs.py").approvals(20) == (20, [])


def test_a_lost_containment_would_be_found(load_program) -> None:
    proof = load_program("proofs/runs.py")
    assert proof.faults_of(proof.RunWorld(), 3) == [
        "killed at step 3: 0 runs",
        "killed at step 3: the containment is lost",
        "killed at step 3: contained under 0 keys",
        "killed at step 3: notices []",
    ]


def test_a_shipped_runbook_is_never_lost_doubled_or_stuck(load_program) -> None:
    proof = load_program("proofs/runs.py")
    text = next(each for each in proof.shipped() if "runbook: webhook-dead-letters" in each)
    for point in (9, 20):
        assert proof.faults_of_shipped(proof.follows(text, proof.Fuse(point)), point) == []
