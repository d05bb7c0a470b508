"""Rows of decisions against the log: no row may say more than it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tocsin.audit.agreement import account_of
from tocsin.audit.decisions import (
    Decisions,
    action_faults,
    bag_faults,
    hold_faults,
    holds_of,
    standing_faults,
    stop_faults,
)
from tocsin.audit.leaf import encode
from tocsin.domain.action import Action, ActionClass, ActionState, Approval, Door, StandingApproval
from tocsin.domain.bag import Bag, LegalHold
from tocsin.domain.entry import Entry
from tocsin.domain.timeline import Happening

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, DIGEST = UUID(int=1), "ab" * 32
CONSENT = Approval(person="dana", role="approver", at=NOON, digest=DIGEST)
ACTION = Action(
    action_id=ONE,
    number=1,
    incident_id=ONE,
    name="iam.disable",
    action_class=ActionClass.CONTAIN,
    arguments={},
    state=ActionState.BEGUN,
    door=Door.CONSOLE,
    proposed_by="ben",
    proposed_at=NOON,
    expires_at=NOON,
    digest=DIGEST,
    approvals=(CONSENT,),
)
STANDING = StandingApproval(
    number=3,
    person="dana",
    action="iam.disable",
    bounds={},
    trigger=(),
    per_hour=1,
    given_at=NOON,
    expires_at=NOON,
)
BAG = Bag(
    number=2,
    incident_id=ONE,
    digest=DIGEST,
    archive="cd" * 32,
    size=1,
    exhibits=(1,),
    recipients=(),
    entry_id=ONE,
    packed_at=NOON,
    packed_by="ada",
)
HOLD = LegalHold(number=4, incident_id=ONE, reason="court", held_by="ada", held_at=NOON)


def said(kind: Happening, facts: Mapping[str, str], *, actor: str = "dana", subject: str = "INC-1") -> bytes:
    return encode(Entry(entry_id=ONE, at=NOON, actor=actor, kind=kind, subject=subject, facts=facts))


ABOUT = {"action": "ACT-1", "digest": DIGEST}
PROPOSED, APPROVED, BEGUN = (
    said(kind, ABOUT)
    for kind in (Happening.ACTION_PROPOSED, Happening.ACTION_APPROVED, Happening.ACTION_BEGUN)
)
BY_STANDING = said(Happening.ACTION_APPROVED, {**ABOUT, "person": "ada", "standing": "3"}, actor="tocsin")
GIVEN = said(
    Happening.STANDING_GIVEN,
    {"action": "iam.disable", "until": NOON.isoformat()},
    subject="standing approval 3",
)
REVOKED = said(Happening.STANDING_REVOKED, {}, subject="standing approval 3")
STOPPED = said(Happening.STOPPED, {"scope": "everything"}, subject="everything")
STARTED = said(Happening.STARTED_AGAIN, {"scope": "everything"}, subject="everything")
PACKED = said(Happening.BAG_PACKED, {"bag": "BAG-2", "digest": DIGEST, "archive": "cd" * 32})
HELD = said(Happening.HELD, {"hold": "LH-4", "reason": "court"})
RELEASED = said(Happening.RELEASED, {"hold": "LH-4"})
DONE = said(Happening.ACTION_DONE, ABOUT)


def told(*contents: bytes) -> Decisions:
    return account_of(contents).decisions


def sentences(faults: Any) -> str:
    return " ".join(each.sentence for each in faults)


def test_an_action_that_the_log_tells_of_has_no_fault() -> None:
    consents = (CONSENT, replace(CONSENT, person="ada", standing=3))
    log = told(PROPOSED, APPROVED, BY_STANDING, BEGUN, DONE)
    assert action_faults(log, [("INC-1", replace(ACTION, approvals=consents))]) == ()
    waiting = replace(ACTION, state=ActionState.PROPOSED, approvals=())
    assert action_faults(told(PROPOSED), [("INC-1", waiting)]) == ()


@pytest.mark.parametrize(
    ("log", "change", "words"),
    [
        pytest.param((), {}, "nobody proposed it", id="invented"),
        pytest.param((PROPOSED, APPROVED), {}, "no entry of the log says that it began", id="begun by hand"),
        pytest.param((PROPOSED, BEGUN), {}, "has the consent of dana", id="a consent written by hand"),
        pytest.param(
            (PROPOSED, APPROVED, BEGUN),
            {"approvals": (replace(CONSENT, digest="ff" * 32),)},
            "has the consent of dana",
            id="a consent to something else",
        ),
    ],
)
def test_an_action_whose_row_says_more_than_the_log_is_named(
    log: tuple[bytes, ...], change: dict[str, Any], words: str
) -> None:
    (fault,) = action_faults(told(*log), [("INC-1", replace(ACTION, **change))])
    assert (fault.name, fault.incident, words in fault.sentence) == ("ACT-1", "INC-1", True)


def test_an_action_that_was_removed_is_named() -> None:
    assert "ACT-1 is missing: entry 0" in sentences(action_faults(told(PROPOSED), []))


@pytest.mark.parametrize(
    ("log", "rows", "words"),
    [
        pytest.param((GIVEN,), (STANDING,), "", id="as logged"),
        pytest.param((GIVEN, REVOKED), (replace(STANDING, revoked_at=NOON),), "", id="revoked"),
        pytest.param((), (STANDING,), "nobody gave it", id="invented"),
        pytest.param((GIVEN,), (), "is gone; entry 0", id="removed"),
        pytest.param((GIVEN,), (replace(STANDING, person="eve"),), "not as entry 0", id="another person"),
        pytest.param(
            (GIVEN,),
            (replace(STANDING, expires_at=NOON + timedelta(days=9)),),
            "not as entry 0",
            id="prolonged",
        ),
        pytest.param((GIVEN, REVOKED), (STANDING,), "was revoked", id="in force again"),
    ],
)
def test_consents_in_advance_are_compared_both_ways(log: Any, rows: Any, words: str) -> None:
    found = sentences(standing_faults(told(*log), rows))
    assert words in found
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("log", "scopes", "words"),
    [
        pytest.param((STOPPED,), ("everything",), "", id="as logged"),
        pytest.param((STOPPED, STARTED), (), "", id="started again"),
        pytest.param((STOPPED,), (), "no row holds the stop", id="lifted by hand"),
        pytest.param((), ("everything",), "no entry of the log says by whom", id="set by hand"),
    ],
)
def test_stops_are_compared_both_ways(log: Any, scopes: Any, words: str) -> None:
    found = sentences(stop_faults(told(*log), scopes))
    assert words in found
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("log", "rows", "words"),
    [
        pytest.param((PACKED,), (("INC-1", BAG),), "", id="as logged"),
        pytest.param((), (("INC-1", BAG),), "nobody packed it", id="invented"),
        pytest.param((PACKED,), (), "is missing: entry 0", id="removed"),
        pytest.param((PACKED,), (("INC-2", BAG),), "not as entry 0", id="another incident"),
        pytest.param(
            (PACKED,), (("INC-1", replace(BAG, archive="ef" * 32)),), "not as", id="another archive"
        ),
    ],
)
def test_bags_are_compared_both_ways(log: Any, rows: Any, words: str) -> None:
    found = sentences(bag_faults(told(*log), rows))
    assert words in found
    assert bool(found) is bool(words)


@pytest.mark.parametrize(
    ("log", "rows", "words"),
    [
        pytest.param((HELD,), (HOLD,), "", id="as logged"),
        pytest.param((HELD, RELEASED), (replace(HOLD, released_at=NOON),), "", id="released"),
        pytest.param((HELD,), (), "no row holds it", id="removed"),
        pytest.param((HELD,), (replace(HOLD, released_at=NOON),), "no row holds it", id="released by hand"),
        pytest.param((), (HOLD,), "nobody placed it", id="invented"),
    ],
)
def test_legal_holds_are_compared_both_ways(log: Any, rows: Any, words: str) -> None:
    found = sentences(hold_faults(told(*log), rows))
    assert words in found
    assert bool(found) is bool(words)


def test_holds_in_force_are_read_from_the_log_alone() -> None:
    strange = b'{"evidence.held"'
    strange_too = b'not about "evidence.held" at all'
    assert holds_of((PROPOSED, strange, strange_too, HELD)) == {"LH-4": "INC-1"}
    assert holds_of((HELD, RELEASED)) == {}
    assert holds_of((HELD, RELEASED, HELD)) == {"LH-4": "INC-1"}
