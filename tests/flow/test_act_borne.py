"""A consent that stands in a row alone lets nothing begin: the log must bear it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from acting_world import World, ask, consent
from nouns import NOON, a_standing_approval
from tocsin.audit.leaf import encode
from tocsin.domain.action import ActionState, Approval, BreakGlass
from tocsin.domain.entry import Entry
from tocsin.domain.timeline import Happening
from tocsin.flow import act_borne
from tocsin.flow.act_borne import entries_of, unborne
from tocsin.store.memory import MemoryStore


@pytest.fixture
def world() -> World:
    world = World()
    ask(world)
    world.run()
    return world


def test_a_consent_that_a_person_gave_is_borne_before_and_after_it_has_its_place(world: World) -> None:
    consent(world)
    action = world.action()
    assert action.approvals
    for _ in range(2):
        with world.memory.transaction() as shelves:
            assert unborne(shelves, action, ()) == ()
            shelves.log.sequence()


def test_a_consent_written_into_the_row_lets_nothing_begin(world: World) -> None:
    action = world.action()
    by_eve = Approval(person="ada", role="approver", at=world.clock.now(), digest=action.digest)
    with world.memory.transaction() as shelves:
        shelves.actions.save(replace(action, approvals=(by_eve,)))
    world.seal()
    world.push(3)
    world.ready()
    assert world.action().state is ActionState.FAILED
    assert "No entry of the log bears the consent of ada" in world.action().outcome
    assert "action.begun" not in world.kinds()


def test_glass_that_is_broken_in_the_row_alone_lets_nothing_begin(world: World) -> None:
    consent(world)
    glass = BreakGlass(people=("ada", "dana"), reason="live harm", at=world.clock.now())
    with world.memory.transaction() as shelves:
        action = replace(shelves.actions.listed()[0], break_glass=glass)
        assert unborne(shelves, action, ()) == ("the broken glass of ada and dana",)
        entry = Entry(
            entry_id=uuid4(),
            at=glass.at,
            actor="dana",
            kind=Happening.BROKE_GLASS,
            subject="INC-1",
            facts={"action": action.short_name, "people": "ada, dana"},
        )
        shelves.log.append(entry.entry_id, encode(entry))
        assert unborne(shelves, action, ()) == ()
        alone = replace(glass, people=("ada",))
        assert unborne(shelves, replace(action, break_glass=alone), ()) == ()


def test_a_standing_approval_written_into_its_table_is_not_borne(world: World) -> None:
    given = replace(a_standing_approval(), number=7)
    action = world.action()
    with world.memory.transaction() as shelves:
        assert unborne(shelves, action, (given,)) == ("the standing approval 7 of dana",)


def test_of_a_long_log_only_entries_around_the_instant_are_read(monkeypatch) -> None:
    monkeypatch.setattr(act_borne, "_AT_ONCE", 3)
    store = MemoryStore()
    with store.transaction() as shelves:
        for minute in range(40):
            entry = Entry(
                entry_id=uuid4(),
                at=NOON + timedelta(minutes=minute),
                actor="ada",
                kind=Happening.NOTE,
                subject=str(minute),
                facts={},
            )
            shelves.log.append(entry.entry_id, encode(entry))
        shelves.log.append(uuid4(), b"of a newer version")
        shelves.log.sequence()
        for minute in (0, 17, 39):
            found = entries_of(shelves, NOON + timedelta(minutes=minute))
            assert [entry.subject for entry in found] == [str(minute)]
        assert list(entries_of(shelves, NOON + timedelta(seconds=30))) == []
