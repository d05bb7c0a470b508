"""House in order: each check says how it stands, and silence is never mistaken for calm."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from nouns import NOON, a_checkpoint, a_quarantined
from tocsin.console.house import checks, in_one_line
from tocsin.domain.job import Job


@dataclass
class _Channel:
    name: str
    is_real: bool


def _checked(store, *channels):
    with store.reading() as shelves:
        return {check.name: check for check in checks(shelves, channels, NOON)}


def test_a_house_in_order_says_what_was_checked(memory_store):
    with memory_store.transaction() as shelves:
        shelves.log.add_checkpoint(a_checkpoint(size=0))
    made = _checked(memory_store, _Channel("slack", True), _Channel("inbox", False))
    assert all(check.is_well for check in made.values())
    assert made["Channels"].words == "slack can reach people."
    assert made["Log"].at == NOON
    assert made["Trust in the log"].words.startswith("L1: signed")
    assert in_one_line(tuple(made.values())) == (
        "Checked: log, trust in the log, channels, deliveries, quarantine, jobs."
    )


def test_an_inbox_alone_reaches_nobody_and_is_no_channel(memory_store):
    channels = _checked(memory_store, _Channel("inbox", False))["Channels"]
    assert (channels.is_well, "no page leaves this machine" in channels.words) == (False, True)


def test_dead_letters_quarantine_and_a_log_without_a_signature_are_named(memory_store):
    with memory_store.transaction() as shelves:
        shelves.quarantine.add(a_quarantined())
        shelves.jobs.put(Job(kind="deliver", key="k", run_at=NOON))
        shelves.jobs.claim(["deliver"], "w", NOON, 30, 1)
        shelves.jobs.bury("k", "w", "refused")
    made = _checked(memory_store, _Channel("slack", True))
    ill = [name for name, check in made.items() if not check.is_well]
    assert ill == ["Log", "Trust in the log", "Deliveries", "Quarantine"]
    assert made["Deliveries"].words.startswith("1 dead letter:")
    assert made["Quarantine"].words.startswith("1 body could not be understood")
    ill_line = "But look below: Log, Trust in the log, Deliveries, Quarantine."
    assert in_one_line(tuple(made.values())) == ill_line


def test_a_log_that_broke_is_never_in_order_again(memory_store):
    with memory_store.transaction() as shelves:
        shelves.log.of(2).begin([(UUID(int=1), b"{}")])
    log = _checked(memory_store)["Log"]
    assert not log.is_well
    assert log.words == "1 log broke and stays as it is; a successor is written to."
