from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.audit.attendance import (
    LEASE,
    RENEWED_AFTER,
    Attendance,
    attendance_of,
    attended,
    written,
)
from tocsin.audit.checkpoint import Head
from tocsin.audit.policy import Cosigned

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)


def seen(size: int, *times_s: int) -> Cosigned:
    return Cosigned(Head("log", size, b""), {f"w{n}": at for n, at in enumerate(times_s)}, bool(times_s))


def test_a_quorum_that_comes_in_time_is_remembered_and_nobody_is_told() -> None:
    attendance, report = attended(Attendance(), seen(3, 5, 9), NOW, NOW)
    assert attendance == Attendance(size=3, cosigned_at=datetime.fromtimestamp(9, UTC))
    assert report is None


def test_a_minute_without_a_quorum_is_told_once_and_ends_with_it() -> None:
    known, report = attended(Attendance(size=3, cosigned_at=NOW), seen(5), NOW, NOW + MINUTE - INSTANT)
    assert report is None
    assert not known.is_late(NOW + MINUTE - INSTANT)
    # Newer heads do not make the wait begin anew.
    known, report = attended(known, seen(7), NOW + MINUTE, NOW + MINUTE)
    assert report is not None
    assert known.is_late(NOW + MINUTE)
    assert report.labels == {
        "alertname": "CosignatureLate",
        "log": "log",
        "severity": "high",
        "incident_type": "service-degradation",
    }
    assert "2026-01-01 00:00:00 UTC, at size 3" in report.annotations["description"]
    assert (report.starts_at, report.ends_at) == (NOW, NOW + MINUTE + LEASE)
    assert attended(known, seen(7), NOW + MINUTE, NOW + 2 * MINUTE) == (known, None)
    back, ended = attended(known, seen(7, 9), NOW, NOW + 3 * MINUTE)
    assert ended is not None
    assert (ended.labels, ended.ends_at) == (report.labels, NOW + 3 * MINUTE)
    assert back.waiting_since is None


def test_an_alarm_that_lasts_is_renewed() -> None:
    known, _ = attended(Attendance(), seen(5), NOW, NOW + MINUTE)
    again, report = attended(known, seen(5), NOW, NOW + MINUTE + RENEWED_AFTER)
    assert report is not None
    assert "last cosigned never" in report.annotations["description"]
    assert again.told_at == NOW + MINUTE + RENEWED_AFTER


@pytest.mark.parametrize("times", [(), (2**62,)])
def test_a_quorum_without_a_time_of_the_calendar_has_none(times: tuple[int, ...]) -> None:
    found = Cosigned(Head("log", 3, b""), {f"w{at}": at for at in times}, is_quorate=True)
    assert attended(Attendance(), found, NOW, NOW)[0] == Attendance(size=3)


def test_what_is_stored_is_read_back_and_damage_remembers_nothing() -> None:
    for each in (Attendance(), Attendance(size=3, cosigned_at=NOW, waiting_since=NOW, told_at=NOW)):
        assert attendance_of(written(each)) == each
    for damaged in (None, b"", b"[]", b"3", b"[1]", b'["x",null,null,null]', b'[1,"x",null,null]'):
        assert attendance_of(damaged) == Attendance()
