from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tocsin.audit.agreement import account_of, custody_faults, exhibit_faults, line_faults
from tocsin.audit.leaf import decode, encode
from tocsin.domain.entry import Entry
from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit, Label
from tocsin.domain.timeline import Happening, TimelineEntry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = UUID(int=1)
DUMP = Exhibit(
    number=1,
    incident_id=ONE,
    digest="ab" * 32,
    size=7,
    media_type="text/csv",
    name="dump.csv",
    label=Label(incident_date=date(2026, 3, 1), description="Rows of shop", exported_by="ada"),
    kept_at=NOON,
)
FACTS = {
    "exhibit": "EX-1",
    "digest": DUMP.digest,
    "size": "7",
    "incident_date": "2026-03-01",
    "description": "Rows of shop",
    "exported_by": "ada",
    "name": "dump.csv",
}


def leaf(kind: Happening, facts: Mapping[str, str], *, actor: str = "ada", subject: str = "INC-1") -> bytes:
    return encode(Entry(entry_id=ONE, at=NOON, actor=actor, kind=kind, subject=subject, facts=facts))


def line(text: str, *, actor: str = "ada", at: datetime = NOON) -> TimelineEntry:
    return TimelineEntry(incident_id=ONE, at=at, kind=Happening.NOTE, actor=actor, text=text, automated=False)


def noted(*texts: str) -> Any:
    return account_of(leaf(Happening.NOTE, {"text": text}) for text in texts)


def sentences(faults: Any) -> list[str]:
    return [each.sentence for each in faults]


KEPT = account_of((b"not an entry", leaf(Happening.EXHIBIT_KEPT, FACTS)))


def test_an_exhibit_as_logged_has_no_fault() -> None:
    assert exhibit_faults(KEPT, [("INC-1", DUMP)]) == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"digest": "cd" * 32}, "digest"),
        ({"size": 8}, "size"),
        ({"name": "other.csv"}, "name"),
        ({"label": replace(DUMP.label, description="Nothing")}, "description"),
        ({"label": replace(DUMP.label, exported_by="eve")}, "exported_by"),
        ({"label": replace(DUMP.label, incident_date=date(2026, 3, 2))}, "incident_date"),
        ({"kept_at": NOON + timedelta(seconds=1)}, "time of keeping"),
    ],
)
def test_a_rewritten_exhibit_is_named_with_what_differs(change: dict[str, Any], named: str) -> None:
    (fault,) = exhibit_faults(KEPT, [("INC-1", replace(DUMP, **change))])
    assert (fault.name, fault.incident) == ("EX-1", "INC-1")
    assert fault.sentence == f"EX-1 is not as entry 1 of the log has it: other {named}."


def test_an_exhibit_moved_to_another_incident_is_a_fault_of_its_own_incident() -> None:
    (fault,) = exhibit_faults(KEPT, [("INC-2", DUMP)])
    assert (fault.incident, fault.sentence.endswith("other incident.")) == ("INC-1", True)


def test_a_removed_and_an_invented_exhibit_are_named() -> None:
    invented = replace(DUMP, number=9)
    assert sentences(exhibit_faults(KEPT, [("INC-1", invented)])) == [
        "EX-9 is not in the log: nobody kept it by way of Tocsin.",
        "EX-1 is missing: entry 1 of the log says that it was kept.",
    ]


def test_lines_as_logged_have_no_fault_whatever_they_contain() -> None:
    texts = ("Same", "Same", "long " * 2000, "sha256:" + "0" * 64, "nul \0 lone \udc80 \N{BELL}")
    assert line_faults(noted(*texts), [("INC-1", line(text)) for text in reversed(texts)]) == ()


@pytest.mark.parametrize("row", [line("Ben did it"), line("Ada did it", actor="eve")])
def test_a_rewritten_line_is_named_once(row: TimelineEntry) -> None:
    (fault,) = line_faults(noted("Ada did it"), [("INC-1", row)])
    assert fault.name == "INC-1"
    assert fault.sentence.endswith("by ada was rewritten; entry 0 of the log has it.")


