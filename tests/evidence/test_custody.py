from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit, Label
from tocsin.evidence.custody import (
    ExhibitFault,
    custody_event,
    number_ranges,
    refusal_of,
    verify_exhibits,
)

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
FIRST = Exhibit(
    number=1,
    incident_id=UUID(int=3),
    digest="a" * 64,
    size=12,
    media_type="text/plain",
    name="sign-ins.txt",
    label=Label(incident_date=date(2026, 1, 1), description="sign-in log", exported_by="Ada"),
    kept_at=NOW,
)
SECOND = replace(FIRST, number=2, digest="b" * 64, name="keys.txt")
THIRD = replace(FIRST, number=3, digest="c" * 64, name="buckets.txt")


def test_custody_says_who_did_what_when_and_why() -> None:
    event = custody_event(
        FIRST, CustodyAct.READ, actor="ben", at=NOW, reason=" Looking for the first login. "
    )
    assert event == CustodyEvent(
        exhibit=1, at=NOW, act=CustodyAct.READ, actor="ben", reason="Looking for the first login."
    )


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (CustodyAct.COLLECTED, "Kept as evidence."),
        (CustodyAct.READ, "Opened for reading; no further reason was given."),
        (CustodyAct.VERIFIED, "Its bytes were hashed anew."),
    ],
)
def test_a_custody_event_never_lacks_a_reason(act: CustodyAct, reason: str) -> None:
    assert custody_event(FIRST, act, actor="ada", at=NOW, reason=" ").reason == reason


def test_nobody_is_no_custodian() -> None:
    with pytest.raises(ValueError, match="needs an actor"):
        custody_event(FIRST, CustodyAct.READ, actor=" ", at=NOW)


def test_untouched_exhibits_have_no_fault() -> None:
    assert verify_exhibits((FIRST, SECOND), lambda digest: digest) == ()


def test_each_exhibit_that_is_changed_or_gone_is_named() -> None:
    found = {FIRST.digest: "d" * 64, SECOND.digest: SECOND.digest}
    faults = verify_exhibits((FIRST, SECOND, THIRD), found.get)
    assert faults == (ExhibitFault(FIRST, "d" * 64), ExhibitFault(THIRD, None))
    assert faults[0].expected == FIRST.digest
    assert faults[0].sentence == (
        f"EX-1 (sign-ins.txt) was changed: it was kept as {'a' * 64}, and its bytes now give {'d' * 64}."
    )
    assert faults[1].sentence == f"EX-3 (buckets.txt) is gone: no bytes lie under its digest {'c' * 64}."


def test_an_exhibit_may_be_named_by_its_number() -> None:
    by_number = custody_event(1, CustodyAct.COPIED, actor="ada", at=NOW)
    assert by_number == custody_event(FIRST, CustodyAct.COPIED, actor="ada", at=NOW)


def test_of_a_destroyed_exhibit_nothing_is_expected_any_more() -> None:
    gone = custody_event(FIRST, CustodyAct.DESTROYED, actor="ada", at=NOW)
    assert verify_exhibits([FIRST], lambda digest: None, [gone]) == ()
    assert len(verify_exhibits([FIRST], lambda digest: None)) == 1


@pytest.mark.parametrize(
    ("numbers", "told"), [((), ""), ((7,), "7"), ((3, 1, 2, 7), "1-3,7"), ((1, 2, 4, 5, 5), "1-2,4-5")]
)
def test_many_exhibits_are_named_shortly(numbers: tuple[int, ...], told: str) -> None:
    assert number_ranges(numbers) == told


def test_changed_and_gone_bytes_are_refused_each_with_its_own_code() -> None:
    changed, gone = (refusal_of(ExhibitFault(FIRST, found)) for found in ("d" * 64, None))
    assert [(each.code, each.status) for each in (changed, gone)] == [
        ("exhibit_changed", 409),
        ("exhibit_gone", 410),
    ]
