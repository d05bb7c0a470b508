"""Each refusal of the lake says what to do."""

from __future__ import annotations

import errno

from tocsin.store.lake import refusals


def test_a_full_disk_is_told_from_a_failing_one() -> None:
    assert "full" in refusals.disk_refused(OSError(errno.ENOSPC, "")).happened
    assert "Input/output error" in refusals.disk_refused(OSError(errno.EIO, "")).happened
    assert "Input/output error" in refusals.disk_refused(OSError()).happened


def test_broken_and_unknown_name_the_next_step() -> None:
    assert "lake verify" in refusals.broken("x").next_step
    assert "lake status" in refusals.unknown_source("x" * 200).next_step
    assert len(refusals.unknown_source("x" * 200).happened) < 160