def test_a_removed_line_is_named_also_when_an_equal_one_is_left() -> None:
    (fault,) = line_faults(noted("Same", "Same"), [("INC-1", line("Same"))])
    assert fault.sentence.endswith("is missing; entry 0 of the log has it.")


def test_an_invented_line_is_named() -> None:
    (fault,) = line_faults(noted(), [("INC-1", line("Eve was never here"))])
    assert "is not in the log" in fault.sentence


def test_an_entry_without_a_text_asks_for_no_line() -> None:
    account = account_of([leaf(Happening.EXHIBIT_READ, {"digest": "ab"}, subject="EX-1")])
    assert line_faults(account, ()) == ()
    assert exhibit_faults(account, ()) == ()


def custody_line(act: CustodyAct, *, exhibit: int = 1, actor: str = "ada") -> CustodyEvent:
    return CustodyEvent(exhibit=exhibit, at=NOON, act=act, actor=actor, reason="because")


READ = {"digest": DUMP.digest, "reason": "because", "fault": ""}


@pytest.mark.parametrize(
    ("kind", "facts", "subject", "acts"),
    [
        (Happening.EXHIBIT_KEPT, FACTS, "INC-1", [CustodyAct.COLLECTED]),
        (Happening.EXHIBIT_READ, READ, "EX-1", [CustodyAct.VERIFIED, CustodyAct.READ]),
        (Happening.EXHIBIT_READ, {**READ, "fault": "EX-1 is gone"}, "EX-1", []),
        (Happening.EXHIBIT_DESTROYED, {"exhibit": "EX-1"}, "INC-1", [CustodyAct.DESTROYED]),
        (Happening.BAG_PACKED, {"exhibits": "1"}, "INC-1", [CustodyAct.COPIED]),
        (Happening.EXHIBIT_EXPORTED, {"exhibits": "1"}, "BAG-1", [CustodyAct.EXPORTED]),
        (
            Happening.EXHIBIT_EXPORTED,
            {"exhibits": "1", "released_to": "court"},
            "BAG-1",
            [CustodyAct.RELEASED],
        ),
        (Happening.EXHIBIT_EXPORTED, {"exhibits": "sha256:00"}, "BAG-1", []),
    ],
)
def test_each_line_of_custody_stands_in_the_log(kind, facts, subject, acts) -> None:
    account = account_of([leaf(kind, facts, subject=subject)])
    rows = [("INC-1", custody_line(act)) for act in acts]
    assert custody_faults(account, rows) == ()
    if rows:
        (fault, *_) = custody_faults(account, rows[1:])
        assert "is missing; entry 0" in fault.sentence
    (strange,) = custody_faults(account, [*rows, ("INC-1", custody_line(CustodyAct.READ, actor="eve"))])
    assert strange.sentence.endswith("by eve in its custody is not in the log.")


def test_a_copy_of_many_exhibits_is_a_line_for_each() -> None:
    account = account_of([leaf(Happening.BAG_PACKED, {"exhibits": "1-3,7"})])
    rows = [("INC-1", custody_line(CustodyAct.COPIED, exhibit=number)) for number in (1, 2, 3, 7)]
    assert custody_faults(account, rows) == ()
    assert len(custody_faults(account, rows[:2])) == 2


def test_marks_that_have_no_entry_of_their_own_are_not_compared() -> None:
    rows = [("INC-1", custody_line(CustodyAct.UNSEALED_AT_CONTAINMENT))]
    assert custody_faults(account_of([]), rows) == ()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"of": "task-2"}, "of"),
        ({"gap": ""}, "gap"),
        ({"encrypted": True}, "encrypted"),
        ({"entry_id": None}, "log entry"),
    ],
)
def test_what_an_exhibit_was_collected_of_cannot_be_rewritten(changed, named) -> None:
    facts = {**FACTS, "of": "task-1", "gap": "AccessDenied", "encrypted": "no"}
    content = leaf(Happening.EXHIBIT_KEPT, facts)
    true = replace(DUMP, of="task-1", gap="AccessDenied", entry_id=decode(content).entry_id)
    assert exhibit_faults(account_of([content]), [("INC-1", true)]) == ()
    (fault,) = exhibit_faults(account_of([content]), [("INC-1", replace(true, **changed))])
    assert fault.sentence.endswith(f"other {named}.")
