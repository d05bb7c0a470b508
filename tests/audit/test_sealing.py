from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin.audit.sealing import (
    CHECKPOINT_EVERY,
    HEARTBEAT_EVERY,
    checkpoint_is_due,
    heartbeat_is_due,
    is_sealed,
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
