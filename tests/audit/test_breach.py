from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.audit.breach import (
    LATCHED,
    Break,
    BreakUnreadable,
    alarm,
    broken_at,
    origin_of,
    read_break,
    succession,
    unless_frozen,
    written,
)
from tocsin.audit.verify import Verdict

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VERDICT = Verdict(
    sound=False,
    size=9,
    root=b"r" * 32,
    first_broken=4,
    reason="Entry 4 was changed.",
    checkpoints_checked=2,
    sealed_size=3,
    unsequenced=0,
    last_suspect=6,
)
SOUND = replace(VERDICT, sound=True, first_broken=None, last_suspect=None, reason="All is well.")
BREAK = Break(
    number=1,
    origin="tocsin.test/audit",
    kind="log_forked",
    reason="Entry 4 was changed.",
    first_broken=4,
    last_suspect=6,
    found_at=AT,
    size=9,
    sealed_size=3,
)


def test_a_break_is_what_the_verification_found() -> None:
    assert broken_at(VERDICT, 1, "tocsin.test/audit", kind="log_forked", at=AT) == BREAK


@pytest.mark.parametrize("verdict", [SOUND, replace(VERDICT, first_broken=None)])
def test_where_no_entry_is_broken_nothing_is_frozen(verdict: Any) -> None:
    assert broken_at(verdict, 1, "tocsin.test/audit", kind="log_forked", at=AT) is None


def test_the_second_log_of_a_line_is_named_after_the_first() -> None:
    assert [origin_of("tocsin.test/audit", number) for number in (1, 2)] == [
        "tocsin.test/audit",
        "tocsin.test/audit/2",
    ]


def test_a_frozen_log_is_never_sound_again() -> None:
    assert unless_frozen(SOUND, None) is SOUND
    assert unless_frozen(VERDICT, BREAK) is VERDICT
    judged = unless_frozen(SOUND, BREAK)
    assert (judged.sound, judged.first_broken, judged.last_suspect) == (False, 4, 6)
    assert "frozen at size 3" in judged.reason


def test_a_successor_begins_with_the_broken_logs_checkpoint_and_what_contradicts_it() -> None:
    note = "n" * 6_001
    facts = succession(replace(BREAK, checkpoint=note, proof={"found_root": "ab"}))
    assert "".join(facts[f"checkpoint.{place:02}"] for place in range(3)) == note
    assert (facts["broken_origin"], facts["broken_at"], facts["proof.found_root"]) == (
        "tocsin.test/audit",
        "4",
        "ab",
    )
    assert succession(replace(BREAK, first_broken=None))["broken_at"] == ""


def test_the_alarm_is_the_same_for_the_same_break_and_ends_by_no_clock() -> None:
    report = alarm(BREAK, "tocsin.test/audit/2")
    assert report.labels["incident_type"] == "audit-integrity"
    assert report.labels == alarm(replace(BREAK, size=10), "tocsin.test/audit/2").labels
    assert report.ends_at == AT + LATCHED
    assert "at entry 4" in report.annotations["summary"]
    assert "tocsin.test/audit/2" in report.annotations["description"]
    assert "at entry" not in alarm(replace(BREAK, first_broken=None), "x").annotations["summary"]


def test_a_break_is_read_as_it_was_written() -> None:
    for each in (BREAK, replace(BREAK, first_broken=None, proof={"witness": "said so"}, checkpoint="note")):
        assert read_break(written(each), "log.key.frozen") == each


@pytest.mark.parametrize("stored", [b"", b"[]", b"{}", b'{"found_at": "2026-03-01", "number": 1}', b"\xff"])
def test_a_damaged_record_of_a_break_is_said_by_its_name(stored: bytes) -> None:
    with pytest.raises(BreakUnreadable, match=r"log\.key\.frozen"):
        read_break(stored, "log.key.frozen")
