from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tocsin.domain.bag import LegalHold
from tocsin.domain.exhibit import Exhibit, Label
from tocsin.domain.incident import Incident, Status
from tocsin.domain.severity import Severity
from tocsin.evidence.holds import (
    ASKED_FOR,
    Destruction,
    EvidenceHeld,
    HoldReasonMissing,
    SecondPersonNeeded,
    demand_destroyable,
    demand_not_held_by_log,
    in_force,
    is_destroyable,
    reason_of,
    still_asked,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
EXHIBIT = Exhibit(
    number=1,
    incident_id=ONE,
    digest="ab" * 32,
    size=3,
    media_type="text/plain",
    name="notes.txt",
    label=Label(incident_date=date(2026, 3, 1), description="Notes", exported_by="ada"),
    kept_at=NOON,
)


def incident(status: Status) -> Incident:
    return Incident(
        incident_id=ONE,
        number=1,
        title="The disk is full",
        severity=Severity.P2,
        type="security",
        status=status,
        group_key="g",
        detected_at=NOON,
        opened_at=NOON,
    )


def hold(incident_id: UUID | None, released_at: datetime | None = None) -> LegalHold:
    return LegalHold(
        number=4,
        incident_id=incident_id,
        reason="court",
        held_by="ada",
        held_at=NOON,
        released_at=released_at,
    )


@pytest.mark.parametrize(
    ("held", "covers"),
    [(hold(ONE), True), (hold(None), True), (hold(OTHER), False), (hold(ONE, NOON), False)],
)
def test_a_hold_covers_its_incident_or_all_until_it_is_released(held: LegalHold, covers: bool) -> None:
    assert bool(in_force([held], ONE)) is covers


def test_what_is_held_is_not_destroyed_even_of_a_closed_incident() -> None:
    with pytest.raises(EvidenceHeld, match="LH-4"):
        demand_destroyable(EXHIBIT, incident(Status.CLOSED), [hold(ONE)])


def test_evidence_of_an_incident_that_is_not_closed_is_not_destroyed() -> None:
    with pytest.raises(EvidenceHeld, match="INC-1 is resolved"):
        demand_destroyable(EXHIBIT, incident(Status.RESOLVED), [])


def test_evidence_of_a_closed_incident_without_a_hold_may_be_destroyed() -> None:
    demand_destroyable(EXHIBIT, incident(Status.CLOSED), [hold(ONE, NOON)])


def test_a_reason_is_demanded_and_put_on_one_line() -> None:
    assert reason_of(" Court order\n4711 ") == "Court order 4711"
    with pytest.raises(HoldReasonMissing):
        reason_of(" \n")


def test_a_destruction_is_agreed_by_two_different_people() -> None:
    asked = Destruction(reason="by mistake", asked_by="cli:root", asked_at=NOON)
    once = asked.with_consent(EXHIBIT, "ada")
    assert (asked.is_agreed, once.is_agreed) == (False, False)
    with pytest.raises(SecondPersonNeeded, match="ada has consented"):
        once.with_consent(EXHIBIT, "ada")
    assert once.with_consent(EXHIBIT, "dana").is_agreed


@pytest.mark.parametrize(("times", "is_asked"), [(0, True), (1, True), (2, False)])
def test_what_was_asked_long_ago_is_not_meant_any_more(times: int, is_asked: bool) -> None:
    asked = Destruction(reason="by mistake", asked_by="ada", asked_at=NOON)
    assert (still_asked(asked, NOON + times * ASKED_FOR) is not None) is is_asked
    assert still_asked(None, NOON) is None


@pytest.mark.parametrize(
    ("status", "holds", "may"),
    [(Status.CLOSED, (), True), (Status.RESOLVED, (), False), (Status.CLOSED, (hold(None),), False)],
)
def test_only_what_is_closed_and_not_held_may_be_destroyed(status: Status, holds, may: bool) -> None:
    assert is_destroyable(incident(status), holds) is may


@pytest.mark.parametrize("of", ["", "INC-1"])
@pytest.mark.parametrize("rows", [(), (hold(ONE, NOON),)])
def test_a_hold_that_the_log_knows_holds_on_whatever_its_row_says(
    of: str, rows: tuple[LegalHold, ...]
) -> None:
    with pytest.raises(EvidenceHeld, match="LH-4 is in force by the log"):
        demand_not_held_by_log(EXHIBIT, incident(Status.CLOSED), {"LH-4": of}, rows)


def test_a_hold_of_another_incident_and_one_whose_row_is_there_say_nothing_new() -> None:
    demand_not_held_by_log(EXHIBIT, incident(Status.CLOSED), {"LH-9": "INC-2", "LH-4": ""}, [hold(ONE)])
