from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.audit.policy import Policy, Witness
from tocsin.audit.sealing import (
    CHECKPOINT_EVERY,
    HEARTBEAT_EVERY,
    QUORUM_WITHIN,
    Seal,
    checkpoint_is_due,
    heartbeat_is_due,
    is_sealed,
    seal_state,
)
from tocsin.domain.entry import Checkpoint

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def at_size(size: int) -> Checkpoint:
    return Checkpoint(origin="log", size=size, root=b"", note="", signed_at=NOW)


def test_the_promised_intervals() -> None:
    assert (CHECKPOINT_EVERY.total_seconds(), HEARTBEAT_EVERY.total_seconds()) == (10, 300)


@pytest.mark.parametrize(
    ("size", "last", "after", "due"),
    [
        pytest.param(0, None, timedelta(), False, id="an empty log is not signed"),
        pytest.param(1, None, timedelta(), True, id="the first entry is signed at once"),
        pytest.param(5, at_size(5), timedelta(days=1), False, id="what has not grown is not signed again"),
        pytest.param(4, at_size(5), timedelta(days=1), False, id="what shrank is not signed"),
        pytest.param(6, at_size(5), CHECKPOINT_EVERY - INSTANT, False, id="not before ten seconds"),
        pytest.param(6, at_size(5), CHECKPOINT_EVERY, True, id="after ten seconds"),
        pytest.param(6, at_size(5), -INSTANT, True, id="when the clock was set back"),
    ],
)
def test_a_checkpoint_is_due(size: int, last: Checkpoint | None, after: timedelta, due: bool) -> None:
    assert checkpoint_is_due(size, last, NOW + after) is due


@pytest.mark.parametrize(
    ("last_entry_at", "after", "due"),
    [
        pytest.param(None, timedelta(), True, id="an empty log shows that it lives"),
        pytest.param(NOW, HEARTBEAT_EVERY - INSTANT, False, id="not before five minutes"),
        pytest.param(NOW, HEARTBEAT_EVERY, True, id="after five minutes"),
        pytest.param(NOW, -INSTANT, True, id="when the clock was set back"),
    ],
)
def test_a_heartbeat_is_due(last_entry_at: datetime | None, after: timedelta, due: bool) -> None:
    assert heartbeat_is_due(last_entry_at, NOW + after) is due


def test_an_entry_is_sealed_once_a_checkpoint_covers_it(book: Any) -> None:
    assert [is_sealed(index, book.checkpoints) for index in (-1, 0, 8, 9)] == [False, True, True, False]
    assert not is_sealed(0, ())


def test_without_witnesses_the_logs_signature_seals(book: Any) -> None:
    policy = Policy().with_log(book.key)
    states = [seal_state(index, book.checkpoints, policy, NOW) for index in (-1, 0, 8, 9)]
    assert states == [Seal.NONE, Seal.SEALED, Seal.SEALED, Seal.NONE]


def test_an_entry_waits_a_minute_for_its_quorum_and_is_marked_then(book: Any, witnesses: Any) -> None:
    witness = witnesses()
    policy = Policy(witnesses=(Witness("w1", witness.key),), quorum="w1").with_log(book.key)
    last = replace(book.checkpoints[-1], signed_at=NOW)
    before, after = NOW + QUORUM_WITHIN - INSTANT, NOW + QUORUM_WITHIN
    assert seal_state(8, [last], policy, before) is Seal.NONE
    assert seal_state(8, [last], policy, after) is Seal.AWAITING
    assert seal_state(9, [last], policy, after) is Seal.NONE
    cosigned = replace(last, note=witness.cosign(last.note))
    assert seal_state(8, [last, cosigned], policy, before) is Seal.SEALED
    assert seal_state(8, [last, cosigned], policy, after) is Seal.SEALED


def test_a_forged_checkpoint_seals_nothing(book: Any, eve: Any) -> None:
    forged = type(book)(eve, book.leaves, ()).signed_at(9)
    broken = replace(book.checkpoints[-1], note="no note")
    policy = Policy().with_log(book.key)
    assert seal_state(0, [forged, broken], policy, NOW + timedelta(days=1)) is Seal.NONE


def test_a_seal_that_awaits_its_cosignature_holds() -> None:
    assert [each.holds for each in Seal] == [False, True, True]
