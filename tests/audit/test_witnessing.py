from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tocsin.audit.checkpoint import Head, signed
from tocsin.audit.merkle import EMPTY_ROOT, consistency_path, root_of
from tocsin.audit.witnessing import (
    AnswerUnreadable,
    RequestRefused,
    Submission,
    Verdict,
    cosignatures_in,
    decide,
    format_submission,
    parse_submission,
    size_in,
)

ORIGIN = "tocsin.example/audit"


def submission(book: Any, old: int, size: int, note: str = "") -> Submission:
    hashes = [leaf.leaf_hash for leaf in book.leaves]
    proof = consistency_path(old, size, hashes) if old <= size else ()
    return Submission(old, proof, note or book.signed_at(size).note)


def last(book: Any, size: int) -> Head:
    return Head(ORIGIN, size, root_of([leaf.leaf_hash for leaf in book.leaves[:size]]))


def test_a_log_that_only_grew_is_cosigned_from_every_size(book: Any) -> None:
    logs = {ORIGIN: [book.key]}
    assert decide(submission(book, 0, 0), logs, None).verdict is Verdict.COSIGNED
    for old in range(11):
        for size in range(old, 11):
            known = last(book, old) if old else None
            decision = decide(submission(book, old, size), logs, known)
            assert (decision.verdict, decision.head) == (Verdict.COSIGNED, last(book, size))


def test_the_questions_are_asked_in_the_protocols_order(book: Any, eve: Any) -> None:
    logs, foreign = {ORIGIN: [book.key]}, type(book)(eve, book.leaves, ())
    false_proof = (b"x" * 32,)
    worst = Submission(9, false_proof, foreign.signed_at(3).note)
    assert decide(worst, {}, None).verdict is Verdict.UNKNOWN_LOG
    assert decide(worst, logs, last(book, 5)).verdict is Verdict.NOT_SIGNED
    signed_worst = Submission(9, false_proof, book.signed_at(3).note)
    assert decide(signed_worst, logs, last(book, 5)).verdict is Verdict.MALFORMED
    other = decide(Submission(3, false_proof, book.signed_at(7).note), logs, last(book, 5))
    assert (other.verdict, other.size) == (Verdict.OTHER_SIZE, 5)
    never = decide(Submission(3, false_proof, book.signed_at(7).note), logs, None)
    assert (never.verdict, never.size) == (Verdict.OTHER_SIZE, 0)
    wrong = decide(Submission(5, false_proof, book.signed_at(7).note), logs, last(book, 5))
    assert wrong.verdict is Verdict.CONTRADICTION


@pytest.mark.parametrize(
    ("old", "known", "size", "root", "proof"),
    [
        pytest.param(0, 0, 0, b"r" * 32, (), id="an empty log with another root"),
        pytest.param(0, 0, 3, None, (b"x" * 32,), id="a proof from nothing"),
        pytest.param(5, 5, 5, b"r" * 32, (), id="another root at the same size"),
        pytest.param(5, 5, 5, None, (b"x" * 32,), id="a proof to the same size"),
        pytest.param(5, 5, 7, b"r" * 32, None, id="another tree"),
        pytest.param(5, 5, 7, None, (), id="no proof"),
    ],
)
def test_what_is_not_the_same_log_is_a_contradiction(
    book: Any, old: int, known: int, size: int, root: bytes | None, proof: tuple[bytes, ...] | None
) -> None:
    asked = submission(book, old, size)
    note = asked.note if root is None else signed(size, root, book.signer, book.checkpoints[0].signed_at).note
    decision = decide(
        Submission(old, asked.proof if proof is None else proof, note),
        {ORIGIN: [book.key]},
        last(book, known) if known else Head(ORIGIN, 0, EMPTY_ROOT),
    )
    assert decision.verdict is Verdict.CONTRADICTION
    assert decision.verdict.is_signed_refusal


def test_only_what_the_log_signed_is_proof_of_misbehaviour() -> None:
    kept = {each for each in Verdict if each.is_signed_refusal}
    assert kept == {Verdict.OTHER_SIZE, Verdict.CONTRADICTION}


def test_the_same_head_again_is_a_heartbeat(book: Any) -> None:
    decision = decide(submission(book, 7, 7), {ORIGIN: [book.key]}, last(book, 7))
    assert decision.verdict is Verdict.COSIGNED


def test_a_request_is_read_as_it_was_written(book: Any) -> None:
    for old, size in ((0, 0), (0, 5), (3, 7), (7, 7)):
        asked = submission(book, old, size)
        assert parse_submission(format_submission(asked)) == asked


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "begin with", id="nothing"),
        pytest.param(b"\xff", "UTF-8", id="no text"),
        pytest.param(b"old 3\n", "begin with", id="no note"),
        pytest.param(b"new 3\n\nnote", "begin with", id="no old size"),
        pytest.param(b"old 03\n\nnote", "begin with", id="a leading zero"),
        pytest.param(b"old -3\n\nnote", "begin with", id="a negative size"),
        pytest.param(b"old 3\nAAAA\n\nnote", "base64", id="a short hash"),
        pytest.param(b"old 3\n" + b64encode(bytes(32)) + b"!\n\nnote", "base64", id="no base64"),
        pytest.param(b"old 3\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\nnote", "63", id="a long proof"),
    ],
)
def test_a_malformed_request_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(RequestRefused, match=reason):
        parse_submission(content)


def test_a_request_without_a_checkpoint_is_refused(book: Any) -> None:
    for note in ("no note", book.checkpoints[0].note.replace(ORIGIN + "\n3\n", ORIGIN + "\n03\n")):
        with pytest.raises(RequestRefused):
            decide(Submission(0, (), note), {ORIGIN: [book.key]}, None)


def test_the_witness_s_answers_are_read(book: Any, witnesses: Any) -> None:
    line = witnesses().cosign(book.checkpoints[0].note).splitlines(keepends=True)[-1].encode()
    assert [each.name for each in cosignatures_in(line * 2)] == ["witness.example/w1"] * 2
    assert size_in(b"17\n") == 17
    for answer in (b"", b"ok", b"\xff", line[:-1], b"17\n"):
        with pytest.raises(AnswerUnreadable):
            cosignatures_in(answer)
    for answer in (b"", b"17", b"017\n", b"-1\n", b"\xff\n", b"1 7\n", b"9" * 30 + b"\n"):
        with pytest.raises(AnswerUnreadable):
            size_in(answer)
