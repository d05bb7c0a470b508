"""Tests of what is kept of something that could not be understood."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.intake.lease import AlertRefused
from tocsin.intake.quarantine import MAX_BODY_BYTES, MAX_REASON_CHARACTERS, quarantine

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def kept(problem: AlertRefused | str, body: bytes = b"{") -> tuple[str, bytes]:
    quarantined = quarantine(problem, connector="prometheus", source="eu-1", body=body, received_at=NOW)
    assert (quarantined.connector, quarantined.source, quarantined.received_at) == ("prometheus", "eu-1", NOW)
    return quarantined.reason, quarantined.body


def test_the_body_is_kept_as_received_with_the_reason() -> None:
    assert kept("Not JSON: line 1.", b"\xff{") == ("Not JSON: line 1.", b"\xff{")


def test_an_explained_refusal_says_what_to_do() -> None:
    assert kept(AlertRefused("It has no label.", "Add one."))[0] == "It has no label. Add one."


def test_a_reason_is_one_bounded_printable_line() -> None:
    assert kept("bad\r\n\x1b[31m line")[0] == "bad [31m line"
    assert len(kept("x" * 9999)[0]) == MAX_REASON_CHARACTERS
    assert kept("\n")[0] == "No reason was given."


def test_a_giant_body_is_cut_and_says_so() -> None:
    reason, body = kept("Too large.", b"x" * (MAX_BODY_BYTES + 1))
    assert len(body) == MAX_BODY_BYTES
    assert reason == f"Cut to the first {MAX_BODY_BYTES} of {MAX_BODY_BYTES + 1} bytes. Too large."
